import { shorten, visible } from "./visible.js";

/** Longest text that goes into the page in one piece; nothing of the project's own comes near it. */
const LONGEST_TEXT = 2_000;

/** HTML that needs no escaping any more. Only `html` and `numeric` make it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a template: texts are escaped, lists joined, null, undefined and false left out. */
export type Content = string | number | null | undefined | false | Markup | readonly Content[];

/**
 * Template of HTML or SVG. Every interpolated text is taken for hostile: invisible characters are spelt out, markup is escaped
 * (for elements and for quoted attributes alike), what is very long is cut.
 */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) text += render(value) + (strings[index + 1] ?? "");
  return new Markup(text);
}

/** Numbers in a row, as paths and lists of points are written; two decimals at most. */
export function numeric(values: readonly (number | "M" | "L" | "Z" | "H" | "V")[]): Markup {
  return new Markup(values.map((value) => (typeof value === "number" ? rounded(value) : value)).join(" "));
}

/** A number for an attribute of SVG: two decimals at most. */
export function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Escapes one text for elements and quoted attributes. */
function escapeHtml(text: string): string {
  return visible(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll("`", "&#96;");
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(shorten(value, LONGEST_TEXT));
  return value.map(render).join("");
}
