import type { CloudTrailRecord } from "./cloudtrail.js";

/** Free-form JSON of a log record. */
export type Json = Record<string, unknown>;

/** One line of an S3 server access log before it is written. */
export interface AccessLine {
  readonly at: number;
  readonly bucket: string;
  readonly line: string;
}

/** One record of a Bedrock invocation log; a large input goes to `data/`. */
export interface InvocationRecord {
  readonly at: number;
  readonly region: string;
  readonly requestId: string;
  readonly record: Json;
  /** The request body when it is over 100 KB and so written beside the log. */
  readonly largeInput?: Json;
}

/** One flow; absent addresses make a NODATA or SKIPDATA line. */
export interface Flow {
  readonly start: number;
  readonly end: number;
  readonly eni: string;
  readonly status: "OK" | "NODATA" | "SKIPDATA";
  readonly source?: string;
  readonly target?: string;
  readonly sourcePort?: number;
  readonly targetPort?: number;
  readonly packets?: number;
  readonly bytes?: number;
  /** The address behind a NAT gateway; the interface's own address otherwise. */
  readonly packetSource?: string;
  readonly subnet: string;
  readonly service?: string;
  readonly path?: number;
}

/** One captured inference of an endpoint. */
export interface CaptureRecord {
  readonly at: number;
  readonly endpoint: string;
  readonly eventId: string;
  readonly input: string;
  readonly output: string;
}

/** Where behaviours write what they do; delivery turns it into files. */
export interface Journal {
  event(record: CloudTrailRecord): void;
  access(line: AccessLine): void;
  invocation(record: InvocationRecord): void;
  flow(flow: Flow): void;
  capture(record: CaptureRecord): void;
}

/** Calls on a journal, kept by the hour in which they belong, so that the incident can be told once and delivered in order. */
export class Diary implements Journal {
  readonly #hours = new Map<number, ((journal: Journal) => void)[]>();

  event(record: CloudTrailRecord): void {
    this.#keep(Date.parse(record.eventTime) / 1000, (journal) => journal.event(record));
  }

  access(line: AccessLine): void {
    this.#keep(line.at, (journal) => journal.access(line));
  }

  invocation(record: InvocationRecord): void {
    this.#keep(record.at, (journal) => journal.invocation(record));
  }

  flow(flow: Flow): void {
    this.#keep(flow.start, (journal) => journal.flow(flow));
  }

  capture(record: CaptureRecord): void {
    this.#keep(record.at, (journal) => journal.capture(record));
  }

  /** Tells what belongs to the hour that begins at the given second. */
  replay(hour: number, journal: Journal): void {
    for (const entry of this.#hours.get(hour) ?? []) entry(journal);
  }

  #keep(second: number, entry: (journal: Journal) => void): void {
    const hour = second - (second % 3600);
    const entries = this.#hours.get(hour);
    if (entries) entries.push(entry);
    else this.#hours.set(hour, [entry]);
  }
}
