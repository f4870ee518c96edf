import {
  colourOf,
  columnsAxis,
  columnsDrawing,
  columnsHeight,
  legend,
  type Panel,
} from "./columns-picture.js";
import type { ReportContent } from "./content.js";
import type { Activity } from "./event-content.js";
import { figure } from "./figure.js";
import { type Content, html, type Markup } from "./html.js";
import { code, type Section, shortActor, table, verdict } from "./part.js";
import { iso, seconds } from "./time-axis.js";
import type { Traffic } from "./traffic-content.js";
import { counted, formatCount, formatTime } from "./visible.js";

const PANEL = 92;
const TALL = 168;

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

/** What left by network and what went through models while the attack lasted. */
export function trafficSection({ traffic }: ReportContent): Section {
  const { outflow, tokens, unlogged } = traffic;
  const period = `${formatTime(iso(outflow.from))} to ${formatTime(iso(outflow.to))}`;
  const body = html`${verdict(
    `${period}: ${formatCount(outflow.total)} bytes to ${counted(outflow.names, "address", "addresses")} outside; ${formatCount(tokens.total)} tokens of ${counted(tokens.names, "identity", "identities")} logged; ${counted(unlogged.total, "successful invocation")} without a record of its text.`,
  )}
${trafficFigure(outflow, {
  id: "outflow",
  title: "Bytes sent to addresses outside",
  text: "By the flow logs: accepted flows to addresses that are neither ours nor of an AWS service; each flow counts where its interval begins, what a gateway passed on is counted once.",
  empty: "No flow to an address outside in this period, or no flow log of it.",
  nameOf: (name) => name,
})}
${trafficFigure(tokens, {
  id: "tokens",
  title: "Tokens by identity",
  text: "By the invocation log: tokens put in and given out together. What was never logged is not in it.",
  empty: "No invocation of this period is in the invocation log.",
  nameOf: (name) => shortActor(name),
})}
${trafficFigure(unlogged, {
  id: "unlogged",
  title: "Successful invocations without a log record",
  text: "By CloudTrail: calls that a model answered and whose text the evidence does not hold, because logging was off or never covers them.",
  empty:
    "Every successful invocation of this period that CloudTrail knows has its record in the invocation log.",
  nameOf: (name) => shortActor(name),
})}`;
  return { id: "traffic", title: "Flows and tokens", body, leaf: true };
}

interface TrafficNames {
  id: string;
  title: string;
  text: string;
  empty: string;
  nameOf: (name: string) => string;
}

function trafficFigure(traffic: Traffic, { id, title, text, empty, nameOf }: TrafficNames): Markup {
  if (traffic.series.length === 0) return html`<h3>${title}</h3>\n<p>${empty}</p>`;
  const width = widthText(traffic.width);
  const named = (name: string | null) =>
    name === null ? `${counted(traffic.names - traffic.series.length + 1, "other")}` : nameOf(name);
  const panel: Panel = {
    title: `per ${width}`,
    detail: [`highest ${amountText(Math.max(...sums(traffic)))}`],
    series: traffic.series.map((one, index) => ({ counts: one.counts, colour: colourOf(index) })),
    format: amountText,
  };
  return html`<h3>${title}</h3>
${figure(
  {
    id,
    title: `${title} per ${width}`,
    caption: html`<b>${title} per ${width}.</b> ${text}${legend(traffic.series.map(({ name }) => named(name)))}`,
    description: html`${traffic.series.map(({ name, total }) => `${named(name)}: ${formatCount(total)}. `)}The table below holds the same figures.`,
  },
  columnsHeight(1, TALL),
  columnsDrawing([panel], columnsAxis(traffic), { height: TALL }),
)}
${table(`${title}, largest first`, traffic.series, [
  {
    title: "Name",
    kind: "rest",
    cell: ({ name }) =>
      html`<b>${named(name)}</b>${name === null || named(name) === name ? null : html`<br>${code(name)}`}`,
  },
  { title: "Sum", kind: "number", cell: ({ total }) => formatCount(total) },
  {
    title: `Most in ${width}`,
    kind: "number",
    cell: ({ counts }) => formatCount(Math.max(...counts)),
  },
  { title: "First (UTC)", kind: "time", cell: ({ counts }) => edgeTime(traffic, counts.findIndex(isSome)) },
  {
    title: "Last (UTC)",
    kind: "time",
    cell: ({ counts }) => edgeTime(traffic, counts.findLastIndex(isSome) + 1),
  },
])}`;
}

function sums({ series }: Traffic): number[] {
  return (series[0]?.counts ?? [0]).map((_, slot) =>
    series.reduce((sum, one) => sum + (one.counts[slot] ?? 0), 0),
  );
}

function isSome(count: number): boolean {
  return count > 0;
}

function edgeTime({ from, width }: Traffic, slot: number): Content {
  return formatTime(iso(from + slot * width)).slice(0, 16);
}

/** `1.2G`, `340k`: short enough for a scale. */
function amountText(amount: number): string {
  const [unit, size] = (
    [
      ["T", 1e12],
      ["G", 1e9],
      ["M", 1e6],
      ["k", 1e3],
    ] as const
  ).find(([, least]) => amount >= least) ?? ["", 1];
  return `${Math.round((amount / size) * 10) / 10}${unit}`;
}

function histogram(activity: Activity, { firstSeen, lastSeen }: ReportContent): Markup {
  const { from, to, width, sources } = activity;
  const [begin, end] = [seconds(firstSeen), seconds(lastSeen)];
  const panels = sources.map(({ source, total, counts }) => ({
    title: source,
    detail: [counted(total, "event"), `highest ${formatCount(Math.max(...counts))}`],
    series: [{ counts, colour: colourOf(0) }],
    format: amountText,
  }));
  return figure(
    {
      id: "activity-picture",
      title: `Events per ${widthText(width)} by source`,
      caption: html`<b>Events per ${widthText(width)} by source.</b> Each panel has its own scale. Grey marks the time between the first and the last act that findings tell of.`,
      description: html`${sources.map(({ source, total, counts }) => `${source}: ${formatCount(total)} events, at most ${formatCount(Math.max(...counts))} in ${widthText(width)}. `)}`,
    },
    columnsHeight(panels.length, PANEL),
    columnsDrawing(panels, columnsAxis({ from, to }), {
      height: PANEL,
      band: begin === undefined || end === undefined ? undefined : { from: begin, to: end },
    }),
  );
}

function widthText(width: number): string {
  if (width < 3_600) return counted(width / 60, "minute");
  const hours = width / 3_600;
  if (hours < 24) return hours === 1 ? "hour" : `${hours} hours`;
  return hours === 24 ? "day" : `${hours / 24} days`;
}
