import type { Column, Row } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { csvLine, rowCells } from "./output.js";

/** How rows are written; a table is for people, Parquet and Arrow need a file. */
export const ROW_FORMATS = [
  "table",
  "csv",
  "json",
  "jsonl",
  "parquet",
  "arrow",
  "timesketch-csv",
  "timesketch-jsonl",
] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

export interface FormatOptions {
  format?: string | undefined;
  json?: boolean | undefined;
  csv?: boolean | undefined;
  /** File to write instead of stdout. */
  out?: string | undefined;
}

/** The format that the options ask for; `.parquet` and `.arrow` files say it by their names. */
export function rowFormatOf({ format, json, csv, out }: FormatOptions): RowFormat {
  const named = /\.(parquet|arrow|csv|jsonl)$/.exec(out ?? "")?.[1];
  const wanted = format ?? (json === true ? "json" : csv === true ? "csv" : (named ?? "table"));
  if (!(ROW_FORMATS as readonly string[]).includes(wanted)) {
    throw new ColdtrailError("usage", `--format ${wanted}: a format is one of ${ROW_FORMATS.join(", ")}`);
  }
  if ((wanted === "parquet" || wanted === "arrow") && out === undefined) {
    throw new ColdtrailError("usage", `${wanted} is not for a terminal; name a file with --out FILE`);
  }
  return wanted as RowFormat;
}

/** Turns batches of rows into the text of a format, piece by piece; nothing of it depends on the size of a batch. */
export interface RowWriter {
  begin(columns: Column[]): string;
  rows(rows: Row[]): string;
  end(): string;
}

export function rowWriter(
  format: "csv" | "json" | "jsonl" | "timesketch-csv" | "timesketch-jsonl",
): RowWriter {
  switch (format) {
    case "csv":
      return csvWriter((row) => row);
    case "jsonl":
      return lineWriter((row) => row);
    case "timesketch-csv":
      return csvWriter(timesketchRow);
    case "timesketch-jsonl":
      return lineWriter(timesketchRow);
    case "json":
      return arrayWriter();
  }
}

function csvWriter(change: (row: Row) => Row): RowWriter {
  let names: string[] = [];
  return {
    begin: (columns) => {
      const row = Object.fromEntries(columns.map(({ name }) => [name, null]));
      names = Object.keys(change(row));
      return csvLine(names);
    },
    rows: (rows) => rows.map((row) => csvLine(rowCells(names, change(row)))).join(""),
    end: () => "",
  };
}

function lineWriter(change: (row: Row) => Row): RowWriter {
  return {
    begin: () => "",
    rows: (rows) => rows.map((row) => `${JSON.stringify(change(row))}\n`).join(""),
    end: () => "",
  };
}

function arrayWriter(): RowWriter {
  let isFirst = true;
  return {
    begin: () => "[",
    rows: (rows) =>
      rows
        .map((row) => {
          const before = isFirst ? "\n" : ",\n";
          isFirst = false;
          return `${before} ${JSON.stringify(row)}`;
        })
        .join(""),
    end: () => (isFirst ? "]\n" : "\n]\n"),
  };
}

/**
 * An event of a timeline as Timesketch imports it (https://timesketch.org/guides/user/import-from-json-csv/): `message`,
 * `datetime` (ISO 8601) and `timestamp_desc`, which are mandatory, then `timestamp` (microseconds since 1970) and all else.
 */
function timesketchRow(row: Row): Row {
  const { event_time: time, summary, time_meaning: meaning, ...rest } = row;
  return {
    message: summary ?? "",
    datetime: time ?? null,
    timestamp_desc: meaning === null || meaning === undefined ? "unknown" : `Event ${meaning}`,
    timestamp: typeof time === "string" ? microseconds(time) : null,
    ...rest,
  };
}

function microseconds(time: string): number {
  const fraction = (/\.(\d+)Z$/.exec(time)?.[1] ?? "").padEnd(6, "0");
  return Math.floor(Date.parse(time) / 1000) * 1_000_000 + Number(fraction);
}
