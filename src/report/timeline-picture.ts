import type { Severity } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { AXIS, axisLines, figure, INK, LEFT, label, RIGHT, SOFT, WIDTH, wrap } from "./figure.js";
import { type Content, html, type Markup, numeric, rounded } from "./html.js";
import { LIMIT } from "./limit.js";
import { shortActor } from "./part.js";
import { type ActorGroup, isAct } from "./run-content.js";
import { SEVERITY_COLOUR } from "./style.js";
import { iso, place, seconds, type TimeAxis } from "./time-axis.js";
import {
  type Dated,
  dated,
  type Flag,
  focus,
  insets,
  type Lane,
  planLanes,
  wholePeriod,
} from "./timeline-plan.js";
import { counted, formatTime, shorten } from "./visible.js";

const ROW = 24;
/** A figure that is higher does not fit on a printed page. */
const HEIGHT = 980;
const LETTERS: Record<Severity, string> = { critical: "C", high: "H", medium: "M", low: "L", info: "I" };

interface Stretch {
  from: number;
  to: number;
}

/** The attack as pictures: the whole period, the stretch that matters by actor, and insets of where most happens at once. */
export function timelinePictures(content: ReportContent): Markup {
  const { run } = content;
  const acts = run.findings.filter(isAct);
  const all = dated(acts);
  if (all.length === 0) return html`<p>No finding tells of an act with a time; there is nothing to draw.</p>`;
  const { whole, near, isNear } = stretches(all);
  const outside = all.filter((one) => one.from < near.from || one.from > near.to).length;
  const undated = acts.length - all.length;
  const standing = run.findings.length - acts.length;
  const remarks = [
    outside > 0 ? `${counted(outside, "finding")} outside this stretch` : "",
    undated > 0 ? `${counted(undated, "finding")} without a time` : "",
    standing > 0 ? `${counted(standing, "finding")} about what stands or is usual` : "",
  ].filter((remark) => remark !== "");
  const legend = `A flag stands where findings of one detection begin, its letter is the severity (C critical, H high, M medium, L low), the line below it lasts until they were last seen, ×n says how many they are; squares are further findings, the strokes at the foot of a lane the cited records.`;
  return html`${
    isNear
      ? rowsFigure(run.actors, whole, {
          id: "overview",
          title: "Findings of each actor over the whole period",
          lead: "The whole period.",
          frame: near,
        })
      : null
  }${lanesFigures(content, near, {
    id: "lanes",
    title: "Attack timeline by actor",
    text: `${legend}${remarks.length === 0 ? "" : ` Not drawn: ${remarks.join(", ")}; see the tables.`}`,
  })}${insets(all, near, LIMIT.insets).map((stretch, index) =>
    lanesFigures(content, stretch, {
      id: `inset-${index + 1}`,
      title: `Inset ${index + 1}: the same, closer`,
      text: "One of the densest stretches of the picture above.",
    }),
  )}`;
}

/** The attack in one line for each actor, for the head of the report. */
export function glance({ run }: ReportContent): Markup | null {
  const all = dated(run.findings.filter(isAct));
  if (all.length === 0) return null;
  const { near } = stretches(all);
  return rowsFigure(run.actors, near, {
    id: "glance",
    title: "The attack at a glance",
    lead: "The attack at a glance.",
  });
}

function stretches(all: readonly Dated[]): { whole: Stretch; near: Stretch; isNear: boolean } {
  const whole = wholePeriod(all);
  const close = focus(all);
  const isNear = close.to - close.from < (whole.to - whole.from) * 0.6;
  return { whole, near: isNear ? close : whole, isNear };
}

/** A row of bars for each actor, in the order in which they come in. */
function rowsFigure(
  groups: readonly ActorGroup[],
  period: Stretch,
  { id, title, lead, frame }: { id: string; title: string; lead: string; frame?: Stretch },
): Markup {
  const axis: TimeAxis = { ...period, left: LEFT + 30, right: RIGHT };
  const rows = groups
    .map((group) => ({
      group,
      all: dated(group.findings.filter(isAct)).filter((one) => one.from >= axis.from && one.from <= axis.to),
    }))
    .filter(({ all }) => all.length > 0)
    .sort((left, right) => (left.all[0]?.from ?? 0) - (right.all[0]?.from ?? 0));
  const shown = rows.slice(0, LIMIT.lanes);
  const height = AXIS + shown.length * 22 + 8;
  const more = rows.length > shown.length ? ` ${shown.length} of ${rows.length} actors are drawn.` : "";
  const framed = frame === undefined ? "" : " The framed stretch is drawn larger below.";
  return figure(
    {
      id,
      title,
      caption: html`<b>${lead}</b> Findings of each actor, ${formatTime(iso(axis.from))} to ${formatTime(iso(axis.to))}: ${severityKey()}.${framed}${more}`,
      description: html`${shown.map(({ group, all }) => `${shortActor(group.actor)}: ${counted(all.length, "finding")} from ${formatTime(iso(all[0]?.from ?? 0))}. `)}`,
    },
    height,
    html`${axisLines(axis, height - 6, 9)}
${shown.map(({ group, all }, index) => rowPart(group, all, axis, AXIS + index * 22))}${
  frame === undefined
    ? null
    : html`<rect x="${rounded(place(axis, frame.from) - 3)}" y="${AXIS - 3}" width="${rounded(Math.max(8, place(axis, frame.to) - place(axis, frame.from) + 6))}" height="${height - AXIS - 2}" fill="none" stroke="${INK}" stroke-width="1.6" stroke-dasharray="5 3"/>`
}
`,
  );
}

function severityKey(): Content {
  return (["critical", "high", "medium", "low"] as const).map(
    (severity, index) =>
      html`${index === 0 ? "" : ", "}<span class="whole"><span class="swatch ${severity}"></span> ${severity}</span>`,
  );
}

function rowPart(group: ActorGroup, all: readonly Dated[], axis: TimeAxis, y: number): Markup {
  const bars = all.toSorted(
    (left, right) => left.finding.score - right.finding.score || left.from - right.from,
  );
  const [name = ""] = wrap(shortActor(group.actor), 25, 1);
  return html`${label(axis.left - 8, y + 14, name, { anchor: "end", size: 12 })}<path d="M ${axis.left} ${y + 20} H ${axis.right}" stroke="#d8dde3" stroke-width="0.7"/>${bars.map(
    (one) => {
      const x = place(axis, one.from);
      const width = Math.max(3.5, place(axis, one.to) - x);
      return html`<rect x="${rounded(x)}" y="${y + 3}" width="${rounded(width)}" height="14" fill="${SEVERITY_COLOUR[one.finding.severity]}" fill-opacity="${width > 40 ? "0.4" : "0.95"}"/>`;
    },
  )}
`;
}

/** Lanes with named findings, in as many figures as pages need. */
function lanesFigures(
  content: ReportContent,
  stretch: Stretch,
  { id, title, text }: { id: string; title: string; text: string },
): Content {
  const axis: TimeAxis = { ...stretch, left: LEFT, right: RIGHT };
  const lanes = planLanes(content.run.actors, axis);
  const eventsOf = groupEvents(content);
  const pages = paged(lanes);
  const actors = content.run.actors.filter((group) =>
    dated(group.findings.filter(isAct)).some((one) => one.from >= axis.from && one.from <= axis.to),
  ).length;
  const more = actors > lanes.length ? ` ${lanes.length} of ${actors} actors are drawn.` : "";
  return pages.map((page, index) => {
    const part = pages.length > 1 ? ` (${index + 1} of ${pages.length})` : "";
    const height = AXIS + page.reduce((sum, lane) => sum + laneHeight(lane), 0) + 6;
    let y = AXIS;
    const drawn = page.map((lane, no) => {
      const top = y;
      y += laneHeight(lane);
      return lanePart(lane, top, axis, eventsOf.get(lane.actor) ?? [], no % 2 === 0);
    });
    return figure(
      {
        id: `${id}-${index + 1}`,
        title: `${title}${part}`,
        caption: html`<b>${title}${part}.</b> ${formatTime(iso(axis.from))} to ${formatTime(iso(axis.to))}. ${index === 0 ? `${text}${more}` : "The same stretch of time, further actors."}`,
        description: html`${page.map((lane) => `${lane.label}: ${lane.all.map((one) => `F${one.finding.finding_no} ${shorten(one.finding.title, 60)}`).join(", ")}. `)}`,
      },
      height,
      html`${drawn}
${axisLines(axis, height - 6, 11)}
`,
      { role: "group" },
    );
  });
}

function lanePart(
  lane: Lane,
  top: number,
  axis: TimeAxis,
  marks: readonly number[],
  isShaded: boolean,
): Markup {
  const height = laneHeight(lane);
  const foot = top + height - 6;
  const strokes = [
    ...new Set(
      marks.filter((at) => at >= axis.from && at <= axis.to).map((at) => Math.round(place(axis, at))),
    ),
  ];
  const name = wrap(lane.label, 21, 2);
  const findings = lane.all.reduce((sum, one) => sum + one.count, 0);
  return html`<g>${isShaded ? html`<rect x="0" y="${top}" width="${WIDTH}" height="${height}" fill="#f3f5f7"/>` : null}<g><title>${lane.actor ?? "no actor named"}</title>${name.map((line, index) => label(10, top + 18 + index * 15, line, { size: 12.5, weight: 600 }))}</g>${label(10, top + 18 + name.length * 15, counted(findings, "finding"), { size: 11, fill: SOFT })}
${lane.rows.map((row, index) => row.map((flag) => flagPart(flag, top + 4 + index * ROW)))}
${lane.others.map((one) => squarePart(one, axis, foot - 24))}
<path d="${numeric(strokes.flatMap((x) => ["M" as const, x, foot - 9, "V" as const, foot]))}" stroke="${INK}" stroke-opacity="0.55" stroke-width="1" fill="none"/></g>
`;
}

function flagPart(flag: Flag, y: number): Markup {
  const { finding, x, end, isMirrored } = flag;
  const colour = SEVERITY_COLOUR[finding.severity];
  const box = isMirrored ? x - 16 : x;
  const text = isMirrored ? { x: x - 21, anchor: "end" as const } : { x: x + 21, anchor: "start" as const };
  return html`<a href="#finding-${finding.finding_no}"><title>${titleOf(flag)}</title><rect x="${rounded(x)}" y="${y + 17}" width="${rounded(Math.max(2, end - x))}" height="3.5" fill="${colour}"/><path d="${numeric(["M", x, y + 1, "V", y + 20.5])}" stroke="${colour}" stroke-width="1.5"/><rect x="${rounded(box)}" y="${y + 1}" width="16" height="14" fill="${colour}"/>${label(box + 8, y + 12, LETTERS[finding.severity], { size: 11, weight: 700, anchor: "middle", fill: "#fff" })}${label(text.x, y + 12.5, flag.label, { anchor: text.anchor, size: 11.5 })}</a>
`;
}

/** A finding without a name; its title says which. */
function squarePart(one: Dated, axis: TimeAxis, y: number): Markup {
  const x = place(axis, one.from);
  return html`<a href="#finding-${one.finding.finding_no}"><title>${titleOf(one)}</title><rect x="${rounded(x - 4)}" y="${y}" width="8" height="9" fill="${SEVERITY_COLOUR[one.finding.severity]}" stroke="#fff" stroke-width="0.8"/></a>`;
}

function titleOf({ finding, count, from, to }: Dated): string {
  return `F${finding.finding_no} ${finding.severity}: ${shorten(finding.title, 120)}${count > 1 ? `, ${count} findings` : ""}, ${formatTime(iso(from))} to ${formatTime(iso(to))}`;
}

/** Lanes in figures that fit on a page each. */
function paged(lanes: readonly Lane[]): Lane[][] {
  const pages: Lane[][] = [];
  let room = 0;
  for (const lane of lanes) {
    const height = laneHeight(lane);
    if (height > room) {
      pages.push([]);
      room = HEIGHT - AXIS;
    }
    pages.at(-1)?.push(lane);
    room -= height;
  }
  return pages;
}

function laneHeight(lane: Lane): number {
  return Math.max(lane.rows.length * ROW + (lane.others.length > 0 ? 36 : 22), 64);
}

/** Times of the cited events by the actor whose findings cite them. */
function groupEvents({ run, events }: ReportContent): Map<string | null, number[]> {
  const actorOfFinding = new Map<number, string | null>();
  for (const group of run.actors)
    for (const finding of group.findings) actorOfFinding.set(finding.finding_no, group.actor);
  const times = new Map<string | null, number[]>();
  for (const event of events) {
    const at = seconds(event.event_time);
    if (at === undefined) continue;
    for (const actor of new Set(event.findings.map((no) => actorOfFinding.get(no) ?? null))) {
      const list = times.get(actor);
      if (list === undefined) times.set(actor, [at]);
      else list.push(at);
    }
  }
  return times;
}
