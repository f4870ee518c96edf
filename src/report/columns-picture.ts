import { scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { AXIS, axisLines, clip, INK, LEFT, label, RIGHT, SERIES, SOFT } from "./figure.js";
import { type Content, html, type Markup, numeric, rounded } from "./html.js";
import { place, type TimeAxis } from "./time-axis.js";

/** One panel of columns over time; series of one panel stand on one another. */
export interface Panel {
  title: string;
  detail: readonly string[];
  series: readonly { counts: readonly number[]; colour: string }[];
  /** Writes an amount at the scale. */
  format: (amount: number) => string;
}

const GAP = 16;

/** Height of a picture of panels. */
export function columnsHeight(panels: number, height: number): number {
  return AXIS + panels * height + 4;
}

/** Panels below one another on one time axis, each with a scale of its own; `band` shades a stretch of time. */
export function columnsDrawing(
  panels: readonly Panel[],
  axis: TimeAxis,
  { height, band }: { height: number; band?: { from: number; to: number } | undefined },
): Markup {
  const bottom = columnsHeight(panels.length, height);
  return html`${band === undefined ? null : bandPart(axis, band, bottom)}${axisLines(axis, bottom - 4)}
${panels.map((panel, index) => panelPart(panel, axis, AXIS + index * height, height))}`;
}

/** Names of the colours, in as many lines as they need, above a picture. */
export function legend(names: readonly string[]): Content {
  return html`<ul class="legend">${names.map(
    (name, index) =>
      html`<li><svg viewBox="0 0 10 10" class="key" aria-hidden="true"><rect width="10" height="10" fill="${colourOf(index)}"/></svg> ${clip(name, 60)}</li>`,
  )}</ul>`;
}

/** Colour of a series by its place. */
export function colourOf(index: number): string {
  return SERIES[Math.min(index, SERIES.length - 1)] as string;
}

function bandPart(axis: TimeAxis, { from, to }: { from: number; to: number }, bottom: number): Content {
  if (to < axis.from || from > axis.to) return null;
  const x = place(axis, from);
  return html`<rect x="${rounded(x)}" y="${AXIS - 8}" width="${rounded(Math.max(2, place(axis, to) - x))}" height="${bottom - AXIS + 4}" fill="#e3e8ee"/>`;
}

function panelPart(
  { title, detail, series, format }: Panel,
  axis: TimeAxis,
  top: number,
  height: number,
): Markup {
  const foot = top + height - 8;
  const columns = series[0]?.counts.length ?? 0;
  const rows = Array.from({ length: columns }, (_, slot) => series.map((one) => one.counts[slot] ?? 0));
  const most = Math.max(1, ...rows.map((row) => row.reduce((sum, amount) => sum + amount, 0)));
  const scale = scaleLinear()
    .domain([0, most])
    .nice(3)
    .range([foot, top + GAP]);
  const stacked = stack<number[], number>()
    .keys(series.map((_, index) => index))
    .value((row, key) => row[key] ?? 0)(rows);
  const step = (axis.right - axis.left) / Math.max(1, columns);
  const gap = step > 4 ? 0.6 : 0;
  const marks = scale.ticks(2).filter((mark) => mark > 0);
  return html`${marks.map((mark) => html`<path d="${numeric(["M", axis.left, scale(mark), "H", axis.right])}" stroke="#c3cbd3" stroke-width="0.6"/>${label(axis.left - 6, scale(mark) + 4, format(mark), { size: 10.5, anchor: "end", fill: SOFT })}`)}${stacked.map(
    (layer, index) => {
      const bars = layer.flatMap(([low, high], slot) => {
        if (high <= low) return [];
        const x = axis.left + slot * step;
        // A column that is there must be seen, however small it is beside the highest.
        const y = Math.min(scale(high), scale(low) - 1);
        return ["M", x + gap, scale(low), "V", y, "H", x + step - gap, "V", scale(low), "Z"] as const;
      });
      return html`<path d="${numeric(bars)}" fill="${series[index]?.colour ?? INK}"/>`;
    },
  )}<path d="${numeric(["M", axis.left, foot, "H", axis.right])}" stroke="${INK}" stroke-width="1"/>${label(10, top + GAP + 10, clip(title, 21), { size: 12, weight: 600 })}${detail.map(
    (text, index) => label(10, top + GAP + 26 + index * 15, text, { size: 11, fill: SOFT }),
  )}
`;
}

/** The axis of a picture of columns. */
export function columnsAxis({ from, to }: { from: number; to: number }): TimeAxis {
  return { from, to, left: LEFT + 26, right: RIGHT };
}
