import type { ReportContent } from "./content.js";
import type { Activity } from "./event-content.js";
import { html, type Markup, numeric, rounded } from "./html.js";
import { type Section, table, verdict } from "./part.js";
import { iso, place, seconds, type TimeAxis, ticks } from "./time-axis.js";
import { counted, formatCount, formatTime } from "./visible.js";

const WIDTH = 980;
const LEFT = 176;
const TOP = 34;
const PANEL = 86;

/** Events over time, a panel for each source. */
export function activitySection(content: ReportContent): Section {
  const { activity } = content;
  const total = activity.sources.reduce((sum, source) => sum + source.total, 0);
  const left = [
    activity.outside > 0 ? `${counted(activity.outside, "event")} outside the period of the case` : "",
    activity.undated > 0 ? `${counted(activity.undated, "row")} without a time` : "",
  ].filter((text) => text !== "");
  const body = html`${verdict(
    `${counted(total, "event")} of ${counted(activity.sources.length, "source")}${left.length === 0 ? "" : `; not counted: ${left.join(", ")}`}.`,
  )}
${total === 0 ? null : histogram(activity, content)}
${table(
  "Busiest stretch of each source",
  activity.sources,
  [
    { title: "Source", kind: "head", cell: ({ source }) => source },
    { title: "Events", kind: "number", cell: ({ total: events }) => formatCount(events) },
    {
      title: `Most in ${widthText(activity.width)}`,
      kind: "number",
      cell: ({ counts }) => formatCount(Math.max(...counts)),
    },
    {
      title: "Beginning (UTC)",
      kind: "time",
      cell: ({ counts }) =>
        formatTime(iso(activity.from + counts.indexOf(Math.max(...counts)) * activity.width)),
    },
    {
      title: activity.width === 3_600 ? "Hours without an event" : "Stretches without an event",
      kind: "number",
      cell: ({ counts }) => formatCount(counts.filter((count) => count === 0).length),
    },
  ],
  { empty: "There is no event with a time." },
)}`;
  return { id: "activity", title: "Activity", body, leaf: true };
}

function histogram(activity: Activity, { firstSeen, lastSeen }: ReportContent): Markup {
  const { from, to, width, sources } = activity;
  const axis: TimeAxis = { from, to, left: LEFT, right: WIDTH - 10 };
  const height = TOP + sources.length * PANEL + 4;
  const begin = seconds(firstSeen);
  const end = seconds(lastSeen);
  const band =
    begin === undefined || end === undefined || end < from || begin > to
      ? null
      : html`<rect x="${rounded(place(axis, begin))}" y="${TOP - 8}" width="${rounded(Math.max(2, place(axis, end) - place(axis, begin)))}" height="${height - TOP + 4}" fill="#e3e8ee"/>`;
  return html`<figure><figcaption><b>Events per ${widthText(width)} by source.</b> Each panel has its own scale, its highest column is written at its left. Grey marks the time between the first and the last activity of the findings.</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="activity-title activity-text"><title id="activity-title">Events per ${widthText(width)} by source</title><desc id="activity-text">${sources.map(({ source, total, counts }) => `${source}: ${formatCount(total)} events, at most ${formatCount(Math.max(...counts))} in ${widthText(width)}. `)}</desc>
${band}${ticks(axis, 10).map(({ at, label }) => {
  const x = place(axis, at);
  const nearEnd = x > axis.right - 20;
  return html`<path d="${numeric(["M", x, TOP - 8, "V", height])}" stroke="#9aa5b1" stroke-width="0.7" stroke-dasharray="2 3"/><text x="${rounded(nearEnd ? axis.right : x)}" y="${TOP - 14}" font-size="12" text-anchor="${nearEnd ? "end" : "middle"}" fill="#16202b">${label}</text>`;
})}<text x="12" y="${TOP - 14}" font-size="11.5" fill="#4d5966">time in UTC</text>
${sources.map(({ source, counts, total }, index) => {
  const foot = TOP + (index + 1) * PANEL - 10;
  const most = Math.max(1, ...counts);
  const room = PANEL - 24;
  const column = (axis.right - axis.left) / counts.length;
  const bars = counts.flatMap((count, slot) => {
    if (count === 0) return [];
    const x = axis.left + slot * column;
    const y = foot - Math.max(1, (count / most) * room);
    const gap = column > 3 ? 0.5 : 0;
    return [
      "M" as const,
      x + gap,
      foot,
      "V" as const,
      y,
      "H" as const,
      x + column - gap,
      "V" as const,
      foot,
      "Z" as const,
    ];
  });
  return html`<text x="12" y="${foot - 34}" font-size="13" font-weight="600" fill="#16202b">${source}</text><text x="12" y="${foot - 18}" font-size="11.5" fill="#4d5966">${counted(total, "event")}</text><text x="12" y="${foot - 3}" font-size="11.5" fill="#4d5966">highest ${formatCount(most)}</text><path d="${numeric(bars)}" fill="#1d5a88"/><path d="${numeric(["M", axis.left, foot, "H", axis.right])}" stroke="#16202b" stroke-width="1"/>
`;
})}</svg></figure>
`;
}

function widthText(width: number): string {
  const hours = width / 3_600;
  if (hours < 24) return hours === 1 ? "hour" : `${hours} hours`;
  return hours === 24 ? "day" : `${hours / 24} days`;
}
