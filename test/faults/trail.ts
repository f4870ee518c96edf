import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { coldtrail } from "../commands/command-line.js";

const CONTENT =
  "count(*) as n, count(distinct event_id) as ids, sum(hash(event_id, request_parameters))::varchar as sum";
const PLACES = "sum(hash(event_id, record_no, artifact_id))::varchar as places";

/** Files of CloudTrail; every second one repeats half of the one before it, because duplicates must survive faults, too. */
export async function writeTrail(folder: string, files: number, events: number): Promise<void> {
  await mkdir(folder);
  for (let file = 0; file < files; file++) {
    const first = file % 2 === 0 ? file * events : (file - 1) * events + events / 2;
    const records = Array.from({ length: events }, (_, i) => ({
      eventVersion: "1.11",
      eventTime: "2026-03-11T09:12:04Z",
      eventSource: "s3.amazonaws.com",
      eventName: "GetObject",
      eventID: `event-${first + i}`,
      recipientAccountId: "111122223333",
      requestParameters: { key: `datasets/churn/v3/part-${first + i}.parquet` },
    }));
    await writeFile(
      join(folder, `${file}.json.gz`),
      gzipSync(JSON.stringify({ Records: records }), { level: 1 }),
    );
  }
}

/** Makes a case with these sources acquired. */
export async function acquired(folder: string, ...sources: string[]): Promise<string> {
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, ...sources);
  return folder;
}

/** The rows that a case ends with; with their places where the same files have the same numbers. */
export async function rowsOf(folder: string, { places = true } = {}): Promise<string> {
  const columns = places ? `${CONTENT}, ${PLACES}` : CONTENT;
  return (await coldtrail("sql", folder, `select ${columns} from cloudtrail_event`, "--json")).out;
}
