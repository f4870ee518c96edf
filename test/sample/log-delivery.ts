import type { Archive } from "./archive.js";
import { logFolder } from "./bedrock.js";
import { CASE_FROM, compactDay, dayPath, HOUR, iso, MINUTE, utc } from "./clock.js";
import { gzip } from "./gzip.js";
import { sha256, uuid } from "./identifier.js";
import type { AccessLine, CaptureRecord, InvocationRecord } from "./journal.js";
import { BUCKET } from "./place.js";
import type { Tally } from "./tally.js";

// Delivery of the logs that are lines: S3 access logs, Bedrock invocation logs, SageMaker data capture.

const LATE = 25;
const LATE_EVERY = 240;
const MOST_LINES = 5000;

/** Lines that are not access log lines, by the file into which they fall. */
const MALFORMED: Record<string, string> = {
  [`${BUCKET.training}|${utc("2026-03-04T01:00:00")}`]:
    "f3c1 acme-ml-training-111122223333 [04/Mar/2026:01:17:22 +0000] 10.20.2.77 arn:aws:sts::111122223333:assumed-ro",
  [`${BUCKET.kb}|${utc("2026-03-05T03:00:00")}`]:
    'REST.GET.OBJECT policies/doc-3.md "GET /policies/doc-3.md HTTP/1.1" 200 -',
  [`${BUCKET.models}|${utc("2026-03-06T02:00:00")}`]: "-- write interrupted, 512 bytes lost --",
};

/** S3 server access logs: files by source bucket in the hour after the requests, lines in no order. */
export class AccessDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  readonly #open = new Map<string, string[]>();
  readonly #late = new Map<number, AccessLine[]>();
  readonly #broken = new Set<string>();
  #hour = 0;
  #part = 0;
  #own = 0;

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  begin(hour: number): void {
    this.#hour = hour;
    this.#part = 0;
  }

  add(entry: AccessLine, own: boolean): void {
    this.#tally.s3Access++;
    if (own && ++this.#own % LATE_EVERY === 0 && this.#tally.s3AccessLate < LATE) {
      this.#tally.s3AccessLate++;
      const due = this.#hour + 2 * HOUR;
      this.#late.set(due, [...(this.#late.get(due) ?? []), entry]);
      return;
    }
    this.#push(entry);
  }

  flush(): void {
    for (const entry of this.#late.get(this.#hour) ?? []) this.#push(entry);
    this.#late.delete(this.#hour);
    for (const bucket of [...this.#open.keys()]) this.#write(bucket);
  }

  #push(entry: AccessLine): void {
    const lines = this.#open.get(entry.bucket);
    if (!lines) this.#open.set(entry.bucket, [entry.line]);
    else {
      lines.push(entry.line);
      if (lines.length >= MOST_LINES) this.#write(entry.bucket);
    }
  }

  #write(bucket: string): void {
    const lines = this.#open.get(bucket)!;
    this.#open.delete(bucket);
    const malformed = MALFORMED[`${bucket}|${this.#hour}`];
    if (malformed && !this.#broken.has(bucket)) {
      this.#broken.add(bucket);
      lines.push(malformed);
      this.#tally.s3AccessMalformed++;
    }
    // A line's hash decides its place, so the file is in no order and yet always the same.
    const shuffled = lines
      .map((line) => [sha256(line), line] as const)
      .sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const name = `${bucket}|${this.#hour}|${this.#part++}`;
    const unique = sha256(name).slice(0, 16).toUpperCase();
    const delivered = iso(this.#hour + HOUR + 16 * MINUTE + (parseInt(unique.slice(0, 4), 16) % 1800));
    const stamp = delivered.slice(0, 19).replace("T", "-").replaceAll(":", "-");
    this.#archive.write(
      `${BUCKET.accessLogs}/${bucket}/${stamp}-${unique}`,
      `${shuffled.map(([, line]) => line).join("\n")}\n`,
    );
  }
}

const MOST_INVOCATIONS = 1000;

/** Bedrock invocation logs: files of five minutes on the incident day, of an hour before it to keep the sample small. */
export class InvocationDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  readonly #open = new Map<string, { region: string; at: number; lines: string[] }>();
  #part = 0;

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  add(entry: InvocationRecord): void {
    this.#tally.invocations++;
    const span = entry.at >= CASE_FROM ? 5 * MINUTE : HOUR;
    const at = entry.at - (entry.at % span) + span - 1;
    const slot = `${entry.region}|${at}`;
    const open = this.#open.get(slot) ?? { region: entry.region, at, lines: [] };
    this.#open.set(slot, open);
    open.lines.push(JSON.stringify(entry.record));
    if (open.lines.length >= MOST_INVOCATIONS) this.#write(slot);
    if (entry.largeInput) {
      this.#tally.largeBodies++;
      const folder = `${BUCKET.bedrockLogs}/${logFolder(entry.region, entry.at)}`;
      this.#archive.write(
        `${folder}/data/${entry.requestId}_input.json.gz`,
        gzip(JSON.stringify(entry.largeInput)),
      );
    }
  }

  flush(): void {
    for (const slot of [...this.#open.keys()]) this.#write(slot);
    this.#part = 0;
  }

  #write(slot: string): void {
    const { region, at, lines } = this.#open.get(slot)!;
    this.#open.delete(slot);
    const unique = sha256(`bedrock|${slot}|${this.#part++}`);
    const milliseconds = String(parseInt(unique.slice(16, 20), 16) % 1000).padStart(3, "0");
    const stamp = `${compactDay(at)}T${iso(at).slice(11, 19).replaceAll(":", "")}${milliseconds}Z`;
    this.#archive.write(
      `${BUCKET.bedrockLogs}/${logFolder(region, at)}/${stamp}_${unique.slice(0, 16)}.json.gz`,
      gzip(`${lines.join("\n")}\n`),
    );
  }
}

/** SageMaker data capture: one file an hour and endpoint, not compressed. */
export class CaptureDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  readonly #open = new Map<string, { at: number; lines: string[] }>();

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  add(entry: CaptureRecord): void {
    this.#tally.captures++;
    const open = this.#open.get(entry.endpoint) ?? { at: entry.at, lines: [] };
    this.#open.set(entry.endpoint, open);
    open.lines.push(
      JSON.stringify({
        captureData: {
          endpointInput: {
            observedContentType: "text/csv",
            mode: "INPUT",
            data: entry.input,
            encoding: "CSV",
          },
          endpointOutput: {
            observedContentType: "text/csv; charset=utf-8",
            mode: "OUTPUT",
            data: entry.output,
            encoding: "CSV",
          },
        },
        eventMetadata: { eventId: entry.eventId, inferenceTime: iso(entry.at) },
        eventVersion: "0",
      }),
    );
  }

  flush(): void {
    for (const [endpoint, { at, lines }] of this.#open) {
      const name = uuid(`capture-file|${endpoint}|${at}`);
      const folder = `${BUCKET.capture}/${ENDPOINT_FOLDER}/${endpoint}/AllTraffic/${dayPath(at)}/${iso(at).slice(11, 13)}`;
      this.#archive.write(
        `${folder}/00-00-${(parseInt(name.slice(0, 4), 16) % 900) + 100}-${name}.jsonl`,
        `${lines.join("\n")}\n`,
      );
    }
    this.#open.clear();
  }
}

const ENDPOINT_FOLDER = "capture";
