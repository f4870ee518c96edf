import type { Archive } from "./archive.js";
import { CASE_FROM, compactMinute, dayPath, HOUR, iso, MINUTE } from "./clock.js";
import type { CloudTrailRecord } from "./cloudtrail.js";
import { gzip } from "./gzip.js";
import { base32, sha256 } from "./identifier.js";
import { ACCOUNT, BUCKET, REGIONS } from "./place.js";
import type { Tally } from "./tally.js";

// Log files by region and hour: the events of an hour are delivered five minutes after it (formats.md 1.1).

/** A delivered log file, as its digest names it. */
export interface LogFile {
  readonly s3Bucket: string;
  readonly s3Object: string;
  readonly hashValue: string;
  readonly newestEventTime: string;
  readonly oldestEventTime: string;
}

const MOST_RECORDS = 2500;
const REPEATED = 50;
const REPEAT_EVERY = 280;

/** Collects the records of an hour and writes them as CloudTrail does. */
export class CloudTrailDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  readonly #open = new Map<string, { time: string; text: string }[]>();
  readonly #again = new Map<string, { time: string; text: string }[]>();
  readonly #delivered = new Map<string, LogFile[]>();
  #hour = 0;
  #part = 0;
  #own = 0;

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  /** Begins an hour; some records of the hour before are delivered once more in its file. */
  begin(hour: number): void {
    this.#hour = hour;
    this.#part = 0;
    this.#delivered.clear();
    for (const [region, records] of this.#again) this.#open.set(region, records);
    this.#again.clear();
  }

  /** Takes a record; those of the story itself are candidates for a second delivery, those of tenants are not. */
  add(record: CloudTrailRecord, own: boolean): void {
    const entry = { time: record.eventTime, text: JSON.stringify(record) };
    this.#count(record);
    this.#push(this.#open, record.awsRegion, entry);
    if (own && ++this.#own % REPEAT_EVERY === 0 && this.#tally.cloudtrailRepeated < REPEATED) {
      this.#push(this.#again, record.awsRegion, entry);
      this.#tally.cloudtrailRepeated++;
    }
    if (this.#open.get(record.awsRegion)!.length >= MOST_RECORDS) this.#write(record.awsRegion);
  }

  /** Writes what is left of the hour and returns the files delivered for it by region. */
  flush(): ReadonlyMap<string, readonly LogFile[]> {
    for (const region of REGIONS) this.#write(region);
    return this.#delivered;
  }

  #push(
    map: Map<string, { time: string; text: string }[]>,
    region: string,
    entry: { time: string; text: string },
  ): void {
    const entries = map.get(region);
    if (entries) entries.push(entry);
    else map.set(region, [entry]);
  }

  #write(region: string): void {
    const records = this.#open.get(region);
    if (!records || records.length === 0) return;
    this.#open.delete(region);
    records.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    const delivered = this.#hour + HOUR + 5 * MINUTE;
    const unique = base32(`trail|${region}|${this.#hour}|${this.#part++}`, 16);
    const name = `${ACCOUNT}_CloudTrail_${region}_${compactMinute(delivered)}_${unique}.json.gz`;
    const key = `AWSLogs/${ACCOUNT}/CloudTrail/${region}/${dayPath(delivered)}/${name}`;
    const content = `{"Records":[${records.map(({ text }) => text).join(",")}]}`;
    this.#archive.write(`${BUCKET.trail}/${key}`, gzip(content));
    this.#tally.cloudtrailFiles++;
    const file = {
      s3Bucket: BUCKET.trail,
      s3Object: key,
      hashValue: sha256(content),
      newestEventTime: records.at(-1)!.time,
      oldestEventTime: records[0]!.time,
    };
    const files = this.#delivered.get(region);
    if (files) files.push(file);
    else this.#delivered.set(region, [file]);
  }

  #count(record: CloudTrailRecord): void {
    const tally = this.#tally;
    tally.cloudtrail++;
    if (record.eventCategory === "Data") tally.data++;
    else tally.management++;
    if (record.eventTime >= iso(CASE_FROM)) tally.incidentDay++;
    const identity = record.userIdentity as { arn?: string };
    const address = record.sourceIPAddress as string;
    if (address.startsWith("198.51.100.") || identity.arn?.includes(":assumed-role/lambda-ops-admin/"))
      tally.attacker++;
  }
}
