import type { Finding } from "../queries/index.js";
import { clip } from "./figure.js";
import { LIMIT } from "./limit.js";
import { shortActor } from "./part.js";
import { type ActorGroup, isAct } from "./run-content.js";
import { place, seconds, type TimeAxis } from "./time-axis.js";

/** A finding with a place in time, or several of one detection that follow one another. */
export interface Dated {
  /** The gravest of them. */
  finding: Finding;
  count: number;
  from: number;
  to: number;
}

/** One actor's lane: the findings it names, row by row, and those it has no room for. */
export interface Lane {
  label: string;
  actor: string | null;
  anchor: string;
  /** Findings of one row do not touch. */
  rows: Flag[][];
  all: Dated[];
  /** Those of `all` that no flag names. */
  others: Dated[];
}

export interface Flag extends Dated {
  label: string;
  /** Left end of the flag with its label, and where its line ends. */
  x: number;
  end: number;
  /** True when the label stands to the left of the time. */
  isMirrored: boolean;
}

const FLAG = 18;
const GAP = 8;
const LABEL = 58;
/** Width of a letter of the label; generous, as the font is the reader's. */
const LETTER = 6.1;

/** Findings with times, by start. */
export function dated(findings: readonly Finding[]): Dated[] {
  return findings
    .flatMap((finding) => {
      const from = seconds(finding.first_seen);
      if (from === undefined) return [];
      return [{ finding, count: 1, from, to: Math.max(from, seconds(finding.last_seen) ?? from) }];
    })
    .sort((left, right) => left.from - right.from || left.finding.finding_no - right.finding.finding_no);
}

/** Joins findings of one detection that begin at most `pause` seconds after the one before ended. */
export function joined(all: readonly Dated[], pause: number): Dated[] {
  const found: Dated[] = [];
  const open = new Map<string, Dated>();
  for (const one of all) {
    const last = open.get(one.finding.detection_id);
    if (last === undefined || one.from - last.to > pause) {
      const begun = { ...one };
      open.set(one.finding.detection_id, begun);
      found.push(begun);
      continue;
    }
    last.count += one.count;
    last.to = Math.max(last.to, one.to);
    if (one.finding.score > last.finding.score) last.finding = one.finding;
  }
  return found;
}

/** From the first to the last of some findings, with a margin. */
export function wholePeriod(all: readonly Dated[]): { from: number; to: number } {
  const from = Math.min(...all.map((one) => one.from));
  const to = Math.max(...all.map((one) => one.to));
  return padded(from, to);
}

/**
 * The shortest stretch that holds the beginnings of most of what matters (four fifths of the scores of findings of medium severity
 * and above): an incident of hours is not drawn on the scale of the weeks of evidence before it.
 */
export function focus(all: readonly Dated[]): { from: number; to: number } {
  const grave = all.filter(({ finding }) => finding.severity !== "info" && finding.severity !== "low");
  const points = grave.length === 0 ? all : grave;
  const wanted = points.reduce((sum, { finding }) => sum + weight(finding), 0) * 0.8;
  let best = { from: points[0]?.from ?? 0, to: points.at(-1)?.from ?? 0 };
  let held = 0;
  let start = 0;
  for (const point of points) {
    held += weight(point.finding);
    for (
      let first = points[start];
      first !== undefined && held - weight(first.finding) >= wanted;
      first = points[start]
    ) {
      held -= weight(first.finding);
      start += 1;
    }
    const from = points[start]?.from ?? point.from;
    if (held >= wanted && point.from - from < best.to - best.from) best = { from, to: point.from };
  }
  // What begins in the stretch is shown to its end, unless it drags on for longer than the stretch itself.
  const length = Math.max(best.to - best.from, 600);
  const ends = points.filter((one) => one.from >= best.from && one.from <= best.to).map((one) => one.to);
  return padded(best.from, Math.max(best.to, ...ends.filter((end) => end <= best.to + length)));
}

/** Up to `most` stretches of which more is to be said than a picture of `near` has room for: the densest sixths of it. */
export function insets(
  all: readonly Dated[],
  near: { from: number; to: number },
  most: number,
): { from: number; to: number }[] {
  const length = (near.to - near.from) / 6;
  // The gravest will do to find where much happens at once, however many there are.
  let left = all
    .filter((one) => one.from >= near.from && one.from <= near.to)
    .sort((one, other) => other.finding.score - one.finding.score || one.from - other.from)
    .slice(0, WEIGHED)
    .sort((one, other) => one.from - other.from);
  const found: { from: number; to: number }[] = [];
  while (found.length < most) {
    const weightFrom = (from: number) =>
      left
        .filter((one) => one.from >= from && one.from <= from + length)
        .reduce((sum, { finding }) => sum + weight(finding), 0);
    const begin = left
      .map((one) => one.from)
      .reduce<number | undefined>(
        (best, from) => (best === undefined || weightFrom(from) > weightFrom(best) ? from : best),
        undefined,
      );
    const members = left.filter(
      (one) => begin !== undefined && one.from >= begin && one.from <= begin + length,
    );
    const last = members.at(-1);
    if (begin === undefined || last === undefined || members.length < DENSE) break;
    const free = (one: { from: number; to: number }) =>
      found.every((other) => one.to < other.from || one.from > other.to);
    const stretch = padded(begin, last.from);
    if (free(stretch)) found.push(stretch);
    left = left.filter((one) => !members.includes(one));
  }
  return found.sort((one, other) => one.from - other.from);
}

/** A stretch with fewer findings needs no picture of its own. */
const DENSE = 8;
const WEIGHED = 500;

/** Lanes of actors, by the time of their first finding; each names those with the highest scores that begin within the axis. */
export function planLanes(groups: readonly ActorGroup[], axis: TimeAxis): Lane[] {
  const pause = (axis.to - axis.from) / 12;
  const present = groups
    .map((group) => ({
      ...group,
      all: joined(
        dated(group.findings.filter(isAct)).filter((one) => one.from <= axis.to && one.from >= axis.from),
        pause,
      ),
    }))
    .filter((group) => group.all.length > 0)
    .sort((left, right) => (left.all[0]?.from ?? 0) - (right.all[0]?.from ?? 0))
    .slice(0, LIMIT.lanes);
  const most = namedOfLane(present.map((group) => group.all.length));
  const lanes: Lane[] = [];
  for (const { actor, anchor, all } of present) {
    const named = all
      .toSorted((left, right) => right.finding.score - left.finding.score || left.from - right.from)
      .slice(0, most)
      .sort((left, right) => left.from - right.from || left.finding.finding_no - right.finding.finding_no);
    const rows: Flag[][] = [];
    for (const flag of named.map((one) => flagOf(one, axis))) {
      const row = rows.find((candidate) => candidate.every((other) => isApart(other, flag)));
      if (row === undefined) rows.push([flag]);
      else row.push(flag);
    }
    const others = all.filter((one) => !named.includes(one));
    lanes.push({ label: shortActor(actor), actor, anchor, rows, all, others });
  }
  return lanes;
}

/** As many flags for each lane as the picture has room for: what small lanes do not need, large ones get. */
function namedOfLane(sizes: readonly number[]): number {
  const [least, most] = LIMIT.namedOfLane;
  let named: number = least;
  const total = (limit: number) => sizes.reduce((sum, size) => sum + Math.min(size, limit), 0);
  while (named < most && total(named + 1) <= LIMIT.findingsNamed) named += 1;
  return named;
}

function flagOf(one: Dated, axis: TimeAxis): Flag {
  const at = place(axis, one.from);
  const end = place(axis, one.to);
  const label = `${clip(one.finding.title, LABEL)}${one.count > 1 ? ` ×${one.count}` : ""}`;
  const width = FLAG + 6 + label.length * LETTER;
  const isMirrored = at + width > axis.right;
  return { ...one, label, x: at, end, isMirrored };
}

function extentOf({ label, x, end, isMirrored }: Flag): [number, number] {
  const width = FLAG + 6 + label.length * LETTER;
  return isMirrored ? [x - width, Math.max(end, x)] : [x, Math.max(end, x + width)];
}

function isApart(left: Flag, right: Flag): boolean {
  const [leftFrom, leftTo] = extentOf(left);
  const [rightFrom, rightTo] = extentOf(right);
  return leftTo + GAP < rightFrom || rightTo + GAP < leftFrom;
}

function padded(from: number, to: number): { from: number; to: number } {
  const margin = Math.max((to - from) * 0.03, 60);
  return { from: from - margin, to: to + margin };
}

function weight(finding: Finding): number {
  return Math.max(1, finding.score);
}
