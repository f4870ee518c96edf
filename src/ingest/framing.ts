import { isUtf8 } from "node:buffer";
import { type KeyTable, type RecordScan, scanRecord, skipSpace, stringEnd, valueEnd } from "./json-scan.js";

/** Receives what framing finds. Offsets are into the buffer given and hold only during the call. */
export interface RecordSink {
  record(buffer: Buffer, start: number, end: number, recordNo: number, scan: RecordScan, flags: string): void;
  reject(recordNo: number, reason: string, excerpt: string): void;
}

/** Thrown by the fast gear: the bytes are not what well-formed evidence looks like; the careful gear takes over. */
export class FramingAnomaly extends Error {}

export interface FramingOptions {
  /** Key of the array that holds the records, or "" for root values and elements of a root array. */
  in: string;
  /** The keys that become columns; null when a record stays one value. */
  keys: KeyTable | null;
  /** Validate every record, and find the next good one after damage. */
  careful: boolean;
  /** Bytes; a longer record is rejected. */
  maxRecord: number;
}

const EXCERPT = 200;
const TOO_LONG = "longer than the limit for one record";

type State = "root" | "object" | "array";

/** Splits JSON text into records, in pieces as they come. Record numbers count from 1. */
export class JsonFramer {
  records = 0;
  /** The text ended where more was due. */
  truncated = false;
  readonly #options: FramingOptions;
  readonly #sink: RecordSink;
  readonly #scan: RecordScan = { end: -1, unknown: [], duplicateKey: null, control: false, multiline: false };
  #state: State = "root";
  #carry: Buffer[] = [];
  #carried = 0;
  /** A record that did not fit is looked at again only when twice as much has come: linear cost for any size. */
  #wanted = 0;
  #needle: Buffer | null = null;

  constructor(options: FramingOptions, sink: RecordSink) {
    this.#options = options;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    this.#carry.push(chunk);
    this.#carried += chunk.length;
    if (this.#carried >= this.#wanted) this.#run(false);
  }

  end(): void {
    this.#run(true);
    if (this.#state !== "root") this.truncated = true;
  }

  #run(final: boolean): void {
    const buffer = this.#carry.length === 1 ? (this.#carry[0] as Buffer) : Buffer.concat(this.#carry);
    const clean = isUtf8(buffer);
    const limit = buffer.length;
    let i = 0;
    for (;;) {
      i = skipSpace(buffer, i, limit);
      if (i >= limit) break;
      const next = this.#step(buffer, i, limit, final, clean);
      if (next < 0) break;
      i = next;
    }
    const rest = buffer.subarray(i);
    this.#carry = rest.length === 0 ? [] : [rest];
    this.#carried = rest.length;
    this.#wanted = rest.length * 2;
  }

  /** Handles what starts at `i`; returns where to go on, or -1 when more bytes are needed first. */
  #step(buffer: Buffer, i: number, limit: number, final: boolean, clean: boolean): number {
    const byte = buffer[i];
    const inRoot = this.#options.in === "";
    switch (this.#state) {
      case "root":
        if (byte === 0x7b && inRoot) return this.#record(buffer, i, limit, final, clean);
        if (byte === 0x7b || byte === 0x5b) {
          if (byte === 0x7b || inRoot) this.#state = byte === 0x7b ? "object" : "array";
          return i + 1;
        }
        if (!inRoot && (byte === 0x2c || byte === 0x5d)) return i + 1;
        return this.#damage(buffer, i, limit, final, "not JSON");
      case "array":
        if (byte === 0x2c) return i + 1;
        if (byte === 0x5d) {
          this.#state = inRoot ? "root" : "object";
          return i + 1;
        }
        if (byte === 0x7b) return this.#record(buffer, i, limit, final, clean);
        return this.#bareValue(buffer, i, limit, final);
      case "object":
        return this.#member(buffer, i, limit, final);
    }
  }

  #member(buffer: Buffer, i: number, limit: number, final: boolean): number {
    const byte = buffer[i];
    if (byte === 0x2c) return i + 1;
    if (byte === 0x7d) {
      this.#state = "root";
      return i + 1;
    }
    if (byte !== 0x22) return this.#damage(buffer, i, limit, final, "not JSON");
    const keyEnd = stringEnd(buffer, i, limit);
    const colon = keyEnd < 0 ? limit : skipSpace(buffer, keyEnd, limit);
    const value = colon >= limit ? limit : skipSpace(buffer, colon + 1, limit);
    if (value >= limit) return this.#cutOff(buffer, i, limit, final);
    if (buffer[colon] !== 0x3a) return this.#damage(buffer, i, limit, final, "not JSON");
    if (buffer[value] === 0x5b && buffer.toString("utf8", i + 1, keyEnd - 1) === this.#options.in) {
      this.#state = "array";
      return value + 1;
    }
    const end = valueEnd(buffer, value, limit);
    return end < 0 ? this.#cutOff(buffer, i, limit, final) : end;
  }

  #bareValue(buffer: Buffer, i: number, limit: number, final: boolean): number {
    const end = valueEnd(buffer, i, limit);
    if (end < 0) return this.#cutOff(buffer, i, limit, final);
    if (end === i) return this.#damage(buffer, i, limit, final, "not JSON");
    this.#reject("not a JSON object", buffer, i, end);
    return end;
  }

  #record(buffer: Buffer, start: number, limit: number, final: boolean, clean: boolean): number {
    const scan = this.#scan;
    scanRecord(buffer, start, limit, this.#options.keys, scan);
    if (scan.end < 0) return this.#cutOff(buffer, start, limit, final);
    const end = scan.end;
    if (this.#options.careful && !scan.control && !isJson(buffer.toString("utf8", start, end))) {
      const next = this.#nextRecord(buffer, start, end, true);
      this.#reject("not valid JSON", buffer, start, next < 0 ? end : next);
      return next < 0 ? end : next;
    }
    this.#needle ??= firstKeyOf(buffer, start, end);
    if (scan.control) this.#reject("control character inside a string", buffer, start, end);
    else if (scan.duplicateKey !== null) {
      this.#reject(`key "${scan.duplicateKey}" occurs twice`, buffer, start, end);
    } else if (end - start > this.#options.maxRecord) this.#reject(TOO_LONG, buffer, start, end);
    else if (clean || isUtf8(buffer.subarray(start, end))) {
      this.#sink.record(buffer, start, end, ++this.records, scan, "");
    } else {
      const repaired = Buffer.from(buffer.toString("utf8", start, end));
      scanRecord(repaired, 0, repaired.length, this.#options.keys, scan);
      this.#sink.record(repaired, 0, repaired.length, ++this.records, scan, "invalid_utf8");
    }
    return end;
  }

  /** The buffer ends inside what starts at `i`. */
  #cutOff(buffer: Buffer, i: number, limit: number, final: boolean): number {
    if (!final && limit - i <= this.#options.maxRecord) return -1;
    const reason = final ? "cut off before its end" : TOO_LONG;
    return this.#damage(buffer, i, limit, final, reason);
  }

  /** Rejects from `i` to the next good record; the fast gear gives up here. */
  #damage(buffer: Buffer, i: number, limit: number, final: boolean, reason: string): number {
    if (!this.#options.careful) throw new FramingAnomaly(reason);
    this.#needle ??= firstKeyOf(buffer, i, limit);
    const next = this.#nextRecord(buffer, i, limit, final);
    if (next < 0 && !final && limit - i <= this.#options.maxRecord) return -1;
    const end = next < 0 ? limit : next;
    // Closing brackets that remain after a cut are no record.
    if (next >= 0 || !/^[\s\]},]*$/.test(buffer.toString("latin1", i, Math.min(end, i + 64)))) {
      this.#reject(reason, buffer, i, end);
    }
    if (next >= 0 && this.#state === "object") this.#state = "array";
    if (next < 0 && final && this.#options.in !== "") this.truncated = true;
    return end;
  }

  /** Offset of the next place that begins like a record and holds a whole, valid one; -1 when there is none. */
  #nextRecord(buffer: Buffer, from: number, limit: number, final: boolean): number {
    if (this.#needle === null) return -1;
    const scan: RecordScan = { end: -1, unknown: [], duplicateKey: null, control: false, multiline: false };
    for (let p = buffer.indexOf(this.#needle, from + 1); p >= 0 && p < limit; ) {
      scanRecord(buffer, p, buffer.length, this.#options.keys, scan);
      if (scan.end >= 0 && isJson(buffer.toString("utf8", p, scan.end))) return p;
      if (scan.end < 0 && !final) return -1;
      p = buffer.indexOf(this.#needle, p + 1);
    }
    return -1;
  }

  #reject(reason: string, buffer: Buffer, start: number, end: number): void {
    this.#sink.reject(++this.records, reason, buffer.toString("utf8", start, Math.min(end, start + EXCERPT)));
  }
}

/** `{"eventVersion"` of a record that begins so: what its neighbours begin with, too. */
function firstKeyOf(buffer: Buffer, start: number, limit: number): Buffer | null {
  if (buffer[start] !== 0x7b) return null;
  const quote = skipSpace(buffer, start + 1, limit);
  if (buffer[quote] !== 0x22) return null;
  const end = stringEnd(buffer, quote, Math.min(limit, quote + 256));
  return end < 0 ? null : Buffer.from(buffer.subarray(start, end));
}

/**
 * Whether DuckDB's reader takes the text for one JSON value. Beyond the standard it takes NaN, Infinity and trailing
 * commas; both gears must agree on what a record is.
 */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return isLenientJson(text);
  }
}

function isLenientJson(text: string): boolean {
  const strict = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|-?\b(?:nan|inf(?:inity)?)\b|,(?=\s*[}\]])/gis,
    (_, quoted: string | undefined, offset: number) => quoted ?? (text[offset] === "," ? "" : "0"),
  );
  if (strict === text) return false;
  try {
    JSON.parse(strict);
    return true;
  } catch {
    return false;
  }
}
