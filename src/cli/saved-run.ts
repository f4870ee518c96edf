import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../database/index.js";
import type { ExitCode } from "../errors.js";
import { type Case, sha256 } from "../evidence/index.js";
import { type GivenParameters, type Query, runIdOf, runQuery } from "../queries/index.js";
import { evidenceFingerprint } from "./commands/detect.js";
import { countText } from "./output.js";
import { recorded } from "./recorded.js";
import { rowWriter } from "./row-format.js";
import type { Terminal } from "./terminal.js";

/**
 * Keeps a run of a query in the case: `hunts/<query>-<run>/` with the query as it ran, its rows (rows.jsonl) and run.json, which
 * names query, version, parameters, evidence and the hash of the rows. The same question to the same evidence is the same run, and
 * its files are the same bytes.
 */
export async function saveRun(
  question: { held: Case; database: Database; query: Query; given: GivenParameters },
  terminal: Terminal,
): Promise<ExitCode> {
  const { held, database, query, given } = question;
  return recorded(held, "hunt", terminal, async (recording) => {
    const { columns, rows, evaluability, provenance } = await runQuery(database, query, given);
    const evidence = sha256(await evidenceFingerprint(database));
    const parameters = provenance.parameters as GivenParameters;
    const run = runIdOf({ queries: [query], parameters, evidence });
    const folder = join(held.dir, "hunts", `${query.id}-${run}`);
    const writer = rowWriter("jsonl");
    const text = `${writer.begin(columns)}${writer.rows(rows)}${writer.end()}`;
    const facts = {
      run,
      query: { id: query.id, version: query.version, title: query.title, sha256: query.sha256 },
      parameters: provenance.parameters,
      evidence_sha256: evidence,
      status: evaluability.status,
      reason: evaluability.reason,
      rows: rows.length,
      rows_sha256: sha256(text),
    };
    if (!existsSync(folder)) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "query.sql"), query.text);
      await writeFile(join(folder, "rows.jsonl"), text);
      await writeFile(join(folder, "run.json"), `${JSON.stringify(facts, null, 1)}\n`);
    }
    recording.out(`${folder}\n`);
    terminal.note(`${countText(rows.length, "row")}; run ${run}\n`);
    return { ...provenance, run, rows_sha256: facts.rows_sha256 };
  });
}
