import { isUtf8 } from "node:buffer";
import type { StagedArtifact, StageJob } from "./batch.js";
import { CsvFramer } from "./csv-framing.js";
import { DEEPEST, JsonFramer, type RecordSink, TOO_DEEP } from "./json-framing.js";
import { emptyScan, KeyTable, scanRecord, skipSpace } from "./json-scan.js";
import { isJson } from "./json-text.js";
import {
  LineFramer,
  type LineSink,
  regularTest,
  trimmed,
  type ValuesTest,
  valuesTest,
} from "./line-framing.js";
import { LogExportFramer } from "./log-export-framing.js";
import { PayloadReader, type PayloadSink } from "./payload.js";
import { type Claim, takesPlace } from "./recognise.js";
import type { Source } from "./source.js";
import type { SpoolWriter } from "./spool.js";
import type { SpoolSet } from "./spool-set.js";
import type { Wrapper } from "./unwrap.js";

/** Takes the bytes of one artifact apart and writes its records to the spools of the sources that read them. */
export class Framers {
  readonly #sources: Source[];
  readonly #maxRecord: number;
  readonly #spools: SpoolSet;
  readonly #keys = new Map<string, KeyTable>();
  readonly #payloads: PayloadReader;

  constructor(sources: Source[], maxRecord: number, spools: SpoolSet) {
    this.#sources = sources;
    this.#maxRecord = maxRecord;
    this.#spools = spools;
    this.#payloads = new PayloadReader(sources, (source) => this.#keyTable(source));
  }

  /** For records that lie in the artifact as they are. */
  records(claim: Claim, job: StageJob): JsonFramer | LineFramer | CsvFramer {
    if (claim.kind === "json") return this.#jsonFramer(claim, job);
    return claim.kind === "csv" ? this.#csvFramer(claim, job) : this.#lineFramer(claim, job);
  }

  /** Whether any element in the head carries what some source reads. */
  carriesRecords(wrapper: Wrapper, head: Buffer): boolean {
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
    const framer = this.#elements(wrapper, (element, recordNo) => {
      if (!carries) this.#payloads.read(wrapper, element, recordNo, "", sink);
    });
    framer.push(head);
    framer.end();
    return carries;
  }

  /** The whole text as one record. */
  async document(claim: Claim, chunks: AsyncIterable<Buffer>, job: StageJob): Promise<number> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length <= this.#maxRecord) parts.push(chunk);
    }
    const bytes = Buffer.concat(parts);
    const text = bytes.toString("utf8");
    const excerpt = text.slice(0, 200);
    const writer = this.#spools.writerFor(job);
    if (length > this.#maxRecord)
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
  wrapped(wrapper: Wrapper, job: StageJob, result: StagedArtifact): JsonFramer | CsvFramer | LogExportFramer {
    const writerOf = this.#spools.writerFor(job);
    const logs = this.#sources.find(({ recognises }) => recognises.log_event === true);
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
    const framer = this.#elements(
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
  #elements(
    wrapper: Wrapper,
    element: (element: Buffer, recordNo: number, flags: string) => void,
    reject: PayloadSink["reject"] = () => undefined,
  ): JsonFramer | CsvFramer | LogExportFramer {
    const maxRecord = this.#maxRecord;
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
    const writerOf = this.#spools.writerFor(job);
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
      maxRecord: this.#maxRecord,
    };
    return new JsonFramer(options, sink);
  }

  #csvFramer(claim: Claim, job: StageJob): CsvFramer {
    const { source } = claim;
    const writerOf = this.#spools.writerFor(job);
    const keys = this.#keyTable(source);
    const beside = besideOf(claim, job);
    const scan = emptyScan();
    return new CsvFramer(
      { header: claim.container === "csv", maxRecord: this.#maxRecord },
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
    const { regular_line: regular } = claim.source;
    let fitsValues: ValuesTest = regular === undefined || job.careful ? () => false : regularTest(regular);
    const isHeader = headerTest(claim);
    const writerOf = this.#spools.writerFor(job);
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
    const framer = new LineFramer(this.#maxRecord, sink);
    return framer;
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

/** Members as the text of one object, those that are JSON; null without any. */
export function objectOf(members: Map<string, string>): string | null {
  const valid = [...members].filter(([, value]) => isJson(value));
  if (valid.length === 0) return null;
  return `{${valid.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

/** Keys that the spool itself writes. */
const RESERVED = ["_artifact", "_record", "_unknown", "_flags"];
