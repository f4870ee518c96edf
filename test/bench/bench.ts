import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ACQUIRES, acquireWork, analysisWork, INGESTS, ingestWork, type Line, startWork } from "./work.js";

/**
 * Measures the whole commands as the analyst runs them against floors of the same run, prints a table and, unless
 * `--quick` (a tenth of the amounts) or `--only=words` narrows it, keeps it in RESULTS.md. Asserts nothing.
 */
const quick = process.argv.includes("--quick");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice(7) ?? "";
const share = quick ? 10 : 1;

const lines: Line[] = [];
const works: [title: string, run: (folder: string) => Promise<Line[]>][] = [
  ["start-up", () => startWork()],
  ...INGESTS.map((work): (typeof works)[number] => [work.title, (folder) => ingestWork(work, folder, share)]),
  ...ACQUIRES.map((work): (typeof works)[number] => [
    work.title,
    (folder) => acquireWork(work, folder, share),
  ]),
  ["analysis", (folder) => analysisWork(folder, 2_000_000 / share)],
];
for (const [title, run] of works) {
  if (!title.includes(only)) continue;
  const folder = await mkdtemp(join(tmpdir(), "coldtrail-bench-"));
  try {
    for (const line of await run(folder)) {
      lines.push(line);
      console.log(textOf(line));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
if (!quick && only === "") await keep();

function textOf({ work, seconds, cpu, rate, memory, floor, note }: Line): string {
  const against =
    floor === undefined
      ? ""
      : `${(seconds / floor.seconds).toFixed(1)} × ${floor.name} (${floor.seconds.toFixed(2)} s)`;
  return `| ${work} | ${seconds.toFixed(2)} s | ${cpu.toFixed(1)} s | ${rate} | ${Math.round(memory / 1e6)} MB | ${against} | ${note ?? ""} |`;
}

async function keep(): Promise<void> {
  const duckdb = JSON.parse(
    await readFile(join(import.meta.dirname, "../../node_modules/@duckdb/node-api/package.json"), "utf8"),
  ) as { version: string };
  const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 1e9)} GB; Node ${process.version}, DuckDB ${duckdb.version}`;
  const head =
    "| work | time | processor | rate | peak memory | against its floor | |\n|---|---|---|---|---|---|---|";
  await writeFile(
    join(import.meta.dirname, "RESULTS.md"),
    `# Results of \`npm run bench\`\n\n${machine}\n\n${head}\n${lines.map(textOf).join("\n")}\n`,
  );
}
