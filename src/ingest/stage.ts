import { isUtf8 } from "node:buffer";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CsvFramer } from "./csv-framing.js";
import { type ByteSource, decode, peek, readSealed } from "./decode.js";
import { DEEPEST, FramingAnomaly, isJson, JsonFramer, type RecordSink, TOO_DEEP } from "./framing.js";
import { emptyScan, KeyTable, scanRecord, skipSpace } from "./json-scan.js";
import { LineFramer, type LineSink, trimmed, type ValuesTest, valuesTest } from "./line-framing.js";
import { LogExportFramer } from "./log-export-framing.js";
import { type Outline, readOutline } from "./outline.js";
import { copyParquet, PARQUET_MAGIC } from "./parquet.js";
import { PayloadReader, type PayloadSink } from "./payload.js";
import { type Claim, recognise, takesPlace, type WrappedClaim } from "./recognise.js";
import type { Source } from "./source.js";
import { HEAVY_SPOOL, isHeavy, type Spool, SpoolWriter } from "./spool.js";
import { unreadFormat } from "./unread-format.js";
import { findWrapper, type Wrapper } from "./unwrap.js";

/** One artifact to be staged. Its path is one in the case. */
export interface StageJob extends ByteSource {
  artifactId: number;
  /** SHA-256 of the sealed bytes; null for a zip member, whose zip vouches for it. */
  sha256: string | null;
  /** Name that recognition may look at. */
  name: string;
  careful: boolean;
}

/** What became of one artifact. */
export interface StagedArtifact {
  artifactId: number;
  state: "loaded" | "unclaimed" | "empty" | "unreadable" | "changed";
  source: string | null;
  container: string | null;
  encoding: string | null;
  note: string | null;
  /** Small members around the records, as one JSON object. */
  wrapper: string | null;
  size: number;
  sha256: string;
  records: number;
  careful: boolean;
}

/** Spools and artifacts that belong together: loaded in one transaction. */
export interface Batch {
  spools: Spool[];
  artifacts: StagedArtifact[];
}

/** Artifacts of a batch that the careful gear reads. */
export function carefulOf({ spools, artifacts }: Batch): number[] {
  return [
    ...spools.filter(({ careful }) => careful).flatMap((spool) => spool.artifacts),
    ...artifacts.filter(({ careful }) => careful).map(({ artifactId }) => artifactId),
  ];
}

export interface StagerOptions {
  sources: Source[];
  /** Folder of the case. */
  caseFolder: string;
  spoolFolder: string;
  /** Distinguishes the spool files of several stagers. */
  name: string;
  /** Bytes of spool after which a batch is complete. */
  batchBytes: number;
  maxRecord: number;
  /** Called when a batch is complete in the middle of a large artifact. */
  ship: (batch: Batch) => Promise<void>;
}

/** Codes of errors that only writing gives, or the machine as a whole. */
const WRITING = new Set(["ENOSPC", "EDQUOT", "EROFS", "EFBIG", "EMFILE", "ENFILE"]);
const HEAD = 64 * 1024;
/** Enough to see what most files are. */
const SHORT_HEAD = 2 * 1024;
/** A first record may be large; beyond this its keys are not waited for. */
const LARGE_HEAD = 8 * 1024 * 1024;
const BATCH_ARTIFACTS = 5_000;

/** Reads artifacts, recognises them and frames their records into spools. */
export class Stager {
  readonly #options: StagerOptions;
  readonly #keys = new Map<string, KeyTable>();
  readonly #payloads: PayloadReader;
  #writers = new Map<string, SpoolWriter>();
  #artifacts: StagedArtifact[] = [];
  /** Parquet files of the batch. */
  #files: Spool[] = [];
  #spoolCount = 0;

  constructor(options: StagerOptions) {
    this.#options = options;
    this.#payloads = new PayloadReader(options.sources, (source) => this.#keyTable(source));
    mkdirSync(options.spoolFolder, { recursive: true });
  }

  /** Stages one artifact; the batch is shipped when it is large enough. */
  async stage(job: StageJob): Promise<void> {
    // A large artifact is shipped in parts: the list that it belongs to is the one of its last part.
    const staged = await this.#stage(job);
    this.#artifacts.push(staged);
    if (this.#isFull(1) || this.#artifacts.length >= BATCH_ARTIFACTS) await this.flush();
  }

  /** Ships whatever has been staged. */
  async flush(): Promise<void> {
    const spools = [...[...this.#writers.values()].map((writer) => writer.close()), ...this.#files];
    this.#files = [];
    const artifacts = this.#artifacts;
    this.#writers = new Map();
    this.#artifacts = [];
    if (spools.length > 0 || artifacts.length > 0) await this.#options.ship({ spools, artifacts });
  }

  async #stage(job: StageJob): Promise<StagedArtifact> {
    const result: StagedArtifact = {
      artifactId: job.artifactId,
      state: "unclaimed",
      source: null,
      container: null,
      encoding: null,
      note: null,
      wrapper: null,
      size: job.size,
      sha256: job.sha256 ?? "",
      records: 0,
      careful: job.careful,
    };
    try {
      const bytes = await readSealed({ ...job, path: join(this.#options.caseFolder, job.path) });
      result.size = bytes.size;
      result.sha256 = bytes.sha256;
      if (job.sha256 !== null && bytes.sha256 !== job.sha256) {
        result.state = "changed";
        result.note = `sha256 is ${bytes.sha256}, the manifest says ${job.sha256}; the file changed after it was sealed and was not loaded`;
        return result;
      }
      const decoded = await decode(bytes);
      if (decoded.layers.length > 0) result.encoding = decoded.layers.join("+");
      const [head, chunks] = await peek(decoded.chunks, HEAD);
      const claim = await this.#claim(head, chunks, job, result);
      if (decoded.damage.sentence !== null) result.note = decoded.damage.sentence;
      if (claim === null) return result;
      result.state = "loaded";
      result.container = claim.claim.container;
      if (claim.claim.kind !== "wrapped") result.source = claim.claim.source.id;
      await this.#frame(claim.claim, claim.chunks, job, result);
      if (decoded.damage.sentence !== null) result.note = decoded.damage.sentence;
      return result;
    } catch (error) {
      if (error instanceof FramingAnomaly) return this.#stage({ ...job, careful: true });
      // A full disk says nothing of the evidence.
      if (WRITING.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      result.state = "unreadable";
      result.note = error instanceof Error ? error.message : String(error);
      return result;
    }
  }

  /** Hands a Parquet file over as it is: a copy, so that DuckDB never opens sealed evidence. */
  async #parquet(chunks: AsyncIterable<Buffer>, job: StageJob, result: StagedArtifact): Promise<void> {
    const path = join(this.#options.spoolFolder, `${this.#options.name}-${this.#spoolCount++}.parquet`);
    const { source, bytes } = await copyParquet(chunks, path, this.#options.sources);
    if (source === null) {
      await rm(path);
      result.note = "a Parquet file; no source reads its columns";
      return;
    }
    result.state = "loaded";
    result.source = source.id;
    result.container = "parquet";
    this.#files.push({
      path,
      source: source.id,
      header: null,
      bytes,
      records: 0,
      longest: 0,
      artifacts: [job.artifactId],
      careful: job.careful,
      form: "parquet",
    });
  }

  async #claim(
    head: Buffer,
    chunks: AsyncIterable<Buffer>,
    job: StageJob,
    result: StagedArtifact,
  ): Promise<{ claim: Claim | WrappedClaim; chunks: AsyncIterable<Buffer> } | null> {
    if (head.subarray(0, 4).equals(PARQUET_MAGIC)) {
      await this.#parquet(chunks, job, result);
      return null;
    }
    if (head.length > SHORT_HEAD) {
      const short = readOutline(head.subarray(0, SHORT_HEAD));
      const atFirstSight = recognise(short, job.name, this.#options.sources);
      if (atFirstSight !== null && isRecord(atFirstSight)) return { claim: atFirstSight, chunks };
    }
    let outline = readOutline(head.subarray(0, HEAD));
    let claim = this.#recognise(outline, head, job.name);
    let all = chunks;
    if (claim === null && outline.root === "json" && head.length >= HEAD) {
      let larger: Buffer;
      [larger, all] = await peek(chunks, LARGE_HEAD);
      outline = readOutline(larger.subarray(0, LARGE_HEAD));
      claim = this.#recognise(outline, larger, job.name);
    }
    if (claim !== null) return { claim, chunks: all };
    if (outline.root === "empty") result.state = "empty";
    else if (outline.root === "json" && outline.values.length === 0) {
      result.state = "empty";
      result.note = "JSON without any record";
    } else result.note = unreadFormat(head);
    return null;
  }

  /** Records come first, then containers that carry them, then what only looks like an answer or has a name. */
  #recognise(outline: Outline, head: Buffer, name: string): Claim | WrappedClaim | null {
    const claim = recognise(outline, name, this.#options.sources);
    if (claim !== null && isRecord(claim)) return claim;
    const wrapper = findWrapper(outline);
    if (wrapper === null || !(wrapper.log || this.#carriesRecords(wrapper, head))) return claim;
    return { wrapper, container: wrapper.container, kind: "wrapped" };
  }

  /** Whether any element in the head carries what some source reads. */
  #carriesRecords(wrapper: Wrapper, head: Buffer): boolean {
    let carries = false;
    const sink = {
      json: () => {
        carries = true;
      },
      line: () => {
        carries = true;
      },
      log: () => undefined,
      reject: () => undefined,
    };
    const framer = this.#elementFramer(wrapper, (element, recordNo) => {
      if (!carries) this.#payloads.read(wrapper, element, recordNo, "", sink);
    });
    framer.push(head);
    framer.end();
    return carries;
  }

  async #frame(
    claim: Claim | WrappedClaim,
    chunks: AsyncIterable<Buffer>,
    job: StageJob,
    result: StagedArtifact,
  ): Promise<void> {
    const marks = new Map([...this.#writers].map(([key, writer]) => [key, { writer, mark: writer.mark() }]));
    if (claim.kind === "document") {
      result.records = await this.#document(claim, chunks, job);
      return;
    }
    const framer =
      claim.kind === "wrapped" ? this.#wrappedFramer(claim.wrapper, job, result) : this.#framer(claim, job);
    try {
      for await (const chunk of chunks) {
        framer.push(chunk);
        // The artifact's own row follows with its last part.
        if (this.#isFull(2)) await this.flush();
      }
      framer.end();
    } catch (error) {
      if (!(error instanceof FramingAnomaly)) throw error;
      // What is already shipped of this artifact is taken back by the receiver, who sees `careful` in the result.
      for (const [key, writer] of this.#writers) {
        const known = marks.get(key);
        if (known?.writer === writer) writer.rollback(known.mark);
        else if (writer.spool.artifacts.length > 0) {
          writer.rollback({ ...writer.spool, bytes: 0, records: 0, longest: 0, artifacts: [] });
        }
      }
      throw error;
    }
    result.records += framer.records;
    if (!(framer instanceof JsonFramer)) return;
    if (framer.truncated && result.note === null) result.note = "the text ends before its JSON does";
    result.wrapper = objectOf(framer.wrapper);
  }

  #framer(claim: Claim, job: StageJob): JsonFramer | LineFramer | CsvFramer {
    if (claim.kind === "json") return this.#jsonFramer(claim, job);
    return claim.kind === "csv" ? this.#csvFramer(claim, job) : this.#lineFramer(claim, job);
  }

  /** The whole text as one record. */
  async #document(claim: Claim, chunks: AsyncIterable<Buffer>, job: StageJob): Promise<number> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length <= this.#options.maxRecord) parts.push(chunk);
    }
    const bytes = Buffer.concat(parts);
    const text = bytes.toString("utf8");
    const excerpt = text.slice(0, 200);
    const writer = this.#writerFor(job);
    if (length > this.#options.maxRecord)
      writer("reject", null).reject(1, "longer than the limit for one record", excerpt);
    else if (text.trim() === "") {
      // An answer that says nothing: asked and empty is not the same as never asked.
      const nothing = Buffer.from("null");
      writer(claim.source.id, null).value(
        nothing,
        0,
        nothing.length,
        1,
        false,
        "empty",
        besideOf(claim, job),
      );
    } else if (depthOf(bytes) > DEEPEST) writer("reject", null).reject(1, TOO_DEEP, excerpt);
    else if (!isJson(text)) writer("reject", null).reject(1, "not valid JSON", excerpt);
    else {
      const flags = isUtf8(bytes) ? "" : "invalid_utf8";
      const clean = flags === "" ? bytes : Buffer.from(text);
      writer(claim.source.id, null).value(clean, 0, clean.length, 1, true, flags, besideOf(claim, job));
    }
    return 1;
  }

  /** Elements of a container, each of which carries records; the sources that take them are counted. */
  #wrappedFramer(
    wrapper: Wrapper,
    job: StageJob,
    result: StagedArtifact,
  ): JsonFramer | CsvFramer | LogExportFramer {
    const writerOf = this.#writerFor(job);
    const logs = this.#options.sources.find(({ recognises }) => recognises.log_event === true);
    const taken = new Map<string, number>();
    const take = (source: Source): SpoolWriter => {
      const count = (taken.get(source.id) ?? 0) + 1;
      taken.set(source.id, count);
      // The artifact counts as evidence of the source that takes most of it.
      if (result.source === null || count > (taken.get(result.source) ?? 0)) result.source = source.id;
      return writerOf(source.id, null);
    };
    const reject: PayloadSink["reject"] = (recordNo, reason, excerpt) =>
      writerOf("reject", null).reject(recordNo, reason, excerpt);
    const around = (): string => {
      const members = framer instanceof JsonFramer ? objectOf(framer.wrapper) : null;
      // Line breaks between tokens must not end the line of the spool.
      const line = members?.replaceAll(/[\r\n]+/g, " ");
      return logs?.wrapper === true && line !== undefined ? `"_wrapper":${line},` : "";
    };
    const sink: PayloadSink = {
      json: (claim, buffer, start, end, recordNo, scan, flags, place) => {
        const writer = take(claim.source);
        const beside = besideOf(claim, job, place);
        if (claim.source.fields === undefined) {
          writer.value(buffer, start, end, recordNo, scan.multiline, flags, beside);
        } else writer.fields(buffer, start, end, recordNo, scan, flags, beside);
      },
      line: (source, line, recordNo) => {
        const claim: Claim = { source, container: "lines", kind: "lines" };
        take(source).text(line, 0, line.length, recordNo, besideOf(claim, job));
      },
      log: (element, recordNo, flags) => {
        if (logs === undefined)
          reject(recordNo, "no source reads log events", element.toString("utf8", 0, 200));
        else {
          const beside = besideOf({ source: logs, container: "", kind: "json" }, job);
          take(logs).value(element, 0, element.length, recordNo, true, flags, `${beside}${around()}`);
        }
      },
      reject,
    };
    const framer = this.#elementFramer(
      wrapper,
      (element, recordNo, flags) => {
        result.records += this.#payloads.read(wrapper, element, recordNo, flags, sink) - 1;
      },
      reject,
    );
    result.source = logs?.id ?? null;
    return framer;
  }

  /** Splits a container into its elements; there is one gear, which looks at every one with care. */
  #elementFramer(
    wrapper: Wrapper,
    element: (element: Buffer, recordNo: number, flags: string) => void,
    reject: PayloadSink["reject"] = () => undefined,
  ): JsonFramer | CsvFramer | LogExportFramer {
    const { maxRecord } = this.#options;
    if (wrapper.in === "csv") {
      return new CsvFramer(
        { header: true, maxRecord },
        { row: (_buffer, _start, _end, lineNo, object, flags) => element(object, lineNo, flags), reject },
      );
    }
    if (wrapper.in === "export") {
      return new LogExportFramer(maxRecord, {
        message: (buffer, start, end, lineNo, { timestamp, text }) => {
          const flags = isUtf8(buffer.subarray(start, end)) ? "" : "invalid_utf8";
          const message = buffer.toString("utf8", text, end);
          element(Buffer.from(JSON.stringify({ timestamp, message })), lineNo, flags);
        },
        reject,
      });
    }
    const options = { in: wrapper.in, arrays: wrapper.arrays, keys: null, careful: true, maxRecord };
    return new JsonFramer(options, {
      record: (buffer, start, end, recordNo, _scan, flags) =>
        element(buffer.subarray(start, end), recordNo, flags),
      reject,
    });
  }

  #jsonFramer(claim: Claim, job: StageJob): JsonFramer {
    const { source } = claim;
    const writerOf = this.#writerFor(job);
    const beside = new Map<string, string>();
    for (const place of claim.container.split(",")) beside.set(place, besideOf(claim, job, place));
    const sink: RecordSink = {
      record: (buffer, start, end, recordNo, scan, flags, place) => {
        const writer = writerOf(source.id, null);
        if (source.fields === undefined) {
          writer.value(buffer, start, end, recordNo, scan.multiline, flags, beside.get(place));
        } else writer.fields(buffer, start, end, recordNo, scan, flags, beside.get(place));
      },
      reject: (recordNo, reason, excerpt) => writerOf("reject", null).reject(recordNo, reason, excerpt),
    };
    const options = {
      in: claim.container,
      keys: this.#keyTable(source),
      careful: job.careful,
      maxRecord: this.#options.maxRecord,
    };
    return new JsonFramer(options, sink);
  }

  #csvFramer(claim: Claim, job: StageJob): CsvFramer {
    const { source } = claim;
    const writerOf = this.#writerFor(job);
    const keys = this.#keyTable(source);
    const beside = besideOf(claim, job);
    const scan = emptyScan();
    return new CsvFramer(
      { header: claim.container === "csv", maxRecord: this.#options.maxRecord },
      {
        row: (_buffer, _start, _end, lineNo, object, flags) => {
          const writer = writerOf(source.id, null);
          if (keys === null) writer.value(object, 0, object.length, lineNo, false, flags, beside);
          else {
            scanRecord(object, 0, object.length, keys, scan);
            writer.fields(object, 0, object.length, lineNo, scan, flags, beside);
          }
        },
        reject: (lineNo, reason, excerpt) => writerOf("reject", null).reject(lineNo, reason, excerpt),
      },
    );
  }

  #lineFramer(claim: Claim, job: StageJob): LineFramer {
    let header: string | null = null;
    let fitsValues: ValuesTest = () => false;
    const isHeader = headerTest(claim);
    const writerOf = this.#writerFor(job);
    const beside = besideOf(claim, job);
    const sink: LineSink = {
      line: (buffer, start, end, lineNo) => {
        if (isHeader(buffer, start, end, header === null)) {
          // No record. Files laid end to end bring another one in the middle, perhaps with other columns.
          framer.records--;
          header = buffer.toString("utf8", start, end).trim();
          if (!job.careful) fitsValues = valuesTest(header);
        } else if (fitsValues(buffer, start, end)) {
          const [from, to] = trimmed(buffer, start, end);
          writerOf(claim.source.id, header, "columns").values(buffer, from, to, lineNo);
        } else writerOf(claim.source.id, header).text(buffer, start, end, lineNo, beside);
      },
      reject: (lineNo, reason, excerpt) => writerOf("reject", null).reject(lineNo, reason, excerpt),
    };
    const framer = new LineFramer(this.#options.maxRecord, sink);
    return framer;
  }

  /** Finds the spool for an artifact's records; it asks the map only when a batch was shipped in between. */
  #writerFor(
    job: StageJob,
  ): (source: string, header: string | null, form?: "json" | "columns") => SpoolWriter {
    let batch: Map<string, SpoolWriter> | null = null;
    let last: SpoolWriter | null = null;
    return (source, header, form = "json") => {
      const spool = last?.spool;
      if (
        spool?.source === source &&
        spool.header === header &&
        spool.form === form &&
        batch === this.#writers
      ) {
        return last as SpoolWriter;
      }
      batch = this.#writers;
      last = this.#writer(source, header, form, job);
      return last;
    };
  }

  #writer(source: string, header: string | null, form: "json" | "columns", job: StageJob): SpoolWriter {
    const { careful } = job;
    const key = `${source}\n${header ?? ""}\n${form}\n${careful ? job.artifactId : ""}`;
    let writer = this.#writers.get(key);
    if (writer === undefined) {
      const path = join(this.#options.spoolFolder, `${this.#options.name}-${this.#spoolCount++}.jsonl`);
      writer = new SpoolWriter(path, source, header, careful, form);
      this.#writers.set(key, writer);
    }
    writer.startArtifact(job.artifactId);
    return writer;
  }

  #keyTable(source: Source): KeyTable | null {
    if (source.fields === undefined) return null;
    let table = this.#keys.get(source.id);
    if (table === undefined) {
      const reserved = source.name === true ? [...RESERVED, "_name"] : RESERVED;
      table = new KeyTable(Object.keys(source.fields), takesPlace(source) ? [...reserved, "_in"] : reserved);
      this.#keys.set(source.id, table);
    }
    return table;
  }

  /** Whether what is staged should be loaded now: it is much, or its records are large. */
  #isFull(batches: number): boolean {
    const spools = [...this.#writers.values()].map((writer) => writer.spool);
    const total = spools.reduce((sum, { bytes }) => sum + bytes, 0);
    return (
      total >= this.#options.batchBytes * batches ||
      spools.some((spool) => spool.bytes >= HEAVY_SPOOL && isHeavy(spool))
    );
  }
}

/** Whether it was the records that a source knew, not a name or what only looks like an answer. */
function isRecord({ kind, source }: Claim): boolean {
  return kind !== "document" && (source.recognises.order ?? 0) <= 0;
}

/** Raw members that a record gets beside its own, when its source asks for them. */
function besideOf({ source, kind }: Claim, job: StageJob, place?: string): string {
  const named = source.name === true || kind === "document" || source.recognises.document !== undefined;
  const name = named ? `"_name":${JSON.stringify(job.name)},` : "";
  return place === undefined || !takesPlace(source) ? name : `${name}"_in":${JSON.stringify(place)},`;
}

/** Tells header lines from records: the first line, and each that names columns as the first one does. */
function headerTest({
  kind,
  source,
}: Claim): (line: Buffer, start: number, end: number, first: boolean) => boolean {
  if (kind !== "header-lines") return () => false;
  const pattern = new RegExp(source.recognises.header_line as string);
  return (line, start, end, first) => {
    const byte = line[start] as number;
    return first || (byte >= 0x61 && byte <= 0x7a && pattern.test(line.toString("latin1", start, end)));
  };
}

function depthOf(bytes: Buffer): number {
  const scan = emptyScan();
  scanRecord(bytes, skipSpace(bytes, 0), bytes.length, null, scan);
  return scan.depth;
}

function objectOf(members: Map<string, string>): string | null {
  const valid = [...members].filter(([, value]) => isJson(value));
  if (valid.length === 0) return null;
  return `{${valid.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

/** Keys that the spool itself writes. */
const RESERVED = ["_artifact", "_record", "_unknown", "_flags"];
