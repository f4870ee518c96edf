import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { assetFolder } from "../../assets.js";
import { EXIT, type ExitCode } from "../../errors.js";
import type { Terminal } from "../terminal.js";
import { acquireSources } from "./acquire.js";
import { detect } from "./detect.js";
import { ingestEvidence } from "./ingest.js";
import { init } from "./init.js";
import { report } from "./report.js";
import { verify } from "./verify.js";

/** Malformed lines that the sample incident holds on purpose. */
const SAMPLE_REJECTS = 10;

/** `coldtrail demo`: the whole pipeline on the sample incident; ends with the path of the report on stdout. */
export async function demo(options: { case?: string }, terminal: Terminal): Promise<ExitCode> {
  const sample = assetFolder("sample-evidence");
  const folder = resolve(
    options.case ?? join("cases", `demo-${terminal.now().toISOString().replaceAll(/\D/g, "").slice(0, 14)}`),
  );
  await mkdir(resolve(folder, ".."), { recursive: true });
  const step = async (name: string, work: () => Promise<ExitCode>): Promise<void> => {
    terminal.note(`\n— ${name}\n`);
    const code = await work();
    if (code !== EXIT.done) throw new Error(`${name} ended with exit code ${code}`);
  };
  await step("init", () =>
    init({ case: folder, title: "Acme support assistant", examiner: "Demo" }, terminal),
  );
  await cp(join(sample, "reference"), join(folder, "reference"), { recursive: true, force: true });
  await scopeOf(sample, folder);
  await step("acquire", () => acquireSources({ case: folder, source: [join(sample, "evidence")] }, terminal));
  await step("verify", () => verify({ case: folder }, terminal));
  await step("ingest", () => ingestEvidence({ case: folder, "max-rejects": SAMPLE_REJECTS }, terminal));
  await step("detect", () => detect({ case: folder }, { ...terminal, out: () => undefined }));
  await step("report", () => report({ case: folder }, terminal));
  return EXIT.done;
}

/** Takes the period of interest and the scope from the sample, keeps the identity of the new case. */
async function scopeOf(sample: string, folder: string): Promise<void> {
  const path = join(folder, "case.yaml");
  const made = parse(await readFile(path, "utf8"));
  const scope = parse(await readFile(join(sample, "case.yaml"), "utf8"));
  const kept = { ...made };
  for (const key of Object.keys(made)) if (key !== "id" && scope[key] !== undefined) kept[key] = scope[key];
  await writeFile(path, stringify(kept));
}
