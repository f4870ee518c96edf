import { rm } from "node:fs/promises";
import { type Database, firstLine, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { type Batch, carefulOf, type StagedArtifact } from "./batch.js";
import { forgetArtifacts } from "./evidence-tables.js";
import { framedView, parquetView, readerOf, type Spools } from "./framed-view.js";
import type { Source } from "./source.js";
import { isHeavy, type Spool } from "./spool.js";
import { isRefusal, memoryFor, weed } from "./weed.js";

/** What the artifact table needs to know beyond what staging finds out. */
export interface ArtifactOrigin {
  acquisition: string;
  path: string;
  original: string;
  member: string | null;
}

/** DuckDB does not take the records of one of these spools for what the fast gear said they are. */
class Refused extends Error {
  constructor(
    readonly spools: Spools,
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

/** Rows of a Parquet file beyond which they must fill some bytes: a few bytes can claim any number of equal rows. */
const PARQUET_ROWS = 1_000_000;
const PARQUET_ROWS_PER_BYTE = 50;

/**
 * True; a condition with something volatile in it stays above the SELECT. DuckDB would push it down and evaluate twice whatever
 * it is made of, for S3 access logs nearly the whole line.
 */
const NEVER_PUSHED_DOWN = "random() < 2";

/** Loads batches into the evidence tables. Call `commit` at the end; what is not committed is loaded again next time. */
export class Loader {
  readonly #database: Database;
  readonly #sources: Map<string, Source>;
  readonly #origins: Map<number, ArtifactOrigin>;
  readonly #redo: (artifactIds: number[]) => void;
  /** Batches of the open transaction. */
  #pending: Batch[] = [];
  #open = false;
  /**
   * Artifacts with rows of the fast gear in the database and no row of their own yet: as committed, and as in the open
   * transaction.
   */
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
    const untried = batch.spools.filter(({ careful, source }) => careful && source !== "reject");
    if (untried.length > 0) {
      // A refusal would take the open transaction with it.
      await this.commit();
      // Before weeding, which rejects records of these artifacts.
      await this.#restart(batch);
      this.#committedParts = new Set(this.#parts);
    }
    for (const spool of untried) {
      if (spool.form !== "parquet") await weed(this.#database, spool, this.#sourceOf(spool));
      else {
        const reason = await this.#parquetRefusal(spool);
        if (reason !== null) giveUp(batch, spool, `the Parquet file cannot be read: ${reason}`);
      }
    }
    this.#pending.push(batch);
    let unloaded = [batch];
    let jointly = true;
    for (;;) {
      try {
        if (!this.#open) await this.#database.run("begin transaction");
        this.#open = true;
        for (const next of unloaded) await this.#loadBatch(next, jointly);
        break;
      } catch (error) {
        await this.#rollback();
        if (!(error instanceof Refused)) throw error;
        const [spool, ...others] = error.spools;
        // A careful spool was weeded; what DuckDB still refuses of it is a bug, and trying again would not end.
        if (spool.careful) throw error;
        unloaded = this.#pending;
        // Which one of several it is shows when each is loaded by itself.
        if (others.length > 0) jointly = false;
        else for (const artifactId of spool.artifacts) this.#discarded.add(artifactId);
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

  /** The careful gear begins with the first record again: what the fast one gave of its artifacts goes. */
  async #restart(batch: Batch): Promise<void> {
    const restarted = [...carefulOf(batch), ...this.#discarded].filter((id) => this.#parts.has(id));
    await forgetArtifacts(this.#database, restarted);
    for (const id of restarted) this.#parts.delete(id);
  }

  async #loadBatch(batch: Batch, jointly: boolean): Promise<void> {
    const { spools, artifacts } = batch;
    await this.#restart(batch);
    for (const group of jointly ? grouped(spools) : spools.map((spool): Spools => [spool])) {
      const longest = Math.max(...group.map((spool) => spool.longest));
      await this.#database.withMemory(memoryFor(longest), () => this.#loadSpools(group));
      for (const spool of group)
        for (const id of spool.artifacts) if (!spool.careful && !this.#discarded.has(id)) this.#parts.add(id);
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

  async #loadSpools(spools: Spools): Promise<void> {
    const [{ source: id, form, careful }] = spools;
    const artifacts = spools.flatMap((spool) => spool.artifacts);
    const dropped = careful ? [] : artifacts.filter((artifact) => this.#discarded.has(artifact));
    if (dropped.length === artifacts.length) return;
    const kept = dropped.length === 0 ? "" : ` where "_artifact" not in (${dropped.join(", ")})`;
    if (id === "reject") {
      await this.#database.run(
        `insert into reject select "_artifact", "_record", reason, excerpt from ${readerOf(spools, { reason: "VARCHAR", excerpt: "VARCHAR" })}${kept}`,
      );
      return;
    }
    const source = this.#sourceOf(spools[0]);
    let loaded = 0;
    try {
      if (form === "parquet") await this.#frameParquet(spools[0], source);
      else await this.#database.run(framedView(spools, source, kept));
      for (const [index, table] of source.emits.entries()) {
        loaded += await this.#database.run(
          `insert into ${quoteIdentifier(table)} by name select * exclude (skip_because, reject_because, is_row) from (
              select *, skip_because is null and reject_because is null and ${NEVER_PUSHED_DOWN} as is_row from (${source.selects[index]})
          ) where is_row`,
        );
      }
    } catch (error) {
      if (isRefusal(error) || (form === "parquet" && !isInterrupt(error))) {
        throw new Refused(spools, firstLine(error));
      }
      throw error;
    }
    if (loaded < spools.reduce((sum, { records }) => sum + records, 0)) {
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

  #sourceOf({ source }: Spool): Source {
    return this.#sources.get(source) as Source;
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
    const source = this.#sourceOf(spool);
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
}

/**
 * Spools that one statement can load: of the same source, header and form. DuckDB writes full row groups once and
 * anything less twice, so that few large loads are cheaper than many small ones. Large records are loaded a spool at a time.
 */
function grouped(spools: Spool[]): Spools[] {
  const groups = new Map<string, Spools>();
  for (const spool of spools) {
    const { source, header, form, careful, path } = spool;
    const alone = careful || form === "parquet" || isHeavy(spool);
    const key = alone ? path : `${source}\n${header ?? ""}\n${form}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [spool]);
    else group.push(spool);
  }
  return [...groups.values()];
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
