import type { Severity } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import type { CitedEvent } from "./event-content.js";
import { html, type Markup, numeric, rounded } from "./html.js";
import { LIMIT } from "./limit.js";
import type { ActorGroup } from "./run-content.js";
import { SEVERITY_COLOUR } from "./style.js";
import { iso, place, seconds, type TimeAxis, ticks } from "./time-axis.js";
import { type Dated, dated, type Flag, focus, type Lane, planLanes, wholePeriod } from "./timeline-plan.js";
import { counted, formatTime, shorten } from "./visible.js";

const WIDTH = 980;
const LEFT = 176;
const AXIS = 34;
const ROW = 25;
/** A figure that is higher does not fit on a printed page. */
const HEIGHT = 1_180;
const INK = "#16202b";
const SOFT = "#4d5966";
const LETTERS: Record<Severity, string> = { critical: "C", high: "H", medium: "M", low: "L", info: "I" };

/** The attack as pictures: an overview where the whole period is much longer than the attack, and lanes by actor. */
export function timelinePictures(content: ReportContent): Markup {
  const { run, events } = content;
  const all = dated(run.findings);
  if (all.length === 0) return html`<p>No finding bears a time; there is nothing to draw.</p>`;
  const whole = wholePeriod(all);
  const near = focus(all);
  const isNear = near.to - near.from < (whole.to - whole.from) * 0.6;
  const shown = isNear ? near : whole;
  const axis: TimeAxis = { ...shown, left: LEFT, right: WIDTH - 10 };
  const eventsOf = groupEvents(content);
  const lanes = planLanes(run.actors.slice(0, LIMIT.lanes), axis);
  const pages = paged(lanes);
  const rest = run.actors.length - Math.min(run.actors.length, LIMIT.lanes);
  const undated = run.findings.length - all.length;
  const outside = all.filter((one) => one.to < axis.from || one.from > axis.to).length;
  const remarks = [
    outside > 0 ? `${counted(outside, "finding")} outside this stretch` : "",
    undated > 0 ? `${counted(undated, "finding")} without a time` : "",
    rest > 0 ? `${counted(rest, "further actor")} not drawn` : "",
  ].filter((remark) => remark !== "");
  return html`${isNear ? overview(run.actors, all, whole, near, events) : null}
${pages.map((page, index) =>
  lanesFigure(page, axis, eventsOf, {
    no: index + 1,
    of: pages.length,
    remark: remarks.length === 0 ? "" : ` Not in the picture: ${remarks.join(", ")}; see the tables.`,
  }),
)}`;
}

/** The whole period in one line per actor, with the stretch of the next picture marked. */
function overview(
  groups: readonly ActorGroup[],
  all: readonly Dated[],
  whole: { from: number; to: number },
  near: { from: number; to: number },
  events: readonly CitedEvent[],
): Markup {
  const axis: TimeAxis = { ...whole, left: LEFT, right: WIDTH - 10 };
  const shown = groups.slice(0, LIMIT.lanes);
  const height = AXIS + shown.length * 20 + 8;
  const from = place(axis, near.from);
  const to = place(axis, near.to);
  const first = events[0]?.event_time ?? null;
  return html`<figure><figcaption><b>Overview.</b> Findings of each actor over the whole period, ${formatTime(iso(whole.from))} to ${formatTime(iso(whole.to))}; darker means graver. The framed stretch is drawn larger below.</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="overview-title overview-text"><title id="overview-title">Findings of each actor over the whole period</title><desc id="overview-text">${counted(all.length, "finding")} of ${counted(groups.length, "actor group")}; the first cited event is of ${formatTime(first)}. The tables of findings hold the same times.</desc>
${axisLines(axis, height - 6, 9)}
${shown.map((group, index) => {
  const y = AXIS + index * 20;
  return html`<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end" font-size="12.5" fill="${INK}">${laneLabel(group.findings.length, group.actor, 22)}</text>
${dated(group.findings)
  .toSorted((left, right) => left.finding.score - right.finding.score || left.from - right.from)
  .map((one) => {
    const x = place(axis, one.from);
    const width = Math.max(3, place(axis, one.to) - x);
    return html`<rect x="${rounded(x)}" y="${y + 3}" width="${rounded(width)}" height="13" fill="${SEVERITY_COLOUR[one.finding.severity]}" fill-opacity="${width > 60 ? "0.35" : "0.9"}"/>`;
  })}
`;
})}<rect x="${rounded(from - 3)}" y="${AXIS - 3}" width="${rounded(Math.max(8, to - from + 6))}" height="${height - AXIS - 2}" fill="none" stroke="${INK}" stroke-width="1.6" stroke-dasharray="5 3"/>
</svg></figure>
`;
}

function lanesFigure(
  lanes: readonly Lane[],
  axis: TimeAxis,
  eventsOf: ReadonlyMap<string | null, number[]>,
  { no, of, remark }: { no: number; of: number; remark: string },
): Markup {
  const height = AXIS + lanes.reduce((sum, lane) => sum + laneHeight(lane), 0) + 6;
  const part = of > 1 ? ` (${no} of ${of})` : "";
  let y = AXIS;
  const drawn = lanes.map((lane, index) => {
    const top = y;
    y += laneHeight(lane);
    return lanePart(lane, top, axis, eventsOf.get(lane.actor) ?? [], index % 2 === 0);
  });
  const legend = `One lane for each actor, gravest first, ${formatTime(iso(axis.from))} to ${formatTime(iso(axis.to))} (UTC). A flag stands where a finding begins, its letter is the severity (C critical, H high, M medium, L low, I info), the line below it lasts until the finding was last seen; small squares are further findings of the actor, the strokes at the foot of a lane the cited records.${remark}`;
  return html`<figure><figcaption><b>Attack timeline${part}.</b> ${no === 1 ? legend : "The same stretch of time, further actors."}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-labelledby="lanes-${no}-title lanes-${no}-text"><title id="lanes-${no}-title">Attack timeline by actor${part}</title><desc id="lanes-${no}-text">${lanes.map((lane) => `${lane.label}: ${counted(lane.all.length, "finding")}. `)}The table below and the findings hold the same facts as text.</desc>
${drawn}
${axisLines(axis, height - 6, 12)}
</svg></figure>
`;
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
  return html`<g>${isShaded ? html`<rect x="0" y="${top}" width="${WIDTH}" height="${height}" fill="#f3f5f7"/>` : null}<text x="12" y="${top + 19}" font-size="13" font-weight="600" fill="${INK}">${clip(lane.label, 20)}<title>${lane.actor ?? "no actor named"}</title></text><text x="12" y="${top + 35}" font-size="11.5" fill="${SOFT}">${counted(lane.all.length, "finding")}${lane.others.length > 0 ? `, ${lane.others.length} as squares` : ""}</text>
${lane.rows.map((row, index) => row.map((flag) => flagPart(flag, top + 4 + index * ROW)))}
${lane.others.map((one) => squarePart(one, axis, foot - 24))}
<path d="${numeric(strokes.flatMap((x) => ["M" as const, x, foot - 9, "V" as const, foot]))}" stroke="${INK}" stroke-opacity="0.55" stroke-width="1" fill="none"/></g>
`;
}

function flagPart({ finding, label, x, end, isMirrored }: Flag, y: number): Markup {
  const colour = SEVERITY_COLOUR[finding.severity];
  const box = isMirrored ? x - 16 : x;
  const text = isMirrored ? { x: x - 20, anchor: "end" } : { x: x + 20, anchor: "start" };
  const title = `F${finding.finding_no} ${finding.severity}: ${shorten(finding.title, 120)}, ${formatTime(finding.first_seen)} to ${formatTime(finding.last_seen)}`;
  return html`<a href="#finding-${finding.finding_no}"><title>${title}</title><rect x="${rounded(x)}" y="${y + 17}" width="${rounded(Math.max(2, end - x))}" height="3.5" fill="${colour}"/><path d="${numeric(["M", x, y + 1, "V", y + 20.5])}" stroke="${colour}" stroke-width="1.5"/><rect x="${rounded(box)}" y="${y + 1}" width="16" height="14" fill="${colour}"/><text x="${rounded(box + 8)}" y="${y + 12}" font-size="11" font-weight="700" text-anchor="middle" fill="#fff">${LETTERS[finding.severity]}</text><text x="${rounded(text.x)}" y="${y + 12.5}" font-size="12" text-anchor="${text.anchor}" fill="${INK}">${label}</text></a>
`;
}

/** A finding without a name; its title says which. */
function squarePart({ finding, from }: Dated, axis: TimeAxis, y: number): Markup {
  const x = place(axis, from);
  return html`<a href="#finding-${finding.finding_no}"><title>F${finding.finding_no} ${finding.severity}: ${shorten(finding.title, 120)}, ${formatTime(finding.first_seen)}</title><rect x="${rounded(x - 4)}" y="${y}" width="8" height="9" fill="${SEVERITY_COLOUR[finding.severity]}" stroke="#fff" stroke-width="0.8"/></a>`;
}

function axisLines(axis: TimeAxis, bottom: number, most: number): Markup {
  return html`${ticks(axis, most).map(({ at, label }) => {
    const x = place(axis, at);
    const nearEnd = x > axis.right - 30;
    return html`<path d="${numeric(["M", x, AXIS - 8, "V", bottom])}" stroke="#9aa5b1" stroke-width="0.7" stroke-dasharray="2 3"/><text x="${rounded(nearEnd ? axis.right : x)}" y="${AXIS - 14}" font-size="12" text-anchor="${nearEnd ? "end" : "middle"}" fill="${INK}">${label}</text>`;
  })}<path d="${numeric(["M", axis.left, AXIS - 8, "H", axis.right])}" stroke="${INK}" stroke-width="1"/><text x="12" y="${AXIS - 14}" font-size="11.5" fill="${SOFT}">time in UTC</text>`;
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
  return Math.max(lane.rows.length * ROW + (lane.others.length > 0 ? 36 : 22), 48);
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

function laneLabel(findings: number, actor: string | null, limit: number): string {
  const name = actor === null ? "no actor named" : actor.replace(/^arn:.*[:/]/, "");
  return `${clip(name, limit)} (${findings})`;
}

function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
