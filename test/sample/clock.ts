// Times of the sample: whole seconds since the epoch, always UTC.

/** Seconds in a minute, an hour, a day. */
export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

/** Parses `2026-03-11T09:12:04` (or a bare day) as UTC seconds. */
export function utc(text: string): number {
  return Date.parse(text.includes("T") ? `${text}Z` : `${text}T00:00:00Z`) / 1000;
}

/** First second of the acme evidence, of the incident day, and the second after the evidence. */
export const BASE_FROM = utc("2026-03-01");
export const CASE_FROM = utc("2026-03-11");
export const CASE_TO = utc("2026-03-12");

/** ISO 8601 in whole seconds: `2026-03-11T09:12:04Z`. */
export function iso(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}

/** `20260311`, as job names and S3 keys of the sample write a day. */
export function compactDay(second: number): string {
  return iso(second).slice(0, 10).replaceAll("-", "");
}

/** `20260311T0915Z`, the time in the name of a CloudTrail or flow log file. */
export function compactMinute(second: number): string {
  return `${compactDay(second)}T${iso(second).slice(11, 16).replace(":", "")}Z`;
}

/** `20260311T091500Z`, the time in the name of a digest file. */
export function compactSecond(second: number): string {
  return `${compactDay(second)}T${iso(second).slice(11, 19).replaceAll(":", "")}Z`;
}

/** `2026/03/11`, the folders of a day. */
export function dayPath(second: number): string {
  return iso(second).slice(0, 10).replaceAll("-", "/");
}

/** First second of the day that holds the given second. */
export function dayOf(second: number): number {
  return second - (second % DAY);
}

/** Day of the month, 1 to 31. */
export function dayOfMonth(second: number): number {
  return new Date(second * 1000).getUTCDate();
}

/** True from Monday to Friday. */
export function isWeekday(second: number): boolean {
  const weekday = new Date(second * 1000).getUTCDay();
  return weekday >= 1 && weekday <= 5;
}

/** What the AWS CLI prints on a workstation two hours east: `2026-03-11T11:00:00+02:00`. */
export function localTime(second: number): string {
  return `${iso(second + 2 * HOUR).slice(0, 19)}+02:00`;
}
