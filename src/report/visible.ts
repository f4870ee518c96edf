/**
 * What a reader cannot see or what moves other text about: controls, format characters (bidi, zero width, tags), line separators,
 * lone surrogates, private use, fillers, and every space that is not the plain one.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** Marks beyond the fourth on one letter are there to smear over the lines around. */
const PILED_MARKS = /(?<=\p{M}{4})\p{M}/gu;

/**
 * Text of evidence with everything invisible spelt out as `\u{202E}`. No two texts come out the same: an evidence that holds the
 * characters `\u{` themselves comes out as `\u{5C}u{`.
 */
export function visible(text: string): string {
  return text.replaceAll("\\u{", "\\u{5C}u{").replace(INVISIBLE, escaped).replace(PILED_MARKS, escaped);
}

/** At most `limit` characters of a text, and how many there are when that is not all of it. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
  return `${text.slice(0, cut)}… [${formatCount(text.length)} characters]`;
}

/** A whole number with a comma between thousands; the same on every machine. */
export function formatCount(value: number): string {
  return String(value).replace(/(?<=^-?\d+)(?=(\d{3})+$)/g, ",");
}

/** A count with its noun: `1 record`, `2 records`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** An ISO time as people read it: `2026-03-11 09:12:04Z`; `not known` without one. */
export function formatTime(time: string | null | undefined): string {
  if (time === null || time === undefined) return "not known";
  return time.replace(/^(\d{4}-\d\d-\d\d)T/, "$1 ").replace(/\.0+Z$/, "Z");
}

/** From when to when, the day once where it is one: `2026-03-11 09:12:04Z – 12:59:10Z`. */
export function formatSpan(first: string | null, last: string | null): string {
  const [from, to] = [formatTime(first), formatTime(last)];
  if (first === null || last === null || from === to) return from;
  return `${from} – ${from.slice(0, 11) === to.slice(0, 11) ? to.slice(11) : to}`;
}

/** Orders texts by code unit, the same on every machine. */
export function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
