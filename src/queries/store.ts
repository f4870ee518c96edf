import type { Database, Value } from "../database/index.js";
import { type DetectionResult, rankFindings } from "./finding.js";
import { insertRows, readColumnTypes } from "./rows.js";

/** Findings per INSERT; each may list two hundred records. */
const BATCH = 500;

/** Writes the results of a run to `detection_run` and `finding`, in place of earlier rows of the same run. Needs a writable database. */
export async function storeRun(database: Database, results: readonly DetectionResult[]): Promise<void> {
  const runs = results.map((result) => ({
    run_id: result.runId,
    detection_id: result.id,
    version: result.version,
    sha256: result.sha256,
    parameters: result.parameters,
    status: result.status,
    reason: result.reason,
    findings: result.findings.length,
    suppressed: result.suppressed,
  }));
  const findings = rankFindings(results);
  const runTypes = await readColumnTypes(database, "detection_run");
  const findingTypes = await readColumnTypes(database, "finding");
  await database.transaction(async () => {
    for (const run_id of new Set(results.map((result) => result.runId))) {
      await database.run("delete from detection_run where run_id = $run_id", { run_id });
      await database.run("delete from finding where run_id = $run_id", { run_id });
    }
    await insertRows(database, "detection_run", runTypes, runs as Record<string, Value>[]);
    for (let start = 0; start < findings.length; start += BATCH) {
      const batch = findings.slice(start, start + BATCH);
      await insertRows(database, "finding", findingTypes, batch as unknown as Record<string, Value>[]);
    }
  });
}
