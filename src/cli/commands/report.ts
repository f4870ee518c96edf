import { join, relative, resolve } from "node:path";
import { assetFolder } from "../../assets.js";
import type { Database } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import {
  appendCustody,
  type CustodyEntry,
  openCase,
  readCustody,
  verifyEvidence,
} from "../../evidence/index.js";
import { readStatus } from "../../ingest/index.js";
import { loadLibrary, loadVocabulary } from "../../queries/index.js";
import { type Bag, type WrittenReport, writeReport } from "../../report/index.js";
import { openAnalysis } from "../analysis.js";
import { isReading } from "../recorded.js";
import type { Terminal } from "../terminal.js";

export interface ReportOptions {
  case: string;
  clock?: string;
  "show-prompts"?: boolean;
  unmask?: boolean;
  /** False leaves the check of every sealed byte out. */
  verify?: boolean;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail report`: writes the documents of the last detect run; the path of the page is the output. */
export async function report(options: ReportOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const now = timeOf(options.clock) ?? terminal.now();
  const custody = settled(await readCustody(held));
  const verification = options.verify === false ? undefined : await verifyEvidence(held);
  const queries = await loadLibrary(assetFolder("queries"));
  const { attack, atlas } = await loadVocabulary(assetFolder("queries"));
  const database = await openAnalysis(held, {
    memoryLimit: options["memory-limit"],
    threads: options.threads,
  });
  let written: WrittenReport;
  let run: string;
  try {
    run = await lastRun(database);
    written = await writeReport(
      {
        case: held,
        database,
        detections: {
          runId: run,
          queries: queries.filter((query) => query.kind === "detection"),
          scenarios: queries.filter((query) => query.kind === "scenario"),
          sequences: queries.filter((query) => query.kind === "sequence"),
          frameworks: { attack, atlas },
        },
        evidence: { bags: bagsOf(custody), custody, verification },
        status: await readStatus(database),
        toolVersion: terminal.version,
        now,
        showPrompts: options["show-prompts"] ?? false,
        unmask: options.unmask ?? false,
      },
      join(held.dir, "reports", run),
    );
  } finally {
    database.close();
  }
  const page = join(written.folder, "report.html");
  const { name, sha256 } = written.files.at(-1) as WrittenReport["files"][number];
  const folder = relative(held.dir, resolve(written.folder));
  await appendCustody(held, { action: "report", detail: { run, folder, [name]: sha256 } }, terminal);
  terminal.out(`${page}\n`);
  return EXIT.done;
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new ColdtrailError("usage", `--clock ${text} is not a time; write it like 2026-03-12T08:00:00Z`);
  }
  return time;
}

async function lastRun(database: Database): Promise<string> {
  const [row] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'last_run'",
  );
  if (row !== undefined && row.fingerprint !== "") return row.fingerprint;
  throw new ColdtrailError("no-run", "there is nothing to report yet; run `coldtrail detect` first");
}

/** The log without reports and reading at its end: they change nothing, and writing a report again must not change it. */
function settled(entries: CustodyEntry[]): CustodyEntry[] {
  const last = entries.findLastIndex((entry) => entry.action !== "report" && !isReading(entry));
  return entries.slice(0, last + 1);
}

function bagsOf(entries: CustodyEntry[]): Bag[] {
  return entries
    .filter((entry) => entry.action === "acquire")
    .map(({ time, detail }) => ({
      id: String(detail.acquisition),
      files: Number(detail.files),
      bytes: Number(detail.bytes),
      manifestSha256: String(detail.manifest_sha256),
      sealedAt: time,
      sources: (detail.sources as string[] | undefined) ?? [],
    }));
}
