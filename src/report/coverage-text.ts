import type { CoverageRow } from "./input.js";
import { compareTexts, counted, formatCount, formatTime } from "./visible.js";

/** What the evidence holds of one source. */
export interface SourceCoverage {
  source: string;
  rows: number;
  regions: string[];
  accounts: string[];
  days: string[];
  first: string | null;
  last: string | null;
}

/** Coverage by source, in the order of names. */
export function coverageBySource(coverage: readonly CoverageRow[]): SourceCoverage[] {
  const names = distinct(coverage.map((row) => row.source));
  return names.map((source) => {
    const rows = coverage.filter((row) => row.source === source);
    return {
      source,
      rows: rows.reduce((sum, row) => sum + row.rows, 0),
      regions: distinct(rows.map((row) => row.region)),
      accounts: distinct(rows.map((row) => row.account_id)),
      days: distinct(rows.map((row) => row.day)),
      first: distinct(rows.map((row) => row.first_time))[0] ?? null,
      last: distinct(rows.map((row) => row.last_time)).at(-1) ?? null,
    };
  });
}

/** One line: from when to when there are events at all. */
export function coverageSpan(coverage: readonly CoverageRow[]): string {
  const sources = coverageBySource(coverage);
  const first = distinct(sources.map((source) => source.first))[0];
  const last = distinct(sources.map((source) => source.last)).at(-1);
  if (first === undefined || last === undefined) return "no event with a time";
  return `${counted(sources.length, "source")} with events from ${formatTime(first)} to ${formatTime(last)}`;
}

/**
 * What a negative answer rests on: `No match in cloudtrail_event (2,900 rows, 2026-03-01 to 2026-03-11).` Tables that are no
 * sources of events are named without figures.
 */
export function negativeSentence(tables: readonly string[], coverage: readonly CoverageRow[]): string {
  const known = new Map(coverageBySource(coverage).map((source) => [source.source, source]));
  if (tables.length === 0) return "No match; which tables were searched is not known.";
  const parts = tables.map((table) => {
    const source = known.get(table);
    if (source === undefined) return table;
    const days = [...new Set([source.days[0], source.days.at(-1)])].filter((day) => day !== undefined);
    return `${table} (${[counted(source.rows, "row"), days.join(" to ")].filter((text) => text !== "").join(", ")})`;
  });
  return `No match in ${parts.join(", ")}.`;
}

/** Rows, regions and times of a source. */
export function extent({ rows, regions, first, last }: SourceCoverage): string {
  const places =
    regions.length === 0 ? [] : [regions.length > 4 ? counted(regions.length, "region") : regions.join(", ")];
  const times = first === null || last === null ? [] : [`${formatTime(first)} to ${formatTime(last)}`];
  return [`${formatCount(rows)} ${rows === 1 ? "row" : "rows"}`, ...places, ...times].join(", ");
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].sort(compareTexts);
}
