import { scaleQuantize } from "d3-scale";
import type { ReportContent } from "./content.js";
import { coverageBySource, type SourceCoverage } from "./coverage-text.js";
import { figure, INK, LEFT, label, WIDTH, wrap } from "./figure.js";
import { html, type Markup, rounded } from "./html.js";
import type { BlindInterval, CoverageRow, Gap } from "./input.js";
import { LIMIT } from "./limit.js";
import { code, leftOut, prose, type Section, sourceName, table, verdict } from "./part.js";
import { compareTexts, counted, formatCount, formatSpan, formatTime } from "./visible.js";

const CELL = 30;
const DAY = 86_400_000;

/** Which source has rows for which day: what a negative answer can rest on. */
export function coverageSection({ status }: ReportContent): Section {
  const sources = coverageBySource(status.coverage);
  const days = allDays(sources);
  const rows = sources.map((source) => ({
    ...source,
    missing: days.filter((day) => !source.days.includes(day)),
  }));
  const withGaps = rows.filter((row) => row.missing.length > 0).length;
  const undated = status.coverage.filter((row) => row.day === null).reduce((sum, row) => sum + row.rows, 0);
  const body = html`${verdict(
    `${counted(sources.length, "source")} over ${counted(days.length, "day")}; ${withGaps === 0 ? "every source has rows on every day between the first and the last" : `${counted(withGaps, "source")} without rows on some of these days`}${undated > 0 ? `; ${counted(undated, "row")} without a time` : ""}. A day with rows is not a complete day: see the methods for what each source leaves out.`,
  )}
${days.length === 0 ? null : heatMap(sources, days.slice(-LIMIT.days), status.coverage, days.length)}
${table(
  "Coverage by source",
  rows,
  [
    { title: "Source", kind: "head", cell: (row) => sourceName(row.source) },
    { title: "Rows", kind: "number", cell: (row) => formatCount(row.rows) },
    { title: "First (UTC)", kind: "time", cell: (row) => formatTime(row.first) },
    { title: "Last (UTC)", kind: "time", cell: (row) => formatTime(row.last) },
    {
      title: "Accounts and regions",
      kind: "name",
      cell: ({ accounts, regions }) => [...accounts, ...regions].join(", ") || "not recorded",
    },
    { title: "Days without a row", kind: "name", cell: (row) => dayText(row.missing) },
  ],
  { empty: "No source has a row." },
)}
${blindTable("Blind intervals: logging was switched off", status.blind, "No record says that a log was switched off.")}
${blindTable("Off from the start of the evidence", status.off, "No record says that a log was off from the start.")}
${gapTable(status)}`;
  return { id: "coverage", title: "Coverage of the evidence", body };
}

/** Where logging itself was off: what the evidence cannot answer. */
function blindTable(caption: string, blind: readonly BlindInterval[], empty: string): Markup {
  const shown = blind.slice(0, LIMIT.problems);
  return table(
    caption,
    shown,
    [
      { title: "Source", kind: "head", cell: (row) => sourceName(row.source) },
      { title: "From (UTC)", kind: "time", cell: (row) => formatTime(row.blind_from) },
      {
        title: "To (UTC)",
        kind: "time",
        cell: (row) => (row.to_the_end ? "end of evidence" : formatTime(row.blind_to)),
      },
      { title: "Region", kind: "short", cell: (row) => code(row.region) ?? "–" },
      { title: "Resource", cell: (row) => code(row.resource) ?? "–" },
      { title: "Told by", kind: "short", cell: (row) => code(row.switched_by) },
      {
        title: "Record",
        cell: (row) => html`<span class="mono whole">${row.artifact_id}/${row.record_no}</span>`,
      },
    ],
    { empty, note: leftOut(shown.length, blind.length, "`coldtrail status` lists all") },
  );
}

/** Gaps of one source, account and region in one line, with the longest of them. */
function gapTable({ gaps }: ReportContent["status"]): Markup {
  const groups = new Map<string, { longest: Gap; count: number; hours: number; explained: number }>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.source, gap.account_id, gap.region]);
    const group = groups.get(key) ?? { longest: gap, count: 0, hours: 0, explained: 0 };
    groups.set(key, group);
    group.count += 1;
    group.hours += gap.hours;
    if (gap.because !== null) group.explained += 1;
    if (gap.hours > group.longest.hours) group.longest = gap;
  }
  const rows = [...groups.values()];
  const shown = rows.slice(0, LIMIT.problems);
  return table(
    "Hours of the period without a row",
    shown,
    [
      {
        title: "Source",
        kind: "head",
        cell: ({ longest }) => sourceName(longest.source),
      },
      {
        title: "Region",
        kind: "short",
        cell: ({ longest }) => code(longest.region ?? longest.account_id) ?? "–",
      },
      { title: "Gaps", kind: "number", cell: ({ count }) => formatCount(count) },
      { title: "Explained", kind: "number", cell: ({ explained }) => formatCount(explained) },
      { title: "Hours", kind: "number", cell: ({ hours }) => formatCount(hours) },
      {
        title: "Longest (UTC)",
        cell: ({ longest }) =>
          `${formatSpan(longest.gap_from, longest.gap_to)}, ${counted(longest.hours, "hour")}`,
      },
      { title: "What the evidence says of it", cell: ({ longest }) => prose(longest.because) ?? "nothing" },
    ],
    {
      empty: "No source has one.",
      note:
        leftOut(shown.length, rows.length, "`coldtrail status` lists all") ??
        "an hour without a row may have had nothing to log",
    },
  );
}

function heatMap(
  sources: readonly SourceCoverage[],
  days: readonly string[],
  coverage: readonly CoverageRow[],
  total: number,
): Markup {
  const rowsOf = new Map<string, number>();
  for (const { source, day, rows } of coverage) {
    const key = `${source} ${day}`;
    rowsOf.set(key, (rowsOf.get(key) ?? 0) + rows);
  }
  const most = Math.max(1, ...rowsOf.values());
  const width = Math.min(80, (WIDTH - LEFT - 10) / days.length);
  const every = Math.ceil(42 / width);
  const cut = days.length < total ? ` The last ${days.length} of ${total} days are drawn.` : "";
  return figure(
    {
      id: "coverage-map",
      title: "Rows by source and day",
      caption: html`<b>Rows by source and day (UTC).</b> Darker means more rows, on a logarithmic scale; a crossed cell has none.${cut}`,
      description: html`${sources.map((source) => `${source.source}: rows on ${source.days.length} of ${total} days. `)}The table below names the days without a row.`,
    },
    34 + sources.length * CELL,
    html`${days.map((day, index) =>
      index % every === 0
        ? label(LEFT + (index + 0.5) * width, 20, day.slice(5), { size: 11.5, anchor: "middle" })
        : null,
    )}
${sources.map(({ source }, line) => {
  const y = 28 + line * CELL;
  return html`${label(10, y + 19, wrap(source, 21, 1), { size: 11.5, weight: 600 })}${days.map((day, index) =>
    cell(LEFT + index * width, y, width, rowsOf.get(`${source} ${day}`) ?? 0, most, `${source} ${day}`),
  )}
`;
})}`,
  );
}

function cell(x: number, y: number, width: number, rows: number, most: number, name: string): Markup {
  const box = html`x="${rounded(x + 1)}" y="${y + 1}" width="${rounded(width - 2)}" height="${CELL - 2}"`;
  const title = html`<title>${name}: ${counted(rows, "row")}</title>`;
  if (rows === 0) {
    return html`<g>${title}<rect ${box} fill="#fff" stroke="#7d0f24" stroke-width="1"/><path d="M ${rounded(x + 2)} ${y + 2} L ${rounded(x + width - 2)} ${y + CELL - 2} M ${rounded(x + width - 2)} ${y + 2} L ${rounded(x + 2)} ${y + CELL - 2}" stroke="#7d0f24" stroke-width="1"/></g>`;
  }
  const { fill, ink } = scaleQuantize([0, Math.log1p(most)], TONES)(Math.log1p(rows));
  return html`<g>${title}<rect ${box} fill="${fill}"/>${
    width >= 34
      ? label(x + width / 2, y + 19, shortCount(rows), { size: 11.5, anchor: "middle", fill: ink })
      : null
  }</g>`;
}

/** From few rows to many; lightness falls all the way, so it reads in grey as well. */
const TONES = [
  { fill: "#e6eef5", ink: INK },
  { fill: "#b9d0e3", ink: INK },
  { fill: "#85add0", ink: INK },
  { fill: "#1d5a88", ink: "#fff" },
  { fill: "#103e62", ink: "#fff" },
];

function shortCount(value: number): string {
  if (value < 10_000) return formatCount(value);
  return value < 1_000_000 ? `${Math.floor(value / 1_000)}k` : `${Math.floor(value / 100_000) / 10}M`;
}

/** Every day from the first to the last that any source has. */
function allDays(sources: readonly SourceCoverage[]): string[] {
  const known = sources.flatMap((source) => source.days).sort(compareTexts);
  const [first, last] = [Date.parse(known[0] ?? ""), Date.parse(known.at(-1) ?? "")];
  if (Number.isNaN(first) || Number.isNaN(last)) return [];
  // A forged date centuries away must not make a list of all days between.
  if ((last - first) / DAY > 4_000) return [...new Set(known)];
  return Array.from({ length: Math.round((last - first) / DAY) + 1 }, (_, index) =>
    new Date(first + index * DAY).toISOString().slice(0, 10),
  );
}

/** Days, stretches joined: `2026-03-01, 2026-03-03 to 2026-03-07`. */
function dayText(days: readonly string[]): string {
  if (days.length === 0) return "none";
  const runs: { from: string; to: string }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run !== undefined && Date.parse(day) - Date.parse(run.to) === DAY) run.to = day;
    else runs.push({ from: day, to: day });
  }
  const shown = runs.slice(0, 12).map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
  return `${shown.join(", ")}${runs.length > 12 ? `, and ${runs.length - 12} more stretches` : ""}`;
}
