import { type ScaleTime, scaleUtc } from "d3-scale";

/** A time axis in seconds since 1970, UTC, from `left` to `right` of a picture. */
export interface TimeAxis {
  from: number;
  to: number;
  left: number;
  right: number;
}

export interface Tick {
  at: number;
  label: string;
}

const MINUTE = 60;
const DAY = 86_400;

/** Position of a time on the axis; times beyond its ends stand at the ends. */
export function place(axis: TimeAxis, at: number): number {
  if (axis.to <= axis.from) return axis.left;
  return scaleOf(axis)(at * 1_000);
}

/** At most `most` round times on the axis, labelled `09:30`, with the day where a day begins or the axis does. */
export function ticks(axis: TimeAxis, most: number): Tick[] {
  const scale = scaleOf(axis);
  let times = scale.ticks(most);
  // The number that d3 is asked for is a hint to it.
  for (let wanted = most - 1; times.length > most && wanted > 0; wanted -= 1) times = scale.ticks(wanted);
  const seconds = times.map((time) => time.getTime() / 1_000);
  const step = (seconds[1] ?? axis.to) - (seconds[0] ?? axis.from);
  return seconds.map((at, index) => ({ at, label: label(at, step, index === 0) }));
}

/** Seconds since 1970 of an ISO time; undefined for what is none. */
export function seconds(time: string | null): number | undefined {
  if (time === null) return undefined;
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1_000;
}

/** ISO time without decimals of seconds since 1970. */
export function iso(at: number): string {
  return new Date(Math.round(at) * 1_000).toISOString().replace(/\.\d{3}Z$/, "Z");
}

const scales = new WeakMap<TimeAxis, ScaleTime<number, number>>();

function scaleOf(axis: TimeAxis): ScaleTime<number, number> {
  const known = scales.get(axis);
  if (known !== undefined) return known;
  const scale = scaleUtc()
    .domain([axis.from * 1_000, axis.to * 1_000])
    .range([axis.left, axis.right])
    .clamp(true);
  scales.set(axis, scale);
  return scale;
}

function label(at: number, step: number, isFirst: boolean): string {
  const time = iso(at);
  const day = time.slice(5, 10);
  if (step >= 360 * DAY) return time.slice(0, 4);
  if (step >= 28 * DAY) return time.slice(0, 7);
  if (step >= DAY) return day;
  const clock = step < MINUTE ? time.slice(11, 19) : time.slice(11, 16);
  return isFirst || at % DAY === 0 ? `${day} ${clock}` : clock;
}
