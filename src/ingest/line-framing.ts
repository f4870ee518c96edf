import { isUtf8 } from "node:buffer";
import { skipSpace } from "./json-scan.js";

/** Characters of a rejected record that its reject row shows. */
const EXCERPT = 200;

/** Receives lines, without their line ends. */
export interface LineSink {
  line(buffer: Buffer, start: number, end: number, lineNo: number): void;
  reject(lineNo: number, reason: string, excerpt: string): void;
}

/** Splits text into lines, in pieces as they come. Numbers count from 1; blank lines have a number and are no records. */
export class LineFramer {
  records = 0;
  #lineNo = 0;
  #carry: Buffer[] = [];
  #carried = 0;
  #dropping = false;
  readonly #sink: LineSink;
  readonly #maxRecord: number;

  constructor(maxRecord: number, sink: LineSink) {
    this.#sink = sink;
    this.#maxRecord = maxRecord;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      if (this.#carried > 0) {
        const whole = Buffer.concat([...this.#carry, chunk.subarray(start, end)]);
        this.#line(whole, 0, whole.length);
        this.#carry = [];
        this.#carried = 0;
      } else this.#line(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#carry.push(chunk.subarray(start));
      this.#carried += chunk.length - start;
    }
    if (this.#carried > this.#maxRecord) {
      this.#dropping = true;
      this.#carry = [Buffer.concat(this.#carry).subarray(0, EXCERPT)];
      this.#carried = EXCERPT;
    }
  }

  end(): void {
    if (this.#carried === 0) return;
    const rest = Buffer.concat(this.#carry);
    this.#line(rest, 0, rest.length);
    this.#carry = [];
    this.#carried = 0;
  }

  #line(buffer: Buffer, start: number, end: number): void {
    this.#lineNo++;
    const stop = end > start && buffer[end - 1] === 0x0d ? end - 1 : end;
    if (skipSpace(buffer, start, stop) >= stop) return;
    this.records++;
    if (this.#dropping) {
      this.#dropping = false;
      this.#sink.reject(
        this.#lineNo,
        "longer than the limit for one record",
        buffer.toString("utf8", start, Math.min(stop, start + EXCERPT)),
      );
    } else this.#sink.line(buffer, start, stop, this.#lineNo);
  }
}

/** Bytes of a line from which on the fast reader of values would need to be told. */
const LONG_LINE = 1024 * 1024;
/** Columns from which on a header is not one of AWS: DuckDB holds 2,048 values of each, however few lines there are. */
const MOST_COLUMNS = 256;

/** Whether a line can go to the fast reader of values. */
export type ValuesTest = (buffer: Buffer, start: number, end: number) => boolean;

/** Tells lines of values under this header. */
export function valuesTest(header: string): ValuesTest {
  if (header.split(/\s+/, MOST_COLUMNS + 1).length > MOST_COLUMNS) return () => false;
  return plainTest();
}

/** Tells lines of that form, of which the fast reader of values makes what the pattern says they are. */
export function regularTest(pattern: string): ValuesTest {
  const isPlain = plainTest();
  const whole = new RegExp(`^(?:${pattern})$`);
  return (buffer, start, end) =>
    isPlain(buffer, start, end) && whole.test(buffer.toString("latin1", start, end));
}

/**
 * Tells lines without anything that the fast reader of values would take for something else: bytes that are no text, NUL and
 * carriage return. A buffer is looked at once as a whole, since its lines come one after the other.
 */
function plainTest(): ValuesTest {
  let last: Buffer | null = null;
  let isPlain = false;
  return (buffer, start, end) => {
    if (buffer !== last) {
      last = buffer;
      isPlain = !buffer.includes(0x00) && !buffer.includes(0x0d) && isUtf8(buffer);
    }
    return isPlain && end - start < LONG_LINE;
  };
}

/** The line without blanks at its ends. */
export function trimmed(buffer: Buffer, start: number, end: number): [from: number, to: number] {
  let [from, to] = [start, end];
  while (from < to && buffer[from] === 0x20) from++;
  while (to > from && buffer[to - 1] === 0x20) to--;
  return [from, to];
}
