import type { ReportContent } from "./content.js";
import { coverageBySource, type SourceCoverage } from "./coverage-text.js";
import { html, type Markup, rounded } from "./html.js";
import type { CoverageRow } from "./input.js";
import { LIMIT } from "./limit.js";
import { type Section, table, verdict } from "./part.js";
import { compareTexts, counted, formatCount, formatTime } from "./visible.js";

const WIDTH = 980;
const LEFT = 176;
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
    { title: "Source", kind: "head", cell: (row) => html`<span class="word">${row.source}</span>` },
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
)}`;
  return { id: "coverage", title: "Coverage of the evidence", body };
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
  const height = 34 + sources.length * CELL + 4;
  const every = Math.ceil(42 / width);
  const cut = days.length < total ? ` The last ${days.length} of ${total} days are drawn.` : "";
  return html`<figure><figcaption><b>Rows by source and day (UTC).</b> Darker means more rows, on a logarithmic scale; a crossed cell has none.${cut}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="coverage-title coverage-text"><title id="coverage-title">Rows by source and day</title><desc id="coverage-text">${sources.map((source) => `${source.source}: rows on ${source.days.length} of ${total} days. `)}The table below names the days without a row.</desc>
${days.map((day, index) =>
  index % every === 0
    ? html`<text x="${rounded(LEFT + (index + 0.5) * width)}" y="20" font-size="11.5" text-anchor="middle" fill="#16202b">${day.slice(5)}</text>`
    : null,
)}
${sources.map(({ source }, line) => {
  const y = 28 + line * CELL;
  return html`<text x="12" y="${y + 19}" font-size="13" font-weight="600" fill="#16202b">${source}</text>${days.map(
    (day, index) =>
      cell(LEFT + index * width, y, width, rowsOf.get(`${source} ${day}`) ?? 0, most, `${source} ${day}`),
  )}
`;
})}</svg></figure>
`;
}

function cell(x: number, y: number, width: number, rows: number, most: number, name: string): Markup {
  const share = rows === 0 ? 0 : 0.15 + 0.85 * (Math.log1p(rows) / Math.log1p(most));
  const box = html`x="${rounded(x + 1)}" y="${y + 1}" width="${rounded(width - 2)}" height="${CELL - 2}"`;
  const title = html`<title>${name}: ${counted(rows, "row")}</title>`;
  if (rows === 0) {
    return html`<g>${title}<rect ${box} fill="#fff" stroke="#7d0f24" stroke-width="1"/><path d="M ${rounded(x + 2)} ${y + 2} L ${rounded(x + width - 2)} ${y + CELL - 2} M ${rounded(x + width - 2)} ${y + 2} L ${rounded(x + 2)} ${y + CELL - 2}" stroke="#7d0f24" stroke-width="1"/></g>`;
  }
  const ink = share > 0.5 ? "#fff" : "#16202b";
  return html`<g>${title}<rect ${box} fill="${shade(share)}"/>${
    width >= 34
      ? html`<text x="${rounded(x + width / 2)}" y="${y + 19}" font-size="11.5" text-anchor="middle" fill="${ink}">${shortCount(rows)}</text>`
      : null
  }</g>`;
}

/** From near white to dark blue; lightness falls all the way, so it reads in grey as well. */
function shade(share: number): string {
  const mix = (from: number, to: number) => Math.round(from + (to - from) * share);
  return `rgb(${mix(238, 16)} ${mix(243, 62)} ${mix(248, 98)})`;
}

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
