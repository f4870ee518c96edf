import type { Value } from "../database/index.js";
import type { Finding, Severity } from "../queries/index.js";
import { type Content, html, type Markup } from "./html.js";
import { LIMIT } from "./limit.js";
import { compareTexts, formatCount, formatTime, shorten } from "./visible.js";

/** One section of the page. `leaf` begins a new page on paper. */
export interface Section {
  id: string;
  title: string;
  body: Markup;
  leaf?: boolean;
}

/**
 * A column of a table: its heading, its cells, and what they are: `head` and `no` name the row, `name`
 * and `wide` get room, `rest` all that others leave,
 * `short` enough for the name of a region.
 */
export interface TableColumn<Row> {
  title: string;
  cell: (row: Row) => Content;
  kind?: "number" | "time" | "head" | "no" | "name" | "wide" | "rest" | "short";
}

/** A table with a caption; `note` says what it leaves out. A table without rows is the sentence `empty`. */
export function table<Row>(
  caption: Content,
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  { note, empty = "None.", style }: { note?: Content; empty?: string; style?: string } = {},
): Markup {
  if (rows.length === 0) return html`<p>${empty}</p>`;
  const head = columns.map(
    ({ title, kind }) => html`<th scope="col"${kind === "number" ? html` class="number"` : ""}>${title}</th>`,
  );
  const body = rows.map(
    (row) => html`<tr>${columns.map(({ cell, kind }) => cellPart(cell(row), kind))}</tr>\n`,
  );
  return html`<div class="table" role="group" tabindex="0" aria-label="${plain(caption)}"><table${style === undefined ? "" : html` class="${style}"`}>
<caption>${caption}${note === undefined ? "" : html` <span>${note}</span>`}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table></div>
`;
}

function cellPart(content: Content, kind: TableColumn<never>["kind"]): Markup {
  const style = kind === undefined || kind === "head" ? null : html` class="${kind}"`;
  return kind === "head" || kind === "no"
    ? html`<th scope="row"${style}>${content}</th>`
    : html`<td${style}>${content}</td>`;
}

/** Sentence at the head of a section. */
export function verdict(content: Content, kind: "" | "ok" | "bad" = ""): Markup {
  return html`<p class="${`verdict ${kind}`.trim()}">${content}</p>\n`;
}

/** Severity in words on its colour. */
export function badge(severity: Severity): Markup {
  return html`<span class="badge ${severity}">${severity}</span>`;
}

/** A list of terms and values; those without a value are left out. */
export function facts(entries: readonly (readonly [string, Content])[]): Markup {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">${known.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>\n`;
}

/** The same in running lines, for many short values. */
export function inlineFacts(entries: readonly (readonly [string, Content])[]): Content {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (known.length === 0) return null;
  return html`<dl class="inline">${known.map(([term, value]) => html`<div><dt>${term}</dt> <dd>${value}</dd></div> `)}</dl>\n`;
}

/** A value of the evidence: cut when it is very long, in the type of code. */
export function code(value: string | null | undefined): Content {
  return value === null || value === undefined || value === ""
    ? null
    : html`<code>${shorten(value, LIMIT.value)}</code>`;
}

/** The name of a table or source, which may break behind an underscore. */
export function sourceName(name: string): Markup {
  return html`<span class="word">${name
    .split(/(?<=_)/)
    .map((part, index) => html`${index === 0 ? null : html`<wbr>`}${part}`)}</span>`;
}

/** A text of the evidence or about it, cut when it is very long. */
export function prose(value: string | null | undefined): Content {
  return value === null || value === undefined ? null : shorten(value, LIMIT.value * 3);
}

/** A time in UTC. */
export function time(value: string | null | undefined): Content {
  return html`<span class="time">${formatTime(value)}</span>`;
}

/** Link to a finding by its number. */
export function findingLink(finding: Pick<Finding, "finding_no">): Markup {
  return html`<a href="#finding-${finding.finding_no}">F${finding.finding_no}</a>`;
}

/** One line for any value: texts as they are, numbers with commas, everything else as JSON with sorted keys. */
export function valueText(value: Value | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isInteger(value) ? formatCount(value) : String(value);
  if (Array.isArray(value) && value.every((item) => item === null || typeof item !== "object")) {
    return value.map((item) => valueText(item)).join(", ");
  }
  return JSON.stringify(sorted(value));
}

/** `name=value` of parameters, by name. */
export function parameterText(parameters: Record<string, Value>): string {
  const entries = Object.entries(parameters).sort(([left], [right]) => compareTexts(left, right));
  if (entries.length === 0) return "none";
  return entries
    .map(
      ([name, value]) =>
        `${name}=${value === null ? "null" : typeof value === "string" ? value : JSON.stringify(value)}`,
    )
    .join("; ");
}

const LONGEST_NAME = 160;

/** The last part of an ARN, which people know an identity by: `role/ml-notebook-exec`, `user/bob`. */
export function shortActor(actor: string | null, none = "no actor named"): string {
  if (actor === null) return none;
  const name = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)$/.exec(actor)?.[1];
  const parts = name?.split("/") ?? [];
  return shorten(parts.length > 2 ? `${parts[0]}/${parts.at(-1)}` : (name ?? actor), LONGEST_NAME);
}

/** `1 of 3, and n more` for lists that end early; null when nothing was left out. */
export function leftOut(shown: number, total: number, where: string): string | undefined {
  if (shown >= total) return undefined;
  return `${formatCount(shown)} of ${formatCount(total)} shown; ${where}`;
}

function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => compareTexts(left, right));
  return Object.fromEntries(entries.map(([name, item]) => [name, sorted(item as Value)]));
}

/** The words of a caption without its tags, for an attribute. */
function plain(caption: Content): string {
  if (typeof caption === "string") return caption;
  return caption !== null && typeof caption === "object" && "text" in caption
    ? caption.text.replace(/<[^>]*>/g, "").replace(/&[^;]{1,8};/g, " ")
    : "table";
}
