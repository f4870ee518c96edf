import { ColdtrailError, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { readRecord } from "../../ingest/index.js";
import { openAnalysis } from "../analysis.js";
import { recorded } from "../recorded.js";
import { safeText, type Terminal } from "../terminal.js";

export interface RecordOptions {
  case: string;
  artifact: string;
  record: string;
  raw?: boolean;
}

/** `coldtrail record`: one record, read from the sealed file after its hash was checked. */
export async function record(options: RecordOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const database = await openAnalysis(held);
  try {
    const found = await readRecord(
      database,
      held,
      wholeNumber("ARTIFACT", options.artifact),
      wholeNumber("RECORD", options.record),
    );
    terminal.note(
      `${safeText(found.path)}${found.member === null ? "" : ` → ${safeText(found.member)}`} record ${found.recordNo}\nfrom ${safeText(found.original)}\nsha256 of the artifact ${found.sha256}, checked\n`,
    );
    return await recorded(held, "record", terminal, async ({ out }) => {
      out(options.raw === true ? found.bytes : `${safeText(found.bytes.toString("utf8"))}\n`);
      const { path, member, recordNo, sha256 } = found;
      return { path, ...(member === null ? {} : { member }), record: recordNo, artifact_sha256: sha256 };
    });
  } finally {
    database.close();
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new ColdtrailError(
      "usage",
      `${name} is "${text}", expected is a whole number as in the columns artifact_id and record_no`,
    );
  }
  return number;
}
