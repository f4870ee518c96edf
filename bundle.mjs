import { readFile, rm } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { build } from "esbuild";

/**
 * Joins the modules that the command line loads into few files: a command that asks a case reads five hundred of them otherwise,
 * which is a quarter of its time. Replaces the entry points that `tsc` wrote to `dist`; what they share goes to `dist/chunks`.
 * A dynamic import of a CommonJS package would come out without its names: import such a one at the top of a module that is itself
 * imported late.
 */
const ENTRY_POINTS = ["src/cli/bin.ts", "src/evidence/file-worker.ts", "src/ingest/stage-worker.ts"];

/** Every file of the bundle lies one folder below `dist`, and a module goes on to find its neighbours from where it stood. */
const places = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, async ({ path }) => {
      const place = relative(resolve("src"), path).split(sep).join("/").replace(/ts$/, "js");
      const url = `new URL(${JSON.stringify(`../${place}`)}, import.meta.url).href`;
      return { loader: "ts", contents: (await readFile(path, "utf8")).replaceAll("import.meta.url", url) };
    });
  },
};

await rm("dist/chunks", { recursive: true, force: true });
await build({
  entryPoints: ENTRY_POINTS,
  outbase: "src",
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // What is native has to stay where it is; the SDK is large, and S3 alone needs it.
  external: ["@duckdb/node-bindings*", "@aws-sdk/*"],
  plugins: [places],
  // CommonJS modules among the dependencies ask for modules of Node.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  logLevel: "warning",
});
