import { isUtf8 } from "node:buffer";
import { Carry } from "./carry.js";

/** Receives rows: their bytes as they are, and the same as a JSON object. */
export interface CsvSink {
  row(buffer: Buffer, start: number, end: number, lineNo: number, object: Buffer, flags: string): void;
  reject(lineNo: number, reason: string, excerpt: string): void;
}

const EXCERPT = 200;
const QUOTE = 0x22;
const COMMA = 0x2c;
const RETURN = 0x0d;
const NEWLINE = 0x0a;

/**
 * Splits comma-separated text (RFC 4180) into rows, in pieces as they come. A row has the number of the line on which
 * it begins; a quoted field may hold line breaks.
 *
 * With a header every row becomes an object by its names; without one, `{"values": […]}`. An empty field is null, an
 * empty quoted field is "". Fields beyond the header are kept under `_extra`.
 */
export class CsvFramer {
  records = 0;
  readonly #sink: CsvSink;
  readonly #maxRecord: number;
  #header: string[] | null;
  #awaitsHeader: boolean;
  #lineNo = 1;
  readonly #carry = new Carry();

  constructor(options: { header: boolean; maxRecord: number }, sink: CsvSink) {
    this.#header = null;
    this.#awaitsHeader = options.header;
    this.#maxRecord = options.maxRecord;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#carry.add(chunk)) this.#run(false);
  }

  end(): void {
    this.#run(true);
  }

  #run(final: boolean): void {
    const buffer = this.#carry.whole();
    let i = 0;
    while (i < buffer.length) {
      const end = rowEnd(buffer, i, final);
      if (end >= 0 && end - i <= this.#maxRecord) {
        this.#row(buffer, i, end);
        i = this.#past(buffer, i, end);
        continue;
      }
      if (!final && buffer.length - i <= this.#maxRecord) break;
      // A quote that nobody closes would swallow all that follows: only its own line is given up.
      const newline = buffer.indexOf(NEWLINE, i);
      const stop = newline < 0 ? buffer.length : newline;
      this.records++;
      this.#sink.reject(
        this.#lineNo,
        end < 0 ? "a quoted field is not closed" : "longer than the limit for one record",
        buffer.toString("utf8", i, Math.min(stop, i + EXCERPT)),
      );
      i = this.#past(buffer, i, stop);
    }
    this.#carry.keep(buffer.subarray(i));
  }

  /** Offset after the line break at `end`; counts the lines of the row. */
  #past(buffer: Buffer, start: number, end: number): number {
    for (let at = buffer.indexOf(NEWLINE, start); at >= 0 && at < end; at = buffer.indexOf(NEWLINE, at + 1)) {
      this.#lineNo++;
    }
    this.#lineNo++;
    return end + 1;
  }

  #row(buffer: Buffer, start: number, end: number): void {
    const stop = end > start && buffer[end - 1] === RETURN ? end - 1 : end;
    if (/^\s*$/.test(buffer.toString("latin1", start, Math.min(stop, start + 64))) && stop - start <= 64)
      return;
    const fields = fieldsOf(buffer, start, stop);
    if (this.#awaitsHeader) {
      this.#awaitsHeader = false;
      this.#header = distinctNames(fields.map((field) => (field ?? "").trim()));
      return;
    }
    this.records++;
    const flags = [
      ...(isUtf8(buffer.subarray(start, stop)) ? [] : ["invalid_utf8"]),
      ...(this.#header !== null && fields.length !== this.#header.length ? ["ragged_row"] : []),
    ];
    const object = Buffer.from(JSON.stringify(objectOf(this.#header, fields)));
    this.#sink.row(buffer, start, stop, this.#lineNo, object, flags.join(","));
  }
}

/** Offset of the line break that ends the row, of the end of the text for the last one, or -1 when more is needed. */
function rowEnd(buffer: Buffer, start: number, final: boolean): number {
  let fieldStart = true;
  for (let i = start; i < buffer.length; i++) {
    const byte = buffer[i];
    if (byte === QUOTE && fieldStart) {
      i = quoteEnd(buffer, i);
      if (i < 0) return -1;
      fieldStart = false;
    } else if (byte === NEWLINE) return i;
    else fieldStart = byte === COMMA;
  }
  return final ? buffer.length : -1;
}

/** Offset of the quote that closes the one at `open`, or -1. */
function quoteEnd(buffer: Buffer, open: number): number {
  for (let i = buffer.indexOf(QUOTE, open + 1); i >= 0; i = buffer.indexOf(QUOTE, i + 2)) {
    if (buffer[i + 1] !== QUOTE) return i;
  }
  return -1;
}

function fieldsOf(buffer: Buffer, start: number, end: number): (string | null)[] {
  const fields: (string | null)[] = [];
  let i = start;
  for (;;) {
    let text = "";
    const quoted = buffer[i] === QUOTE && i < end;
    if (quoted) {
      const close = quoteEnd(buffer, i);
      text = buffer.toString("utf8", i + 1, close).replaceAll('""', '"');
      i = close + 1;
    }
    const comma = buffer.indexOf(COMMA, i);
    const stop = comma < 0 || comma > end ? end : comma;
    // Text after a closing quote is no CSV; it is kept all the same.
    text += buffer.toString("utf8", i, stop);
    fields.push(text === "" && !quoted ? null : text);
    if (stop >= end) return fields;
    i = stop + 1;
  }
}

function objectOf(header: string[] | null, fields: (string | null)[]): Record<string, unknown> {
  if (header === null) return { values: fields };
  const object: Record<string, unknown> = Object.create(null);
  for (const [index, name] of header.entries()) if (index < fields.length) object[name] = fields[index];
  if (fields.length > header.length) object._extra = fields.slice(header.length);
  return object;
}

/** A name that occurs again gets a number; a column without a name is called after its place. */
function distinctNames(names: string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    const base = name === "" ? `column_${index + 1}` : name;
    let distinct = base;
    for (let number = 2; seen.has(distinct); number++) distinct = `${base}_${number}`;
    seen.add(distinct);
    return distinct;
  });
}
