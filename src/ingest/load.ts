import { readFile, rm, writeFile } from "node:fs/promises";
import { type Database, firstLine, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { framedView, parquetView, readerOf } from "./framed-view.js";
import type { Source } from "./source.js";
import type { Spool } from "./spool.js";
import type { Batch, StagedArtifact } from "./stage.js";

/** What the artifact table needs to know beyond what staging finds out. */
export interface ArtifactOrigin {
  acquisition: string;
  path: string;
  original: string;
  member: string | null;
}

/** DuckDB does not take the records of a spool for what the fast gear said they are. */
class Refused extends Error {
  constructor(
    readonly spool: Spool,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Bytes of spool that one transaction takes. DuckDB writes full row groups to disk as they come and only the rest
 * through its log when it commits, so that few large transactions are much cheaper than many small ones.
 */
const COMMIT_BYTES = 1024 * 1024 * 1024;

/** Bytes from which on a single record decides how much memory loading takes. */
const LARGE_RECORD = 16 * 1024 * 1024;

/** Rows of a Parquet file beyond which they must fill some bytes: a few bytes can claim any number of equal rows. */
const PARQUET_ROWS = 1_000_000;
const PARQUET_ROWS_PER_BYTE = 50;

/** Loads batches into the evidence tables. Call `commit` at the end; what is not committed is loaded again next time. */
export class Loader {
  readonly #database: Database;
  readonly #sources: Map<string, Source>;
  readonly #origins: Map<number, ArtifactOrigin>;
  readonly #redo: (artifactIds: number[]) => void;
  /** Batches of the open transaction. */
  #pending: Batch[] = [];
  #open = false;
  /** Artifacts with rows in the database and no row of their own yet: as committed, and as in the open transaction. */
  #committedParts = new Set<number>();
  #parts = new Set<number>();
  /** Artifacts whose fast spools must not be loaded: the careful gear does them again. */
  readonly #discarded = new Set<number>();

  constructor(
    database: Database,
    sources: Source[],
    origins: Map<number, ArtifactOrigin>,
    redo: (artifactIds: number[]) => void,
  ) {
    this.#database = database;
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    this.#origins = origins;
    this.#redo = redo;
  }

  /** Loads a batch; artifacts whose records DuckDB refuses are handed back for the careful gear. */
  async load(batch: Batch): Promise<void> {
    for (const spool of [...batch.spools]) {
      if (!spool.careful || spool.source === "reject") continue;
      // A refusal would take the open transaction with it.
      await this.commit();
      if (spool.form !== "parquet") await this.#weed(spool);
      else {
        const reason = await this.#parquetRefusal(spool);
        if (reason !== null) giveUp(batch, spool, `the Parquet file cannot be read: ${reason}`);
      }
    }
    this.#pending.push(batch);
    let unloaded = [batch];
    for (;;) {
      try {
        if (!this.#open) await this.#database.run("begin transaction");
        this.#open = true;
        for (const next of unloaded) await this.#loadBatch(next);
        break;
      } catch (error) {
        await this.#rollback();
        // A careful spool was weeded; what DuckDB still refuses of it is a bug, and trying again would not end.
        if (!(error instanceof Refused) || error.spool.careful) throw error;
        for (const artifactId of error.spool.artifacts) this.#discarded.add(artifactId);
        unloaded = this.#pending;
      }
    }
    const redone = batch.artifacts.filter(
      ({ artifactId, careful }) => !careful && this.#discarded.has(artifactId),
    );
    if (redone.length > 0) this.#redo(redone.map(({ artifactId }) => artifactId));
    const bytes = this.#pending
      .flatMap(({ spools }) => spools)
      .reduce((total, spool) => total + spool.bytes, 0);
    if (bytes >= COMMIT_BYTES) await this.commit();
  }

  /** Makes what was loaded permanent and removes its spools. */
  async commit(): Promise<void> {
    if (!this.#open) return;
    await this.#database.run("commit");
    this.#open = false;
    this.#committedParts = new Set(this.#parts);
    const spools = this.#pending.flatMap((batch) => batch.spools);
    this.#pending = [];
    await Promise.all(spools.map((spool) => rm(spool.path, { force: true })));
  }

  async #rollback(): Promise<void> {
    await this.#database.run("rollback").catch(() => undefined);
    this.#open = false;
    this.#parts = new Set(this.#committedParts);
  }

  async #loadBatch({ spools, artifacts }: Batch): Promise<void> {
    // A careful spool or result means that whatever was loaded of the artifact before came from the fast gear.
    const careful = spools.filter((spool) => spool.careful).flatMap((spool) => spool.artifacts);
    const restarted = [...careful, ...this.#discarded].filter((id) => this.#parts.has(id));
    await forgetArtifacts(this.#database, restarted);
    for (const id of restarted) this.#parts.delete(id);
    for (const spool of spools) {
      await this.#database.withMemory(memoryFor(spool), () => this.#loadSpool(spool));
      for (const id of spool.artifacts) if (spool.careful || !this.#discarded.has(id)) this.#parts.add(id);
    }
    for (const { form, artifacts: ids, records } of spools) {
      const artifact = artifacts.find(({ artifactId }) => form === "parquet" && artifactId === ids[0]);
      if (artifact !== undefined) artifact.records = records;
    }
    const finished = artifacts.filter(
      (artifact) => artifact.careful || !this.#discarded.has(artifact.artifactId),
    );
    await this.#database.append(
      "artifact",
      finished.map((artifact) => this.#artifactRow(artifact)),
    );
    for (const { artifactId } of finished) this.#parts.delete(artifactId);
  }

  #artifactRow(artifact: StagedArtifact): (string | number | null)[] {
    const origin = this.#origins.get(artifact.artifactId);
    if (origin === undefined) throw new Error(`artifact ${artifact.artifactId} is not known`);
    return [
      artifact.artifactId,
      origin.acquisition,
      origin.path,
      origin.original,
      origin.member,
      artifact.size,
      artifact.sha256,
      artifact.source,
      artifact.source === null ? null : (this.#sources.get(artifact.source)?.version ?? null),
      artifact.container,
      artifact.encoding,
      artifact.state,
      artifact.note,
      artifact.records,
      null,
      artifact.wrapper,
    ];
  }

  async #loadSpool(spool: Spool): Promise<void> {
    const dropped = spool.careful ? [] : spool.artifacts.filter((id) => this.#discarded.has(id));
    if (dropped.length === spool.artifacts.length) return;
    const kept = dropped.length === 0 ? "" : ` where "_artifact" not in (${dropped.join(", ")})`;
    if (spool.source === "reject") {
      await this.#database.run(
        `insert into reject select "_artifact", "_record", reason, excerpt from ${readerOf(spool, { reason: "VARCHAR", excerpt: "VARCHAR" })}${kept}`,
      );
      return;
    }
    const source = this.#sources.get(spool.source) as Source;
    let loaded = 0;
    try {
      if (spool.form === "parquet") await this.#frameParquet(spool, source);
      else await this.#database.run(framedView(spool, source, kept));
      for (const [index, table] of source.emits.entries()) {
        loaded += await this.#database.run(
          `insert into ${quoteIdentifier(table)} by name select * exclude (skip_because, reject_because) from (${source.selects[index]}) where skip_because is null and reject_because is null`,
        );
      }
    } catch (error) {
      if (isRefusal(error) || (spool.form === "parquet" && !isInterrupt(error))) {
        throw new Refused(spool, firstLine(error));
      }
      throw error;
    }
    if (loaded < spool.records) {
      for (const select of source.selects) {
        await this.#database.run(
          `insert into reject select artifact_id, record_no, reject_because, null from (${select}) where reject_because is not null`,
        );
        await this.#database.run(
          `insert into skip select artifact_id, record_no, skip_because from (${select}) where reject_because is null and skip_because is not null`,
        );
      }
    }
  }

  /** Rows of a Parquet file, in the form in which other files of the same evidence come: lines or JSON. */
  async #frameParquet(spool: Spool, source: Source): Promise<void> {
    const file = `read_parquet(${quoteLiteral(spool.path)}, file_row_number = true)`;
    const names = (await this.#database.describe(`from ${file}`))
      .map((column) => column.name)
      .filter((name) => name !== "file_row_number");
    const [count] = await this.#database.rows<{ n: number }>(`select count(*) as n from ${file}`);
    const records = count?.n ?? 0;
    if (records > PARQUET_ROWS + spool.bytes * PARQUET_ROWS_PER_BYTE) {
      throw new Error(`it says that it holds ${records} rows in ${spool.bytes} bytes`);
    }
    const name = this.#origins.get(spool.artifacts[0] as number)?.original ?? "";
    await this.#database.run(parquetView(spool, source, names, name));
    spool.records = records;
  }

  /** Tries a Parquet file by itself; the reason why DuckDB does not read it, or null. */
  async #parquetRefusal(spool: Spool): Promise<string | null> {
    const source = this.#sources.get(spool.source) as Source;
    try {
      await this.#frameParquet(spool, source);
      for (const select of source.selects) {
        await this.#database.run(`create or replace temp table probe as ${select}`);
      }
      await this.#database.run("drop table probe");
      return null;
    } catch (error) {
      if (isInterrupt(error)) throw error;
      return firstLine(error).replaceAll(spool.path, "the copy");
    }
  }

  /** Takes out of a careful spool the records that DuckDB still refuses, by halving, and rejects them. */
  async #weed(spool: Spool): Promise<void> {
    const source = this.#sources.get(spool.source) as Source;
    if ((await this.#database.withMemory(memoryFor(spool), () => this.#refusal(spool, source))) === null)
      return;
    const text = await readFile(spool.path, "utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    const bad: { line: string; reason: string }[] = [];
    const good: string[] = [];
    const sift = async (part: string[]): Promise<void> => {
      await writeFile(spool.path, `${part.join("\n")}\n`);
      const refusal = await this.#refusal(spool, source);
      if (refusal === null) good.push(...part);
      else if (part.length === 1) bad.push({ line: part[0] as string, reason: refusal });
      else {
        const middle = part.length >> 1;
        await sift(part.slice(0, middle));
        await sift(part.slice(middle));
      }
    };
    await sift(lines);
    await writeFile(spool.path, good.map((line) => `${line}\n`).join(""));
    spool.records = good.length;
    await this.#database.append(
      "reject",
      bad.map(({ line, reason }) => {
        const place = /^\{"_artifact":(\d+),"_record":(\d+),/.exec(line) ?? [];
        return [
          Number(place[1]),
          Number(place[2]),
          reason,
          line.slice((place[0] ?? "").length).slice(0, 200),
        ];
      }),
    );
  }

  async #refusal(spool: Spool, source: Source): Promise<string | null> {
    try {
      await this.#database.run(framedView(spool, source, ""));
      // The source's own SQL may refuse a value, too: a number out of range, bytes that are no text.
      for (const select of ["select * from framed", ...source.selects]) {
        await this.#database.run(`create or replace temp table probe as ${select}`);
      }
      await this.#database.run("drop table probe");
      return null;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return reasonOf(error);
    }
  }
}

/** Removes every trace of artifacts from the evidence tables. */
export async function forgetArtifacts(database: Database, artifactIds: number[]): Promise<void> {
  if (artifactIds.length === 0) return;
  const list = artifactIds.join(", ");
  for (const table of await evidenceTables(database)) {
    await database.run(`delete from ${quoteIdentifier(table)} where artifact_id in (${list})`);
  }
}

/** Tables whose rows belong to an artifact, the `artifact` table among them. */
export async function evidenceTables(database: Database): Promise<string[]> {
  const rows = await database.rows<{ name: string }>(
    `select table_name as name
     from duckdb_columns()
     where column_name = 'artifact_id' and not internal and database_name = current_database() and not starts_with(table_name, 'v_')
     order by name`,
  );
  return rows.map((row) => row.name);
}

/** DuckDB's JSON reader needs about ten times the size of a record while it parses it. */
function memoryFor(spool: Spool): number {
  return spool.longest < LARGE_RECORD ? 0 : spool.longest * 16 + 512 * 1024 * 1024;
}

/** Takes a file out of a batch that nobody can read. */
function giveUp(batch: Batch, spool: Spool, note: string): void {
  batch.spools.splice(batch.spools.indexOf(spool), 1);
  for (const artifact of batch.artifacts) {
    if (artifact.artifactId === spool.artifacts[0]) {
      Object.assign(artifact, { state: "unreadable", source: null, container: null, note });
    }
  }
}

function isInterrupt(error: unknown): boolean {
  return /interrupt/i.test(firstLine(error));
}

function isRefusal(error: unknown): boolean {
  return /malformed json|json transform error|maximum_object_size|invalid input error|conversion error|out of range error/i.test(
    firstLine(error),
  );
}

/** DuckDB's reason, without the name of the spool. */
function reasonOf(error: unknown): string {
  const text = firstLine(error);
  return /(?:in line \d+|byte \d+[^:]*): ?(.*)$/.exec(text)?.[1]?.slice(0, 200) || "not valid JSON";
}
