import { isUtf8 } from "node:buffer";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { RecordScan } from "./json-scan.js";

/**
 * JSON lines; or lines of values with blanks between them, artifact and record first; or a copy of a Parquet file, which
 * DuckDB reads itself, so that `records` is not known before.
 */
export type SpoolForm = "json" | "columns" | "parquet";

/** A finished spool file: framed records of one source in a form that DuckDB reads in bulk. */
export interface Spool {
  path: string;
  /** Source id, or `reject` for what framing could not give to any source. */
  source: string;
  /** Header line that the records follow, for sources whose columns a header names. */
  header: string | null;
  bytes: number;
  records: number;
  /** Longest line, bytes; DuckDB must be told. */
  longest: number;
  artifacts: number[];
  /** Made by the careful gear: one artifact, every record already validated. */
  careful: boolean;
  form: SpoolForm;
}

/**
 * DuckDB works on 2,048 records at a time, in several copies: large records are loaded in spools of no more than so many
 * bytes, or they would not fit into its memory limit.
 */
export const HEAVY_SPOOL = 16 * 1024 * 1024;

/** Whether the records of a spool are large in this sense. */
export function isHeavy({ bytes, records }: Spool): boolean {
  return bytes / records >= HEAVY_SPOOL / 2048;
}

const BUFFER = 4 * 1024 * 1024;
/** Room for the keys that the spool puts before a record. */
const PREFIX = 128;

/**
 * Writes framed records as JSON lines: `{"_artifact":1,"_record":2,…}`.
 *
 * The record's own bytes follow unchanged, so that DuckDB parses them once and evidence is never re-serialised here.
 */
export class SpoolWriter {
  readonly spool: Spool;
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  #used = 0;
  #prefix = "";
  #artifact = -1;

  constructor(
    path: string,
    source: string,
    header: string | null,
    careful: boolean,
    form: "json" | "columns" = "json",
  ) {
    // Appending, so that a rollback needs no more than cutting the file.
    this.#file = openSync(path, "ax");
    this.spool = { path, source, header, bytes: 0, records: 0, longest: 0, artifacts: [], careful, form };
  }

  startArtifact(artifactId: number): void {
    if (this.#artifact === artifactId) return;
    this.#artifact = artifactId;
    this.#prefix = this.spool.form === "json" ? `{"_artifact":${artifactId},"_record":` : `${artifactId} `;
    this.spool.artifacts.push(artifactId);
  }

  /** Where the spool stands now; `rollback` returns to it. */
  mark(): Spool {
    return { ...this.spool, artifacts: [...this.spool.artifacts] };
  }

  /** Forgets everything written since the mark. */
  rollback(mark: Spool): void {
    this.#flush();
    ftruncateSync(this.#file, mark.bytes);
    Object.assign(this.spool, mark);
    this.#artifact = -1;
  }

  /** An object whose top-level keys become columns. `beside` is raw JSON: members that the source gets with it. */
  fields(
    buffer: Buffer,
    start: number,
    end: number,
    recordNo: number,
    scan: RecordScan,
    flags: string,
    beside = "",
  ): void {
    // Line breaks can stand between tokens here, as in the record itself, and must not end the line.
    const unknown =
      scan.unknown.length === 0 ? "" : `"_unknown":{${scan.unknown.join(",").replaceAll(/[\r\n]+/g, " ")}},`;
    const lead = `${this.#lead(recordNo, flags)}${beside}${unknown}`;
    this.#line(lead, buffer, start + 1, end, "", scan.multiline);
  }

  /** Any JSON value, kept whole in the column `record`. */
  value(
    buffer: Buffer,
    start: number,
    end: number,
    recordNo: number,
    multiline: boolean,
    flags: string,
    beside = "",
  ): void {
    this.#line(`${this.#lead(recordNo, flags)}${beside}"record":`, buffer, start, end, "}", multiline);
  }

  /** A line of text, in the column `line`. */
  text(buffer: Buffer, start: number, end: number, recordNo: number, beside = ""): void {
    const flags = isUtf8(buffer.subarray(start, end)) ? "" : "invalid_utf8";
    const quoted =
      flags === ""
        ? quoteLine(buffer, start, end)
        : Buffer.from(JSON.stringify(buffer.toString("utf8", start, end)));
    this.#line(`${this.#lead(recordNo, flags)}${beside}"line":`, quoted, 0, quoted.length, "}", false);
  }

  /** A line of values with blanks between them, for a spool of that form. The line holds no line break and no NUL. */
  values(buffer: Buffer, start: number, end: number, recordNo: number): void {
    const size = this.#prefix.length + 17 + end - start;
    if (size > BUFFER - this.#used) this.#flush();
    const target = this.#buffer;
    const from = this.#used;
    // To write a string by a call takes longer than these few bytes do.
    let at = from;
    for (let i = 0; i < this.#prefix.length; i++) target[at++] = this.#prefix.charCodeAt(i);
    at = writeDigits(target, at, recordNo);
    target[at++] = 0x20;
    at += buffer.copy(target, at, start, end);
    target[at++] = 0x0a;
    this.#used = at;
    this.spool.bytes += at - from;
    this.spool.records++;
    if (at - from > this.spool.longest) this.spool.longest = at - from;
  }

  reject(recordNo: number, reason: string, excerpt: string): void {
    // Half a surrogate pair at the cut would not be JSON for DuckDB; the detour through bytes replaces it.
    const bytes = Buffer.from(JSON.stringify({ reason, excerpt: Buffer.from(excerpt).toString() }));
    this.#line(this.#lead(recordNo, ""), bytes, 1, bytes.length, "", false);
  }

  close(): Spool {
    this.#flush();
    closeSync(this.#file);
    return this.spool;
  }

  #lead(recordNo: number, flags: string): string {
    return flags === "" ? `${this.#prefix}${recordNo},` : `${this.#prefix}${recordNo},"_flags":"${flags}",`;
  }

  #line(lead: string, buffer: Buffer, start: number, end: number, tail: string, multiline: boolean): void {
    const size = Buffer.byteLength(lead) + (end - start) + tail.length + 1;
    let target = this.#buffer;
    let at = this.#used;
    if (size + PREFIX > BUFFER - this.#used) {
      this.#flush();
      at = 0;
      if (size + PREFIX > BUFFER) target = Buffer.allocUnsafe(size + PREFIX);
    }
    const from = at;
    at += target.write(lead, at);
    const body = at;
    at += buffer.copy(target, at, start, end);
    if (multiline) {
      for (let i = body; i < at; i++) if (target[i] === 0x0a || target[i] === 0x0d) target[i] = 0x20;
    }
    if (tail !== "") target[at++] = 0x7d;
    target[at++] = 0x0a;
    const length = at - from;
    this.spool.bytes += length;
    this.spool.records++;
    if (length > this.spool.longest) this.spool.longest = length;
    if (target === this.#buffer) this.#used = at;
    else writeAll(this.#file, target.subarray(0, at));
  }

  #flush(): void {
    if (this.#used > 0) writeAll(this.#file, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Writes a positive integer, which takes a fraction of the time that a string for it would. */
function writeDigits(target: Buffer, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  for (let [i, rest] = [end - 1, value]; i >= at; i--, rest = Math.floor(rest / 10))
    target[i] = 0x30 + (rest % 10);
  return end;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

let scratch = Buffer.allocUnsafe(64 * 1024);

/** The line as a JSON string, quotes included. */
function quoteLine(buffer: Buffer, start: number, end: number): Buffer {
  const room = (end - start) * 6 + 2;
  if (scratch.length < room) scratch = Buffer.allocUnsafe(room);
  const out = scratch;
  let at = 0;
  out[at++] = 0x22;
  for (let i = start; i < end; i++) {
    const byte = buffer[i] as number;
    if (byte === 0x22 || byte === 0x5c) {
      out[at++] = 0x5c;
      out[at++] = byte;
    } else if (byte < 0x20) at += out.write(`\\u00${byte.toString(16).padStart(2, "0")}`, at);
    else out[at++] = byte;
  }
  out[at++] = 0x22;
  return out.subarray(0, at);
}
