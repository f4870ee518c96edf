import { FramingAnomaly, JsonFramer } from "./json-framing.js";
import type { KeyTable, RecordScan } from "./json-scan.js";
import { isJson } from "./json-text.js";
import { readOutline } from "./outline.js";
import { type Claim, recognise } from "./recognise.js";
import type { Source } from "./source.js";
import { findWrapper, open, type Wrapper } from "./unwrap.js";

/** Receives the records that a payload holds. */
export interface PayloadSink {
  json(
    claim: Claim,
    buffer: Buffer,
    start: number,
    end: number,
    recordNo: number,
    scan: RecordScan,
    flags: string,
    place: string,
  ): void;
  line(source: Source, line: Buffer, recordNo: number): void;
  /** A log event that no source takes: the element that carried it. */
  log(element: Buffer, recordNo: number, flags: string): void;
  reject(recordNo: number, reason: string, excerpt: string): void;
}

/**
 * Where one element carries several records, the first has the number of the element and each further one this much
 * more: 7, 1000000007, 2000000007, … are the records inside the seventh element.
 */
export const RECORDS_APART = 1_000_000_000;

/** Number of the element that carries a record. */
export function elementOf(recordNo: number): number {
  return recordNo % RECORDS_APART;
}

const EXCERPT = 200;
/** A notification in a message of a queue in a log: more wrappings than that are made to be taken apart for ever. */
const LEVELS = 4;
const KNOWN_SHAPES = 10_000;

/** Recognises what wrapped strings hold, and gives it to the source that reads such records. */
export class PayloadReader {
  readonly #sources: readonly Source[];
  readonly #keyTable: (source: Source) => KeyTable | null;
  readonly #lines: { source: Source; pattern: RegExp }[];
  /** Keys at the root under which records of some source may lie deeper; their claims depend on more than the keys. */
  readonly #deep: Set<string>;
  #shapes = new Map<string, Claim | Wrapper | null>();

  constructor(sources: readonly Source[], keyTable: (source: Source) => KeyTable | null) {
    this.#sources = sources.filter(({ recognises }) => recognises.json !== undefined);
    this.#keyTable = keyTable;
    this.#lines = sources.flatMap((source) => {
      const { line, message } = source.recognises;
      return line !== undefined && message === true ? [{ source, pattern: new RegExp(line) }] : [];
    });
    this.#deep = new Set(
      this.#sources.flatMap(({ recognises }) => (recognises.json ?? []).flatMap(deepKeys)),
    );
    for (const key of [
      "Events",
      "logEvents",
      "events",
      "results",
      "Records",
      "Messages",
      "QueryResultRows",
    ]) {
      this.#deep.add(key);
    }
  }

  /** Reads what an element carries; returns how many records it holds, at least one. */
  read(wrapper: Wrapper, element: Buffer, recordNo: number, flags: string, sink: PayloadSink): number {
    const payload = open(wrapper, element);
    const found = payload === null ? 0 : this.#payload(payload, recordNo, flags, 0, sink);
    if (found > 0) return found;
    if (wrapper.log) sink.log(element, recordNo, flags);
    else {
      const reason = payload === null ? "carries no record" : "no source reads what it carries";
      sink.reject(recordNo, reason, (payload ?? element.toString("utf8")).slice(0, EXCERPT));
    }
    return 1;
  }

  #payload(text: string, recordNo: number, flags: string, level: number, sink: PayloadSink): number {
    const first = /\S/.exec(text)?.[0];
    return first === "{" || first === "["
      ? this.#json(text, recordNo, flags, level, sink)
      : this.#line(text, recordNo, sink);
  }

  #line(text: string, recordNo: number, sink: PayloadSink): number {
    const line = text.replace(/[\r\n]+$/, "");
    if (line.includes("\n")) return 0;
    for (const { source, pattern } of this.#lines) {
      if (!pattern.test(line)) continue;
      sink.line(source, Buffer.from(line), recordNo);
      return 1;
    }
    return 0;
  }

  #json(text: string, recordNo: number, flags: string, level: number, sink: PayloadSink): number {
    const bytes = Buffer.from(text);
    const claim = this.#claim(bytes);
    if (claim === null || !isJson(text)) return 0;
    let found = 0;
    const next = (): number => recordNo + found++ * RECORDS_APART;
    const isWrapper = "open" in claim;
    const framer: JsonFramer = new JsonFramer(
      {
        in: isWrapper ? claim.in : claim.container,
        arrays: isWrapper && claim.arrays,
        keys: isWrapper ? null : this.#keyTable(claim.source),
        careful: false,
        maxRecord: Number.MAX_SAFE_INTEGER,
      },
      {
        record: (buffer, start, end, _number, scan, damage, place) => {
          const all = [flags, damage].filter((flag) => flag !== "").join(",");
          if (!isWrapper) sink.json(claim, buffer, start, end, next(), scan, all, place);
          else if (level < LEVELS) {
            const inner = open(claim, buffer.subarray(start, end));
            // Records of the inner payload are numbered on from where this one stands.
            if (inner !== null)
              found += this.#payload(inner, recordNo + found * RECORDS_APART, all, level + 1, sink);
          }
        },
        reject: (_number, reason, excerpt) => sink.reject(next(), reason, excerpt),
      },
    );
    try {
      framer.push(bytes);
      framer.end();
    } catch (error) {
      if (!(error instanceof FramingAnomaly) || found > 0) throw error;
      return 0;
    }
    return found;
  }

  #claim(bytes: Buffer): Claim | Wrapper | null {
    const outline = readOutline(bytes);
    if (outline.root !== "json") return null;
    const shape = outline.values.map((keys) => keys.join("\n")).join("\n\n");
    const isShallow = !outline.values.some((keys) => keys.some((key) => this.#deep.has(key)));
    if (isShallow) {
      const known = this.#shapes.get(shape);
      if (known !== undefined) return known;
    }
    const claim = recognise(outline, "", this.#sources);
    const found = findWrapper(outline) ?? (claim?.kind === "json" ? claim : null);
    if (isShallow) {
      if (this.#shapes.size >= KNOWN_SHAPES) this.#shapes = new Map();
      this.#shapes.set(shape, found);
    }
    return found;
  }
}

function deepKeys({
  in: places = [],
  all = [],
  keys = [],
  any = [],
}: NonNullable<Source["recognises"]["json"]>[number]): string[] {
  const dotted = [...keys, ...any].filter((key) => key.includes("."));
  return [...places, ...all, ...dotted]
    .filter((path) => path !== "")
    .map((path) => path.split(".")[0] as string);
}
