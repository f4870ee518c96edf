import type { Value } from "../database/index.js";
import type { Finding } from "../queries/index.js";
import { type Content, html, type Markup } from "./html.js";
import { LIMIT } from "./limit.js";
import { code, valueText } from "./part.js";
import { shorten } from "./visible.js";

/** Longest value of which two stand side by side. */
const SHORT = 36;

interface Metric {
  label: string;
  text: string;
}

/** The metrics of a finding as a table, two short ones in a row; those without a value are named in a line below. */
export function metricsTable({ metrics, finding_no }: Finding): Content {
  if (metrics === null || metrics === "") return null;
  if (typeof metrics !== "object" || Array.isArray(metrics)) {
    return html`<p class="small">Metrics: ${code(valueText(metrics))}</p>`;
  }
  const all = Object.entries(metrics).map(([name, value]) => ({
    label: shorten(name.replaceAll("_", " "), LIMIT.value),
    text: isAbsent(value as Value) ? "" : valueText(value as Value),
  }));
  const given = all.filter(({ text }) => text !== "");
  const absent = all.filter(({ text }) => text === "").map(({ label }) => label);
  return html`${
    given.length === 0
      ? null
      : html`<div class="table"><table class="metrics">
<caption>Metrics of F${finding_no}</caption>
<thead><tr><th scope="col">Metric</th><th scope="col">Value</th><th scope="col">Metric</th><th scope="col">Value</th></tr></thead>
<tbody>
${rowsOf(given).map(rowPart)}</tbody></table></div>
`
  }${absent.length === 0 ? null : html`<p class="small soft">Metrics without a value: ${absent.join(", ")}.</p>`}`;
}

function rowsOf(metrics: readonly Metric[]): Metric[][] {
  const rows: Metric[][] = [];
  for (const metric of metrics) {
    const [first, second] = rows.at(-1) ?? [];
    const fits = first !== undefined && second === undefined && isShort(first) && isShort(metric);
    if (fits) rows.at(-1)?.push(metric);
    else rows.push([metric]);
  }
  return rows;
}

function rowPart([first, second]: Metric[]): Markup {
  if (first === undefined) return html``;
  const cells =
    second === undefined ? null : html`<th scope="row">${second.label}</th><td>${code(second.text)}</td>`;
  const span = second === undefined ? html` colspan="3"` : null;
  return html`<tr><th scope="row">${first.label}</th><td${span}>${code(first.text)}</td>${cells}</tr>\n`;
}

function isShort({ label, text }: Metric): boolean {
  return text.length <= SHORT && label.length <= SHORT;
}

function isAbsent(value: Value): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
