import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { assetFolder } from "../assets.js";
import { Database, type Result, type Row, readSyntax } from "../database/index.js";
import { ColdtrailError, type ExitCode } from "../errors.js";
import { type Case, type CustodyEvent, hashFile, openCase } from "../evidence/index.js";
import { databasePath } from "../ingest/index.js";
import {
  type GivenParameters,
  loadQuery,
  type Query,
  type QueryKind,
  type StreamedAnswer,
  streamQuery,
} from "../queries/index.js";
import { openAnalysis } from "./analysis.js";
import { countText, printRows } from "./output.js";
import { recorded } from "./recorded.js";
import { type FormatOptions, type RowFormat, rowFormatOf, rowWriter } from "./row-format.js";
import type { Terminal } from "./terminal.js";

/** A query that a person asks, and where its rows go. */
export interface Question {
  held: Case;
  database: Database;
  query: Query;
  given: GivenParameters;
  /** Name of the command, for the custody log. */
  action: string;
  options: FormatOptions;
  /** What was asked, where the query and its parameters do not say all of it; for the custody log. */
  asked?: CustodyEvent["detail"];
}

/** Options of every command that asks one query of the library. */
export interface QueryOptions extends FormatOptions {
  case: string;
  "memory-limit"?: string;
  threads?: number;
}

/** Asks a query of the library on a case; parameters that are undefined keep their defaults. */
export async function answerFromLibrary(
  { action, kind, id }: { action: string; kind: QueryKind; id: string },
  parameters: Record<string, string | undefined>,
  options: QueryOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const held = await openCase(options.case);
  const query = await loadQuery(assetFolder("queries"), kind, id);
  const given = Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined),
  ) as GivenParameters;
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  try {
    return await answerQuestion({ held, database, query, given, action, options }, terminal);
  } finally {
    database.close();
  }
}

/**
 * Runs a query, writes its rows to stdout or to a new file, and says on stderr what they rest on and what they cannot show. The
 * custody log gets what was asked and the hash of what came out.
 */
export async function answerQuestion(question: Question, terminal: Terminal): Promise<ExitCode> {
  const { held, database, query, given, action, options } = question;
  const format = rowFormatOf(options);
  const file = options.out === undefined ? undefined : resolve(options.out);
  if (file !== undefined && existsSync(file)) {
    throw new ColdtrailError("usage", `${file}: is there already; name a new file`);
  }
  return recorded(held, action, terminal, async (recording) => {
    const answer = await streamQuery(database, query, given);
    const { evaluability, provenance } = answer;
    const rows =
      file === undefined
        ? await writeRows(answer, format, (piece) => recording.out(piece))
        : await writeFile(answer, format, file, question);
    if (evaluability.reason !== null) terminal.note(`${evaluability.status}: ${evaluability.reason}\n`);
    const values = JSON.stringify(provenance.parameters);
    terminal.note(
      `${countText(rows, "row")}; ${provenance.id} ${provenance.version}, sha256 ${provenance.sha256.slice(0, 12)}, parameters ${values}\n`,
    );
    const written = file === undefined ? {} : { file: { path: file, sha256: (await hashFile(file)).sha256 } };
    return { ...provenance, ...question.asked, format, rows, ...written };
  });
}

async function writeFile(
  answer: StreamedAnswer,
  format: RowFormat,
  file: string,
  { held, database }: Question,
): Promise<number> {
  if (format === "parquet") {
    const { statements } = await readSyntax(database, answer.select.sql);
    if (statements !== 1) throw new ColdtrailError("query-invalid", "a query is exactly one SELECT");
    return Database.writeParquet(databasePath(held), answer.select, file);
  }
  const handle = openSync(file, "wx");
  try {
    return await writeRows(answer, format, (piece) => {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    });
  } finally {
    closeSync(handle);
  }
}

async function writeRows(
  { batches }: StreamedAnswer,
  format: RowFormat,
  out: (piece: string | Uint8Array) => void,
): Promise<number> {
  let count = 0;
  const counted = async function* (): AsyncGenerator<Result> {
    for await (const batch of batches()) {
      count += batch.rows.length;
      yield batch;
    }
  };
  if (format === "table") {
    const all: Row[] = [];
    let columns: Result["columns"] = [];
    for await (const batch of counted()) {
      columns = batch.columns;
      for (const row of batch.rows) all.push(row);
    }
    printRows({ out }, columns, all, "table");
  } else if (format === "arrow") {
    const { arrowFile } = await import("./arrow.js");
    for await (const piece of arrowFile(counted())) out(piece);
  } else if (format !== "parquet") {
    const writer = rowWriter(format);
    let hasBegun = false;
    for await (const { columns, rows } of counted()) {
      if (!hasBegun) out(writer.begin(columns));
      hasBegun = true;
      out(writer.rows(rows));
    }
    out(writer.end());
  }
  return count;
}
