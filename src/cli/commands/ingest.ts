import { assetFolder } from "../../assets.js";
import type { Database } from "../../database/index.js";
import { EXIT, type ExitCode } from "../../errors.js";
import { appendCustody, openCase, sha256 } from "../../evidence/index.js";
import { type IngestResult, ingest } from "../../ingest/index.js";
import { openAnalysis } from "../analysis.js";
import { countText } from "../output.js";
import { startProgress } from "../progress.js";
import { safeText, type Terminal } from "../terminal.js";

export interface IngestCommandOptions {
  case: string;
  "memory-limit"?: string;
  threads?: number;
  "max-rejects": number;
}

/** `coldtrail ingest`: loads what is new, says what was not understood. */
export async function ingestEvidence(options: IngestCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const bar = startProgress(terminal, "ingest", "files");
  const result = await ingest(held, {
    sqlFolder: assetFolder("sql"),
    memoryLimit: options["memory-limit"],
    threads: options.threads,
    signal: terminal.signal,
    progress: ({ artifacts, totalArtifacts, bytes }) =>
      bar.update({ done: artifacts, total: totalArtifacts, bytes }),
  }).finally(() => bar.end());
  // Views, reference tables and vocabulary are in place before the first question is asked.
  const database = await openAnalysis(held);
  const accounts = await accountsOf(database).finally(() => database.close());
  const { artifacts, records, rows, duplicates, skipped, rejected, unclaimed } = result;
  const counts = { artifacts, records, rows, duplicates, skipped, rejected, unclaimed };
  await appendCustody(
    held,
    { action: "ingest", detail: { ...counts, accounts_sha256: sha256(accounts) } },
    terminal,
  );
  return describe(result, options["max-rejects"], terminal);
}

/** One line for each sealed file and source: hash of the file, and what became of its records. Equal databases give equal text. */
async function accountsOf(database: Database): Promise<string> {
  const [row] = await database.rows<{ text: string | null }>(
    `select string_agg(
         concat_ws(' ', artifact.sha256, coalesce(record_count.source, artifact.state), record_count.records, row_count, duplicates, skipped, rejected),
         chr(10) order by artifact_id, record_count.source
     ) as text
     from artifact left join record_count using (artifact_id)`,
  );
  return row?.text ?? "";
}

function describe(result: IngestResult, maxRejects: number, terminal: Terminal): ExitCode {
  if (result.rebuilt) {
    terminal.note("the database was of another version and was made anew from the sealed evidence\n");
  }
  for (const { path, sentence } of result.problems)
    terminal.note(`${safeText(path)}: ${safeText(sentence)}\n`);
  for (const broken of result.broken) {
    terminal.note(
      `${safeText(broken.path)}: ${broken.records} records, but ${broken.rows} rows, ${broken.duplicates} duplicates, ${broken.skipped} skipped and ${broken.rejected} rejected; this is a bug of its source, please report it\n`,
    );
  }
  terminal.note(
    `read ${countText(result.artifacts, "artifact")}: ${countText(result.records, "record")} = ${result.rows} rows + ${result.duplicates} duplicates + ${result.skipped} skipped + ${result.rejected} rejected; ${result.unclaimed} files unclaimed\n`,
  );
  if (result.rejected > 0 || result.unclaimed > 0) {
    terminal.note("`coldtrail status` lists what was rejected and why, and what no source claimed\n");
  }
  if (result.problems.some((problem) => problem.state === "changed")) return EXIT.evidenceNotIntact;
  const unreadable = result.problems.length > 0;
  return result.broken.length > 0 || unreadable || result.rejected > maxRejects
    ? EXIT.coverageBroken
    : EXIT.done;
}
