import { LIMIT } from "./limit.js";
import { shorten, visible } from "./visible.js";

/** What a spreadsheet takes for the beginning of a formula, after blanks as well, also in full width. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/**
 * CSV (RFC 4180, LF): a header line, then one line a row. Texts that would be formulas get a single quote before them, invisible
 * characters and line breaks are spelt out (`\u{A}`), so that every row is one line.
 */
export function toCsv<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => string | number | null>>,
): string {
  const names = Object.keys(columns);
  const lines = rows.map((row) => names.map((name) => csvCell(columns[name]?.(row) ?? null)).join(","));
  return `${[names.join(","), ...lines].join("\n")}\n`;
}

/** One cell; null is empty, numbers are never taken for formulas. */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = (FORMULA.test(value) ? "'" : "") + visible(shorten(value, LIMIT.cell));
  return /[",]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
