import { Carry } from "./carry.js";

/** Receives messages: the bytes from the first line of a message to the end of its last, and the message itself. */
export interface LogExportSink {
  message(buffer: Buffer, start: number, end: number, lineNo: number, parts: LogExportParts): void;
  reject(lineNo: number, reason: string, excerpt: string): void;
}

export interface LogExportParts {
  /** As written; null for lines that continue a message of the file before. */
  timestamp: string | null;
  /** Offset of the message's text, after time and blank. */
  text: number;
}

const EXCERPT = 200;
const NEWLINE = 0x0a;
/** `2021-07-10T20:27:23.000Z `: digits stand for any digit. */
const PREFIX = Buffer.from("0000-00-00T00:00:00.000Z ");
const TOO_LONG = "longer than the limit for one record";

/** Whether a line starts as CloudWatch Logs starts a message when it exports a log group to S3. */
export function beginsLogExport(line: Buffer, start = 0, end = line.length): boolean {
  if (end - start < PREFIX.length - 1) return false;
  for (let i = 0; i < PREFIX.length; i++) {
    const wanted = PREFIX[i] as number;
    const byte = line[start + i] as number;
    // A message without any text may have no blank after the time.
    if (i === PREFIX.length - 1) return start + i === end || byte === wanted || byte === NEWLINE;
    if (wanted === 0x30 ? byte < 0x30 || byte > 0x39 : byte !== wanted) return false;
  }
  return true;
}

/**
 * Splits what CloudWatch Logs exports to S3 into messages, in pieces as they come. A message begins with its time; a
 * line without one continues the message before it. A message has the number of its first line.
 */
export class LogExportFramer {
  records = 0;
  readonly #sink: LogExportSink;
  readonly #maxRecord: number;
  #lineNo = 1;
  readonly #carry = new Carry();
  /** What was too long and is passed over to the next message. */
  #dropping = false;

  constructor(maxRecord: number, sink: LogExportSink) {
    this.#maxRecord = maxRecord;
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
    let start = 0;
    while (start < buffer.length) {
      const next = nextMessage(buffer, start, final);
      if (next < 0) break;
      this.#message(buffer, start, next);
      start = next;
    }
    if (final) {
      if (start < buffer.length) this.#message(buffer, start, buffer.length);
      start = buffer.length;
    } else if (buffer.length - start > this.#maxRecord) {
      this.#message(buffer, start, buffer.length);
      this.#dropping = true;
      start = buffer.length;
    }
    this.#carry.keep(buffer.subarray(start));
  }

  #message(buffer: Buffer, start: number, next: number): void {
    const lineNo = this.#lineNo;
    for (
      let at = buffer.indexOf(NEWLINE, start);
      at >= 0 && at < next;
      at = buffer.indexOf(NEWLINE, at + 1)
    ) {
      this.#lineNo++;
    }
    let end = next;
    while (end > start && (buffer[end - 1] === NEWLINE || buffer[end - 1] === 0x0d)) end--;
    const stamped = beginsLogExport(buffer, start, end);
    if (this.#dropping && !stamped) return;
    this.#dropping = false;
    if (end === start) return;
    this.records++;
    if (end - start > this.#maxRecord) {
      this.#sink.reject(lineNo, TOO_LONG, buffer.toString("utf8", start, start + EXCERPT));
      return;
    }
    const parts = stamped
      ? {
          timestamp: buffer.toString("latin1", start, start + PREFIX.length - 1),
          text: Math.min(end, start + PREFIX.length),
        }
      : { timestamp: null, text: start };
    this.#sink.message(buffer, start, end, lineNo, parts);
  }
}

/** Offset of the next line that begins a message; the end for the last one, or -1 when more bytes are needed first. */
function nextMessage(buffer: Buffer, start: number, final: boolean): number {
  for (let at = buffer.indexOf(NEWLINE, start); at >= 0; at = buffer.indexOf(NEWLINE, at + 1)) {
    const line = at + 1;
    if (!final && buffer.length - line < PREFIX.length) return -1;
    if (beginsLogExport(buffer, line, buffer.length)) return line;
  }
  return final ? buffer.length : -1;
}
