import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { sqlFiles } from "../database/index.js";
import { ColdtrailError, EXIT } from "../errors.js";

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/);

const jsonRecognition = z.strictObject({
  /**
   * Where the records lie, tried one after the other: the path of an array or of one object (`Records`,
   * `detail.findings`), or "" for root values and a root array.
   */
  in: z.array(z.string()).min(1).optional(),
  /** Paths of one file that all hold records; a record has the path in `_in`. */
  all: z.array(z.string()).min(1).optional(),
  /** A record has all of these keys. */
  keys: z.array(z.string()).min(1).optional(),
  /** A record has one of these keys. */
  any: z.array(z.string()).min(1).optional(),
  /** The text is an array. */
  array: z.boolean().optional(),
  /** The file as a whole is the record. */
  whole: z.boolean().optional(),
});

export type JsonRecognition = z.infer<typeof jsonRecognition>;

const header = z.strictObject({
  id: identifier,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  title: z.string().min(1),
  recognises: z.strictObject({
    json: z.array(jsonRecognition).optional(),
    /** One of the first lines matches. */
    line: z.string().optional(),
    /** A log event, notification or message of a queue may hold such a line. */
    message: z.boolean().optional(),
    /** Takes the log events that no other source takes. */
    log_event: z.boolean().optional(),
    /** The first line is a header that matches; the lines after it are records in its order. */
    header_line: z.string().optional(),
    /**
     * A Parquet file with all of these columns (`a|b`: one of the two). For a source of lines under a header its columns
     * are the fields (`_` in a name as `-`), for others its rows become JSON objects.
     */
    parquet: z.array(z.string()).min(1).optional(),
    /** The first line matches and names the columns of comma-separated rows (RFC 4180). */
    csv: z.string().optional(),
    /** A file of this name holds comma-separated rows without a header. */
    bare_csv: z.string().optional(),
    /** A file of this name is one record as a whole; only for bodies that say nothing about themselves. */
    document: z.string().optional(),
    /** A file of that name is a record (null) even when it has no bytes: an answer that says nothing. */
    empty_document: z.boolean().optional(),
    /** Says what a file without any record would be, and chooses between sources that read the same content. */
    path: z.string().optional(),
    /** Tried later than others (default 0), for content that several sources could read. */
    order: z.number().int().optional(),
  }),
  /**
   * Top-level keys of a record with the type in which DuckDB reads them; without it a record is one JSON value. For lines
   * under a header the names that it may have, each a text or null; a framed line then also has `value_count` and
   * `name_count`, which differ when it has too many or too few values. For lines that are regular, their values in order.
   */
  fields: z.record(z.string(), z.string()).optional(),
  /**
   * The whole of a line whose values stand between single blanks, and those with blanks inside between quotes: such a line comes
   * split into `fields` (null for a hyphen or a value that is not there), every other one whole in `line`.
   */
  regular_line: z.string().optional(),
  /** Records come with the path of their file in `_name`. */
  name: z.boolean().optional(),
  /** Records come with the small members beside their array in `_wrapper`: `logGroup`, `owner`, … */
  wrapper: z.boolean().optional(),
  emits: z.array(identifier).min(1),
  /** Columns that name a record of the outside world; records equal in them and in all else are duplicates. */
  identity: z.array(identifier).optional(),
  /** Flag for records that share the identity and differ. */
  conflict_flag: identifier.optional(),
  caveats: z.array(z.string()).optional(),
  references: z.array(z.string()).optional(),
});

export type SourceHeader = z.infer<typeof header>;

/** One kind of evidence: how it is recognised, how it is framed, and the SELECT for each table that it fills. */
export interface Source extends SourceHeader {
  file: string;
  /** In the order of `emits`. */
  selects: string[];
}

/** Reads every source of `sql/sources`; nothing is registered anywhere else. */
export async function loadSources(sqlFolder: string): Promise<Source[]> {
  const files = await sqlFiles(`${sqlFolder}/sources`);
  const sources = await Promise.all(
    files.map(async (file) => parseSource(file, await readFile(file, "utf8"))),
  );
  return sources.sort(
    (a, b) => (a.recognises.order ?? 0) - (b.recognises.order ?? 0) || (a.id < b.id ? -1 : 1),
  );
}

/** Splits a source file into its header and its statements. */
export function parseSource(file: string, text: string): Source {
  const fenced = /^-- ---\n((?:--.*\n)*?)-- ---\n/.exec(text);
  if (fenced === null) throw invalid(file, "the header between two lines `-- ---` is missing");
  const yaml = (fenced[1] ?? "").replaceAll(/^-- ?/gm, "");
  const parsed = header.safeParse(parse(yaml));
  if (!parsed.success) throw invalid(file, z.prettifyError(parsed.error).replaceAll("\n", " "));
  const id = basename(file, ".sql").replaceAll("-", "_");
  if (parsed.data.id !== id) throw invalid(file, `id is ${parsed.data.id}, the file name says ${id}`);
  const selects = text
    .slice(fenced[0].length)
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^--.*$/gm, "").trim() !== "");
  if (selects.length !== parsed.data.emits.length) {
    throw invalid(file, `${selects.length} statements for ${parsed.data.emits.length} tables in emits`);
  }
  return { ...parsed.data, file, selects };
}

function invalid(file: string, fact: string): ColdtrailError {
  return new ColdtrailError("source-invalid", `${file}: ${fact}`, EXIT.queryCheckFailed);
}
