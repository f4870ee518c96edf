import { isUtf8 } from "node:buffer";
import { Carry } from "./carry.js";
import {
  emptyScan,
  type KeyTable,
  type RecordScan,
  scanRecord,
  skipSpace,
  stringEnd,
  valueEnd,
} from "./json-scan.js";
import { isJson } from "./json-text.js";
import { Salvage } from "./salvage.js";

/** Receives what framing finds. Offsets are into the buffer given and hold only during the call. */
export interface RecordSink {
  /** `place` is the path under which the record lies, one of those in `FramingOptions.in`. */
  record(
    buffer: Buffer,
    start: number,
    end: number,
    recordNo: number,
    scan: RecordScan,
    flags: string,
    place: string,
  ): void;
  reject(recordNo: number, reason: string, excerpt: string): void;
}

/** Thrown by the fast gear: the bytes are not what well-formed evidence looks like; the careful gear takes over. */
export class FramingAnomaly extends Error {}

export interface FramingOptions {
  /**
   * Where the records lie: the path of an array of records or of one record (`Records`, `detail.findings`), "" for
   * root values and elements of a root array, or several paths with commas between them. Arrays on the way to a
   * record are looked through: the same path finds the records of one answer and of a list of answers.
   */
  in: string;
  /** A record may be an array, too: the row of a query. */
  arrays?: boolean;
  /** The keys that become columns; null when a record stays one value. */
  keys: KeyTable | null;
  /** Validate every record, and find the next good one after damage. */
  careful: boolean;
  /** Bytes; a longer record is rejected. */
  maxRecord: number;
  /** Give a record that is not UTF-8 with its own bytes instead of repaired. */
  asSealed?: boolean;
}

const EXCERPT = 200;
const TOO_LONG = "longer than the limit for one record";
const CONTROL = "control character inside a string";
/** Levels of nesting. No service of AWS comes near; functions that walk a value recurse, and must not overflow. */
export const DEEPEST = 10_000;
export const TOO_DEEP = `nested deeper than ${DEEPEST.toLocaleString("en")} levels`;

/** Larger members around the records are not kept. */
const WRAPPER_MEMBER = 2048;
const WRAPPER_MEMBERS = 64;

interface Place {
  name: string;
  keys: string[];
}

/** An object or array that is open at the current position. */
interface Level {
  array: boolean;
  /** How many keys of its places lead here. */
  depth: number;
  places: Place[];
}

/** Splits JSON text into records, in pieces as they come. Record numbers count from 1. */
export class JsonFramer {
  records = 0;
  /** The text ended where more was due. */
  truncated = false;
  /** Small members beside the records in the last root object, as raw JSON: `NextToken`, `IsTruncated`, `Name`, … */
  wrapper = new Map<string, string>();
  readonly #options: FramingOptions;
  readonly #sink: RecordSink;
  readonly #scan = emptyScan();
  readonly #places: Place[];
  readonly #inRoot: boolean;
  #levels: Level[] = [];
  readonly #carry = new Carry();
  readonly #salvage: Salvage;

  constructor(options: FramingOptions, sink: RecordSink) {
    this.#options = options;
    this.#sink = sink;
    this.#salvage = new Salvage(options.keys);
    this.#places = options.in.split(",").map((name) => ({ name, keys: name === "" ? [] : name.split(".") }));
    this.#inRoot = this.#places.some(({ keys }) => keys.length === 0);
  }

  push(chunk: Buffer): void {
    if (this.#carry.add(chunk)) this.#run(false);
  }

  end(): void {
    this.#run(true);
    if (this.#levels.length > 0) this.truncated = true;
  }

  #run(final: boolean): void {
    const buffer = this.#carry.whole();
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
    this.#carry.keep(buffer.subarray(i));
  }

  /** Handles what starts at `i`; returns where to go on, or -1 when more bytes are needed first. */
  #step(buffer: Buffer, i: number, limit: number, final: boolean, clean: boolean): number {
    const level = this.#levels.at(-1);
    if (level !== undefined && !level.array) return this.#member(level, buffer, i, limit, final, clean);
    const byte = buffer[i];
    const place = level === undefined ? this.#rootPlace() : completeAt(level);
    if (byte === 0x7b) {
      if (place !== undefined) return this.#record(place, buffer, i, limit, final, clean);
      if (!this.#levels.some(({ array }) => !array)) this.wrapper = new Map();
      this.#levels.push({ array: false, depth: level?.depth ?? 0, places: level?.places ?? this.#places });
      return i + 1;
    }
    if (level === undefined) {
      if (byte === 0x5b) {
        this.#levels.push({ array: true, depth: 0, places: this.#places });
        return i + 1;
      }
      if (!this.#inRoot && (byte === 0x2c || byte === 0x5d)) return i + 1;
      return this.#damage(buffer, i, limit, final, "not JSON");
    }
    if (byte === 0x2c) return i + 1;
    if (byte === 0x5d) {
      this.#levels.pop();
      return i + 1;
    }
    if (byte === 0x5b && place !== undefined && this.#options.arrays === true) {
      return this.#record(place, buffer, i, limit, final, clean);
    }
    if (byte === 0x5b && place === undefined) {
      this.#levels.push({ ...level });
      return i + 1;
    }
    return this.#bareValue(buffer, i, limit, final, place !== undefined);
  }

  #rootPlace(): Place | undefined {
    return this.#inRoot ? this.#places.find(({ keys }) => keys.length === 0) : undefined;
  }

  #member(level: Level, buffer: Buffer, i: number, limit: number, final: boolean, clean: boolean): number {
    const byte = buffer[i];
    if (byte === 0x2c) return i + 1;
    if (byte === 0x7d) {
      this.#levels.pop();
      return i + 1;
    }
    if (byte !== 0x22) return this.#damage(buffer, i, limit, final, "not JSON");
    const keyEnd = stringEnd(buffer, i, limit);
    const colon = keyEnd < 0 ? limit : skipSpace(buffer, keyEnd, limit);
    const value = colon >= limit ? limit : skipSpace(buffer, colon + 1, limit);
    if (value >= limit) return this.#cutOff(buffer, i, limit, final);
    if (buffer[colon] !== 0x3a) return this.#damage(buffer, i, limit, final, "not JSON");
    const key = buffer.toString("utf8", i + 1, keyEnd - 1);
    const opening = buffer[value];
    if (opening === 0x5b || opening === 0x7b) {
      const places = level.places.filter(({ keys }) => keys[level.depth] === key);
      if (places.length > 0) {
        const inner = { array: opening === 0x5b, depth: level.depth + 1, places };
        const place = completeAt(inner);
        if (place !== undefined && !inner.array)
          return this.#record(place, buffer, value, limit, final, clean);
        this.#levels.push(inner);
        return value + 1;
      }
    }
    const end = valueEnd(buffer, value, limit);
    if (end < 0) return this.#cutOff(buffer, i, limit, final);
    if (end - value <= WRAPPER_MEMBER && level.depth === 0 && this.wrapper.size < WRAPPER_MEMBERS) {
      this.wrapper.set(key, buffer.toString("utf8", value, end));
    }
    return end;
  }

  #bareValue(buffer: Buffer, i: number, limit: number, final: boolean, isRecord: boolean): number {
    const end = valueEnd(buffer, i, limit);
    if (end < 0) return this.#cutOff(buffer, i, limit, final);
    if (end === i) return this.#damage(buffer, i, limit, final, "not JSON");
    if (isRecord) this.#reject("not a JSON object", buffer, i, end);
    return end;
  }

  #record(
    place: Place,
    buffer: Buffer,
    start: number,
    limit: number,
    final: boolean,
    clean: boolean,
  ): number {
    const scan = this.#scan;
    scanRecord(buffer, start, limit, this.#options.keys, scan);
    if (scan.end < 0) return this.#cutOff(buffer, start, limit, final);
    const end = scan.end;
    // In lines of JSON a string that holds a line break is a line that was cut, and what follows it is not its own.
    if (scan.control && this.#levels.length === 0) return this.#cutLine(buffer, start, end, final);
    const sound = !scan.control && scan.depth <= DEEPEST;
    if (this.#options.careful && sound && !isJson(buffer.toString("utf8", start, end))) {
      const next = this.#nextRecord(buffer, start, end, true);
      this.#reject("not valid JSON", buffer, start, next < 0 ? end : next);
      return next < 0 ? end : next;
    }
    this.#salvage.learn(buffer, start, end);
    if (scan.depth > DEEPEST) this.#reject(TOO_DEEP, buffer, start, end);
    else if (scan.control) this.#reject(CONTROL, buffer, start, end);
    else if (scan.duplicateKey !== null) {
      this.#reject(`key "${scan.duplicateKey}" occurs twice`, buffer, start, end);
    } else if (end - start > this.#options.maxRecord) this.#reject(TOO_LONG, buffer, start, end);
    else if (clean || this.#options.asSealed === true || isUtf8(buffer.subarray(start, end))) {
      this.#sink.record(buffer, start, end, ++this.records, scan, "", place.name);
    } else {
      const repaired = Buffer.from(buffer.toString("utf8", start, end));
      scanRecord(repaired, 0, repaired.length, this.#options.keys, scan);
      this.#sink.record(repaired, 0, repaired.length, ++this.records, scan, "invalid_utf8", place.name);
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
    this.#salvage.learn(buffer, i, limit);
    const next = this.#nextRecord(buffer, i, limit, final);
    if (next < 0 && !final && limit - i <= this.#options.maxRecord) return -1;
    const end = next < 0 ? limit : next;
    // Closing brackets that remain after a cut are no record.
    if (next >= 0 || !/^[\s\]},]*$/.test(buffer.toString("latin1", i, Math.min(end, i + 64)))) {
      this.#reject(reason, buffer, i, end);
    }
    if (next >= 0) this.#expectRecords();
    if (next < 0 && final && this.#options.in !== "") this.truncated = true;
    return end;
  }

  /** After damage a record follows: whatever was open, its array is. */
  #expectRecords(): void {
    const level = this.#levels.at(-1);
    if (level === undefined ? this.#inRoot : level.array && completeAt(level) !== undefined) return;
    const place = level?.places[0] ?? (this.#places[0] as Place);
    this.#levels =
      place.keys.length === 0 ? [] : [{ array: true, depth: place.keys.length, places: [place] }];
  }

  /** Rejects the record from `start` to the next line that is a whole record, or to its end. */
  #cutLine(buffer: Buffer, start: number, end: number, final: boolean): number {
    if (!this.#options.careful) throw new FramingAnomaly(CONTROL);
    const mayWait = !final && buffer.length - start <= this.#options.maxRecord;
    const next = this.#salvage.nextLine(buffer, start, end, mayWait);
    if (next === null) return -1;
    this.#salvage.learn(buffer, start, end);
    this.#reject(CONTROL, buffer, start, next);
    return next;
  }

  #nextRecord(buffer: Buffer, from: number, limit: number, final: boolean): number {
    const inLines = this.#levels.length === 0 && this.#inRoot;
    return this.#salvage.nextRecord(buffer, from, limit, { final, inLines });
  }

  #reject(reason: string, buffer: Buffer, start: number, end: number): void {
    this.#sink.reject(++this.records, reason, buffer.toString("utf8", start, Math.min(end, start + EXCERPT)));
  }
}

/** The place whose records lie directly in this level. */
function completeAt({ depth, places }: Level): Place | undefined {
  return places.find(({ keys }) => keys.length === depth);
}
