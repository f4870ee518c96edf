import type { Column, Row, Value } from "../database/index.js";
import { safeText, type Terminal } from "./terminal.js";

export type Format = "table" | "json" | "csv";

/** The format that `--json` and `--csv` ask for. */
export function formatOf(options: { json?: boolean | undefined; csv?: boolean | undefined }): Format {
  return options.json === true ? "json" : options.csv === true ? "csv" : "table";
}

const WIDEST = 60;

/** Prints rows as a table for people, as one JSON array of objects, or as CSV. */
export function printRows(
  terminal: Pick<Terminal, "out">,
  columns: Pick<Column, "name">[],
  rows: Row[],
  format: Format,
): void {
  const names = columns.map((column) => column.name);
  if (format === "json") {
    terminal.out(`${JSON.stringify(rows, null, 1)}\n`);
  } else if (format === "csv") {
    terminal.out(csvLine(names));
    for (const row of rows) terminal.out(csvLine(rowCells(names, row)));
  } else {
    terminal.out(table(names, rows));
  }
}

/** The cells of a row as texts, in the order of the names. */
export function rowCells(names: string[], row: Row): string[] {
  return names.map((name) => cellText(row[name] ?? null));
}

function cellText(value: Value): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * A cell that begins like a formula is data for us and a program for a spreadsheet: a quote in front keeps it text.
 * A plain negative number stays a number.
 */
export function csvLine(cells: string[]): string {
  const safe = cells.map((cell) => {
    const text = /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${safe.join(",")}\r\n`;
}

/** Rows as a table with aligned columns; long cells are cut and marked with an ellipsis. */
export function table(names: string[], rows: Row[]): string {
  const cells = rows.map((row) =>
    names.map((name) => {
      const text = safeText(cellText(row[name] ?? null)).replaceAll(/\s+/g, " ");
      return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
    }),
  );
  const numeric = names.map((name) => rows.some((row) => typeof row[name] === "number"));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => (row[column] as string).length)),
  );
  const line = (row: string[]): string =>
    row
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return `${[line(names), rule, ...cells.map(line)].join("\n")}\n`;
}

/** 1234567 bytes as 1.2 MB. */
export function byteText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 file`, `2 files`. */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
