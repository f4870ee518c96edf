import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResultReader,
  type DuckDBValue,
} from "@duckdb/node-api";
import { ColdtrailError, EXIT } from "../errors.js";
import { quoteLiteral } from "./identifier.js";
import { type IngestPolicy, type Limits, policyStatements } from "./policy.js";
import { parseJson, type Row, toValue } from "./values.js";

/** Parameters are bound by name and always as text, a list of texts or null; the SQL casts them. */
export type Parameters = Record<string, string | number | boolean | null>;

export interface Column {
  name: string;
  /** DuckDB's name of the type, e.g. `TIMESTAMP WITH TIME ZONE`. */
  type: string;
}

export interface Result {
  columns: Column[];
  rows: Row[];
}

/**
 * The oldest DuckDB that can read the database of a case. Before 1.5 a stored view forgets that a part of it is MATERIALIZED
 * and makes that part again wherever it is used; before 1.3 texts are compressed in two passes.
 */
const STORAGE = "v1.5.0";

/** One open database under the project's policy. Close it. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  /** Connections beside the first one. */
  readonly #further: Database[] = [];

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** Opens (and creates) the database of a case for loading. */
  static async openForIngest(path: string, policy: IngestPolicy): Promise<Database> {
    await mkdir(dirname(path), { recursive: true });
    const storage = { storage_compatibility_version: STORAGE };
    return Database.#open(path, storage, policy, policy.readFolders);
  }

  /** Opens the database of a case for questions: read-only, no files, no network, no settings. */
  static async openForAnalysis(path: string, limits: Limits = {}): Promise<Database> {
    if (!existsSync(path)) {
      throw new ColdtrailError(
        "database-missing",
        `${path}: there is no database yet; run \`coldtrail ingest\` on the case first`,
      );
    }
    return Database.#open(path, { access_mode: "READ_ONLY" }, limits, undefined);
  }

  /**
   * Writes the rows of one SELECT to a new Parquet file, through a connection of its own that can read the database and write that
   * file and nothing else; returns the number of rows. The SELECT must have been parsed as one (`readSyntax`).
   */
  static async writeParquet(
    path: string,
    select: { sql: string; parameters: Parameters },
    file: string,
    limits: Limits = {},
  ): Promise<number> {
    const database = await Database.#open(path, { access_mode: "READ_ONLY" }, limits, undefined, file);
    try {
      return await database.run(
        `copy (\n${select.sql}\n) to ${quoteLiteral(file)} (format parquet, compression zstd, use_tmp_file false)`,
        select.parameters,
      );
    } finally {
      database.close();
    }
  }

  /** A database in memory, under the policy of analysis once `lock` is called; for tests and for `check`. */
  static async openInMemory(limits: Limits = {}): Promise<Database> {
    return Database.#open(":memory:", {}, limits, undefined);
  }

  static async #open(
    path: string,
    options: Record<string, string>,
    limits: Limits,
    readFolders: string[] | undefined,
    writtenFile?: string,
  ): Promise<Database> {
    if (limits.temporaryFolder !== undefined) await mkdir(limits.temporaryFolder, { recursive: true });
    let instance: DuckDBInstance;
    try {
      instance = await DuckDBInstance.create(path, options);
    } catch (error) {
      throw new ColdtrailError(
        "database-unreadable",
        `${path}: DuckDB cannot open it (${firstLine(error)}); if another coldtrail is running, let it end; else delete the file and run \`coldtrail ingest\` again`,
        EXIT.usage,
      );
    }
    const connection = await instance.connect();
    const database = new Database(instance, connection);
    for (const statement of policyStatements(limits, readFolders, writtenFile))
      await connection.run(statement);
    return database;
  }

  /** Runs one or more statements without parameters, or one statement with them; returns the number of rows changed. */
  async run(sql: string, parameters: Parameters = {}): Promise<number> {
    const result = await this.#connection.run(sql, bind(parameters)).catch(explain);
    return result.rowsChanged;
  }

  /** All rows of a query, with the columns' names and types. */
  async query(sql: string, parameters: Parameters = {}): Promise<Result> {
    const reader = await this.#connection.runAndReadAll(sql, bind(parameters)).catch(explain);
    const names = reader.deduplicatedColumnNames();
    const columns = columnsOf(names, reader);
    return { columns, rows: parseJsonColumns(columns, reader.convertRowObjects(toValue) as Row[]) };
  }

  /** All rows of a query. */
  async rows<T = Row>(sql: string, parameters: Parameters = {}): Promise<T[]> {
    return (await this.query(sql, parameters)).rows as T[];
  }

  /** The rows of a query, some thousands at a time, in memory that does not grow with their number. */
  async *batches(sql: string, parameters: Parameters = {}): AsyncGenerator<Result> {
    const result = await this.#connection.stream(sql, bind(parameters)).catch(explain);
    const names = result.deduplicatedColumnNames();
    const columns = columnsOf(names, result);
    let isEmpty = true;
    for await (const rows of result.yieldConvertedRowObjects(toValue)) {
      isEmpty = false;
      yield { columns, rows: parseJsonColumns(columns, rows as Row[]) };
    }
    if (isEmpty) yield { columns, rows: [] };
  }

  /** Names and types of the columns that a query would return, without running it. */
  async describe(sql: string): Promise<Column[]> {
    const prepared = await this.#connection.prepare(sql);
    try {
      return Array.from({ length: prepared.columnCount }, (_, index) => ({
        name: prepared.columnName(index),
        type: String(prepared.columnType(index)),
      }));
    } finally {
      prepared.destroySync();
    }
  }

  /** Appends texts to a table in bulk; each row holds one value per column, null allowed. */
  async append(table: string, rows: (string | number | bigint | null)[][]): Promise<void> {
    const appender = await this.#connection.createAppender(table);
    for (const row of rows) {
      for (const value of row) {
        if (value === null) appender.appendNull();
        else if (typeof value === "string") appender.appendVarchar(value);
        else appender.appendBigInt(BigInt(value));
      }
      appender.endRow();
    }
    appender.closeSync();
  }

  /** Runs the work in one transaction: all of it is kept or nothing. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.#connection.run("begin transaction");
    try {
      const result = await work();
      await this.#connection.run("commit");
      return result;
    } catch (error) {
      await this.#connection.run("rollback").catch(() => undefined);
      throw error;
    }
  }

  /** Runs work that needs at least so many bytes of memory, and sets the limit back afterwards; not under a locked policy. */
  async withMemory<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const [setting] = await this.rows<{ now: string }>("select current_setting('memory_limit') as now");
    const now = setting?.now ?? "1GB";
    const [larger] = await this.rows<{ larger: boolean }>(
      "select parse_formatted_bytes($now) < $bytes::double as larger",
      { now, bytes },
    );
    if (larger?.larger !== true) return work();
    await this.run(`set memory_limit = '${Math.ceil(bytes)} bytes'`);
    try {
      return await work();
    } finally {
      await this.run(`set memory_limit = '${now}'`);
    }
  }

  /** Another connection to the same database under the same policy, for a statement beside the running one. It is closed with this one. */
  async connect(): Promise<Database> {
    const further = new Database(this.#instance, await this.#instance.connect());
    this.#further.push(further);
    return further;
  }

  /** Stops the running statement of this connection as soon as DuckDB notices. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  close(): void {
    for (const further of this.#further) further.#connection.closeSync();
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function columnsOf(
  names: readonly string[],
  result: Pick<DuckDBResultReader, "columnLogicalType" | "columnType">,
): Column[] {
  return names.map((name, index) => ({
    name,
    type: result.columnLogicalType(index).alias ?? String(result.columnType(index)),
  }));
}

function parseJsonColumns(columns: Column[], rows: Row[]): Row[] {
  for (const { name, type } of columns) {
    if (type !== "JSON") continue;
    for (const row of rows) if (typeof row[name] === "string") row[name] = parseJson(row[name]);
  }
  return rows;
}

/** What the person at the keyboard can do something about is said as such. */
function explain(error: unknown): never {
  const text = firstLine(error);
  if (/^(Error: )?Out of Memory Error/.test(text)) {
    throw new ColdtrailError(
      "memory-limit-reached",
      `DuckDB needs more memory than its limit allows (${text}); run the command again with a larger --memory-limit or fewer --threads`,
    );
  }
  if (/no space left on device|disk is full/i.test(text)) {
    throw new ColdtrailError(
      "disk-full",
      `the disk is full (${text}); free some space and run the command again, ingest goes on where it was`,
    );
  }
  throw error;
}

function bind(parameters: Parameters): Record<string, DuckDBValue> | undefined {
  const names = Object.keys(parameters);
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => {
      const value = parameters[name];
      return [name, value === null || value === undefined ? null : String(value)];
    }),
  );
}

/** First line of whatever DuckDB says; the rest of its messages shows the statement, which the reader did not write. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
