/** A time axis in seconds since 1970, UTC. */
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
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1,
  5,
  15,
  30,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
  1_825 * DAY,
  18_250 * DAY,
];

/** Position of a time on the axis; times beyond its ends stand at the ends. */
export function place({ from, to, left, right }: TimeAxis, at: number): number {
  if (to <= from) return left;
  return left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (right - left);
}

/** At most `most` round times on the axis, labelled `09:30`, with the day where a day begins or the axis does. */
export function ticks({ from, to }: TimeAxis, most: number): Tick[] {
  const step = STEPS.find((candidate) => (to - from) / candidate <= most) ?? (STEPS.at(-1) as number);
  const found: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    found.push({ at, label: label(at, step, found.length === 0) });
  }
  return found;
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

function label(at: number, step: number, isFirst: boolean): string {
  const time = iso(at);
  const day = time.slice(5, 10);
  if (step >= 365 * DAY) return time.slice(0, 7);
  if (step >= DAY) return day;
  const clock = step < MINUTE ? time.slice(11, 19) : time.slice(11, 16);
  return isFirst || at % DAY === 0 ? `${day} ${clock}` : clock;
}
