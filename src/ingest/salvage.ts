import { emptyScan, type KeyTable, scanRecord, skipSpace, stringEnd } from "./json-scan.js";
import { isJson } from "./json-text.js";

/** Bytes that the search for the next good record may look at in vain. */
const IN_VAIN = 1024 * 1024 * 1024;
/** A line that begins with an object. */
const LINE_OF_JSON = "\n{";

/** Finds where the records of a text go on after damage. */
export class Salvage {
  readonly #keys: KeyTable | null;
  /** What records begin with. */
  #needle: Buffer | null = null;
  #vain = 0;

  constructor(keys: KeyTable | null) {
    this.#keys = keys;
  }

  /** Remembers how the first record begins, or what should be one. */
  learn(buffer: Buffer, start: number, limit: number): void {
    this.#needle ??= firstKeyOf(buffer, start, limit);
  }

  /** Offset of the next place that begins like a record and holds a whole, valid one; -1 when there is none. */
  nextRecord(
    buffer: Buffer,
    from: number,
    limit: number,
    { final, inLines }: { final: boolean; inLines: boolean },
  ): number {
    const scan = emptyScan();
    const next = (after: number): number => this.#candidate(buffer, after, inLines);
    for (let p = next(from + 1); p >= 0 && p < limit; p = next(p + 1)) {
      scanRecord(buffer, p, buffer.length, this.#keys, scan);
      if (scan.end >= 0 && isJson(buffer.toString("utf8", p, scan.end))) return p;
      if (scan.end < 0 && !final) return -1;
      if (this.#givesUp((scan.end < 0 ? buffer.length : scan.end) - p)) return -1;
    }
    return -1;
  }

  /**
   * Offset of the next line in `buffer[start, end)` that is a whole record, `end` when there is none; null when the buffer ends
   * inside one and more may come.
   */
  nextLine(buffer: Buffer, start: number, end: number, mayWait: boolean): number | null {
    const scan = emptyScan();
    const next = (after: number): number => buffer.indexOf(LINE_OF_JSON, after);
    for (let p = next(start); p >= 0 && p < end; p = next(p + 1)) {
      scanRecord(buffer, p + 1, buffer.length, this.#keys, scan);
      if (scan.end < 0 && mayWait) return null;
      if (scan.end >= 0 && isJson(buffer.toString("utf8", p + 1, scan.end))) return p + 1;
      if (this.#givesUp((scan.end < 0 ? buffer.length : scan.end) - p)) break;
    }
    return end;
  }

  /** Counts bytes looked at in vain: text that is made to look like records everywhere must not cost a day. */
  #givesUp(bytes: number): boolean {
    this.#vain += bytes;
    return this.#vain > IN_VAIN;
  }

  /** The next place that looks like the start of a record: its first key, or among lines of JSON a new line. */
  #candidate(buffer: Buffer, from: number, inLines: boolean): number {
    const byKey = this.#needle === null ? -1 : buffer.indexOf(this.#needle, from);
    if (!inLines) return byKey;
    const line = buffer.indexOf(LINE_OF_JSON, from - 1);
    return line >= 0 && (byKey < 0 || line + 1 < byKey) ? line + 1 : byKey;
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
