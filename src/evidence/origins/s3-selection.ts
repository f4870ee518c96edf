import { ColdtrailError, EXIT } from "../../errors.js";
import type { Period } from "./key-date.js";

/** Which objects of a prefix are wanted, as the examiner said it. */
export interface S3Selection {
  versions?: "current" | "all";
  /** Globs over the whole key, or over its last part when they hold no slash. */
  include?: string[];
  exclude?: string[];
  /** Bytes, both inclusive. */
  minSize?: number;
  maxSize?: number;
  /** Date (whole day, inclusive) or time with a zone; held against the dates in keys. */
  from?: string;
  to?: string;
}

/** Why an object was left out. */
export type LeftOut = "dates" | "not_included" | "excluded" | "too_small" | "too_large";

/** The period that `--from` and `--to` span; undefined when neither is given. Rejects what is no date. */
export function rangeOf({ from, to }: Pick<S3Selection, "from" | "to">): Period | undefined {
  if (from === undefined && to === undefined) return undefined;
  const start = from === undefined ? -Infinity : instantOf("--from", from);
  const end =
    to === undefined ? Infinity : instantOf("--to", to) + (/^\d{4}-\d\d-\d\d$/.test(to) ? 86_400_000 : 0);
  if (end <= start) throw wrong(`--to ${to} is not after --from ${from}`);
  return { start, end };
}

function instantOf(option: string, text: string): number {
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(text);
  const time = Date.parse(text);
  if (!isDate || Number.isNaN(time) || (text.length === 10 && !new Date(time).toISOString().startsWith(text)))
    throw wrong(`${option} ${text} is no date; write 2026-03-11 or 2026-03-11T08:00:00Z`);
  return time;
}

/** Whether two periods share a moment, and whether the first lies within the second. */
export function relation(period: Period, range: Period): "outside" | "partly" | "inside" {
  if (period.end <= range.start || period.start >= range.end) return "outside";
  return period.start >= range.start && period.end <= range.end ? "inside" : "partly";
}

/** Gives the test of globs and sizes: undefined for what is wanted. */
export function filterOf({
  include = [],
  exclude = [],
  minSize,
  maxSize,
}: S3Selection): (object: { key: string; size: number; isDeleteMarker: boolean }) => LeftOut | undefined {
  const included = include.map(globPattern);
  const excluded = exclude.map(globPattern);
  const matches = (patterns: Glob[], key: string) => patterns.some((pattern) => pattern(key));
  return ({ key, size, isDeleteMarker }) => {
    if (included.length > 0 && !matches(included, key)) return "not_included";
    if (matches(excluded, key)) return "excluded";
    if (isDeleteMarker) return undefined;
    if (minSize !== undefined && size < minSize) return "too_small";
    if (maxSize !== undefined && size > maxSize) return "too_large";
    return undefined;
  };
}

type Glob = (key: string) => boolean;

/** `*` and `?` stay within one folder, `**` crosses folders, `{a,b}` is either. */
function globPattern(glob: string): Glob {
  let depth = 0;
  const source = glob.replace(/\*\*\/|\*\*|[*?{},]|[^*?{},]+/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part === "{") return depth++ >= 0 ? "(?:" : "";
    if (part === "}" && depth > 0) return depth-- > 0 ? ")" : "";
    if (part === "," && depth > 0) return "|";
    return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  if (depth > 0) throw wrong(`${glob}: a brace is not closed`);
  const pattern = new RegExp(`^${source}$`, "su");
  return glob.includes("/")
    ? (key) => pattern.test(key)
    : (key) => pattern.test(key.slice(key.lastIndexOf("/") + 1));
}

function wrong(fact: string): ColdtrailError {
  return new ColdtrailError("usage", `${fact}.`, EXIT.usage);
}
