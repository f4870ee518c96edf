import { type Content, html, type Markup, numeric, rounded } from "./html.js";
import { place, type TimeAxis, ticks } from "./time-axis.js";

/** Width of every picture in units of its view box: about the pixels it has on a screen and on paper, so that text keeps its size. */
export const WIDTH = 860;
/** Where the drawing begins beside its labels, and where it ends. */
export const LEFT = 164;
export const RIGHT = WIDTH - 10;
/** Height of the axis above a drawing. */
export const AXIS = 32;

export const INK = "#16202b";
export const SOFT = "#4d5966";
const GRID = "#9aa5b1";

/** Colours of series: apart for the colour-blind and in grey by their lightness; each carries its name in the legend. */
export const SERIES = ["#1d5a88", "#c8651b", "#3b8f6b", "#8a4f9e", "#8c7a1f", "#6b7785"] as const;

/** What a picture is called and what a reader who does not see it should know. */
export interface FigureNames {
  id: string;
  title: string;
  caption: Content;
  description: Content;
}

/** A picture; `role` is `group` where parts of it are links. A picture wider than usual is drawn smaller. */
export function figure(
  { id, title, caption, description }: FigureNames,
  height: number,
  drawing: Content,
  { role = "img", width = WIDTH }: { role?: "img" | "group"; width?: number } = {},
): Markup {
  return html`<figure><figcaption>${caption}</figcaption>
<svg viewBox="0 0 ${rounded(width)} ${rounded(height)}" role="${role}" aria-labelledby="${id}-title ${id}-text"><title id="${id}-title">${title}</title><desc id="${id}-text">${description}</desc>
${drawing}</svg></figure>
`;
}

/** A line of text in a picture. */
export function label(
  x: number,
  y: number,
  text: Content,
  { size = 12, anchor = "start", weight, fill = INK }: LabelStyle = {},
): Markup {
  return html`<text x="${rounded(x)}" y="${rounded(y)}" font-size="${size}"${anchor === "start" ? null : html` text-anchor="${anchor}"`}${weight === undefined ? null : html` font-weight="${weight}"`} fill="${fill}">${text}</text>`;
}

interface LabelStyle {
  size?: number;
  anchor?: "start" | "middle" | "end";
  weight?: number;
  fill?: string;
}

/** Times at the head of a picture and their lines down to `bottom`. */
export function axisLines(axis: TimeAxis, bottom: number, most = 10): Markup {
  return html`${ticks(axis, most).map(({ at, label: text }) => {
    const x = place(axis, at);
    const nearEnd = x > axis.right - 24;
    return html`<path d="${numeric(["M", x, AXIS - 8, "V", bottom])}" stroke="${GRID}" stroke-width="0.7" stroke-dasharray="2 3"/>${label(nearEnd ? axis.right : x, AXIS - 14, text, { anchor: nearEnd ? "end" : "middle" })}`;
  })}<path d="${numeric(["M", axis.left, AXIS - 8, "H", axis.right])}" stroke="${INK}" stroke-width="1"/>${label(10, AXIS - 14, "time in UTC", { size: 11, fill: SOFT })}`;
}

/** The first letters of a text that fit into a number of letters. */
export function clip(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text.slice(0, Math.max(1, limit - 1)).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** A long name in lines of at most `limit` letters, broken behind separators where there are any; the last line is cut. */
export function wrap(text: string, limit: number, most: number): string[] {
  const lines = [""];
  for (const part of text.match(/[^/\-_.: ]+[/\-_.: ]?|[/\-_.: ]/g) ?? []) {
    const line = lines.at(-1) ?? "";
    if (line === "" || most === 1 || line.length + part.length <= limit)
      lines[lines.length - 1] = line + part;
    else if (lines.length < most) lines.push(part);
    else lines[lines.length - 1] = line + part;
  }
  return lines.map((line) => clip(line, limit));
}
