import type { Row } from "../../database/index.js";
import { EXIT, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { readStatus, type Status } from "../../ingest/index.js";
import { openAnalysis } from "../analysis.js";
import { table } from "../output.js";
import type { Terminal } from "../terminal.js";

/** `coldtrail status`: the coverage statement, for people or (`--json`) for machines. */
export async function status(
  options: { case: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const held = await openCase(options.case);
  const database = await openAnalysis(held);
  let found: Status;
  try {
    found = await readStatus(database);
  } finally {
    database.close();
  }
  terminal.out(options.json === true ? `${JSON.stringify(found, null, 1)}\n` : page(found));
  return EXIT.done;
}

function page(found: Status): string {
  const parts = [`${found.artifacts} artifacts, ${found.unclaimed} of them unclaimed\n`];
  const section = (title: string, names: string[], rows: object[]): void => {
    if (rows.length > 0) parts.push(`\n${title}\n${table(names, rows as Row[])}`);
  };
  section(
    "Records by source (records = rows + duplicates + skipped + rejected)",
    ["source", "artifacts", "records", "rows", "duplicates", "skipped", "rejected"],
    found.sources,
  );
  section(
    "Coverage by account, region and day (UTC)",
    ["source", "account_id", "region", "day", "rows", "first_time", "last_time"],
    found.coverage,
  );
  section(
    "Blind intervals: logging that was switched off, by evidence (UTC)",
    [
      "source",
      "region",
      "resource",
      "blind_from",
      "blind_to",
      "to_the_end",
      "switched_by",
      "artifact_id",
      "record_no",
    ],
    found.blind,
  );
  section(
    "Gaps: whole hours without a row between hours with rows",
    ["source", "account_id", "region", "gaps", "longest_hours", "longest_from", "longest_to"],
    found.gaps,
  );
  section(
    "Delivery: seconds from an event to the delivery that the file's name states",
    ["source", "files", "median_s", "p99_s", "longest_s"],
    found.delivery,
  );
  section(
    "Clock check: seconds by which joined records are later than their CloudTrail events",
    ["source", "region", "joined", "median_s", "p99_s"],
    found.clock,
  );
  section(
    "What CloudTrail signed (digests, log files, Lake results), as of the last verify",
    ["kind", "region", "verdict", "objects"],
    found.integrity,
  );
  section(
    "Rejected records",
    ["original", "artifact_id", "reason", "rejected", "first_record"],
    found.rejects,
  );
  section("Files without rows, or with a remark", ["artifact_id", "state", "original", "note"], found.files);
  return parts.join("");
}
