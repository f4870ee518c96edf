import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Database, Limits } from "../database/index.js";
import { ColdtrailError, EXIT } from "../errors.js";
import { type Case, listArtifacts } from "../evidence/index.js";
import { type Current, openCurrent } from "./current.js";
import { evidenceTables, forgetArtifacts } from "./evidence-tables.js";
import { type Job, type Known, listJobs, sealedFileOf } from "./jobs.js";
import { Loader } from "./load.js";
import { loadReference } from "./reference.js";
import { type BrokenCount, countRecords, settle } from "./settle.js";
import { loadSources } from "./source.js";
import { createStaging } from "./staging.js";

export interface IngestOptions extends Limits {
  /** Folder `sql/` with schema, macros, views and sources. */
  sqlFolder: string;
  /** Bytes; a longer record is rejected. */
  maxRecord?: number;
  progress?: (progress: IngestProgress) => void;
  signal?: AbortSignal;
}

export interface IngestProgress {
  artifacts: number;
  totalArtifacts: number;
  bytes: number;
  totalBytes: number;
}

export interface IngestResult {
  /** Artifacts that this run read; others were in the database already. */
  artifacts: number;
  records: number;
  rows: number;
  duplicates: number;
  skipped: number;
  rejected: number;
  unclaimed: number;
  /** Sentences about artifacts that could not be read or are not what the manifest says. */
  problems: { path: string; state: string; sentence: string }[];
  /** Artifacts whose records do not add up; never empty-handed: the caller must fail. */
  broken: BrokenCount[];
  /** The database was made anew because schema or sources have another version. */
  rebuilt: boolean;
}

const MAX_RECORD = 256 * 1024 * 1024;
/** Spool bytes that DuckDB gets at a time: enough to work on in parallel, few enough to overlap with staging. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Path of the database of a case. */
export function databasePath(held: Pick<Case, "dir">): string {
  return join(held.dir, "case.duckdb");
}

/** Loads every sealed artifact that is not loaded yet; after an interruption it goes on where it was. */
export async function ingest(held: Case, options: IngestOptions): Promise<IngestResult> {
  const sources = await loadSources(options.sqlFolder);
  const workFolder = join(held.dir, "tmp");
  const spoolFolder = join(workFolder, "spool");
  await rm(spoolFolder, { recursive: true, force: true });
  const sealed = await listArtifacts(held);
  const limits = {
    ...options,
    memoryLimit: duckdbShare(options.memoryLimit ?? "1GB"),
    temporaryFolder: join(workFolder, "duckdb"),
    readFolders: [spoolFolder, join(held.dir, "reference")],
  };
  const current = await openCurrent(databasePath(held), limits, options.sqlFolder);
  const { database, rebuilt } = current;
  const prepared = prepare(held, current);
  // Awaited where rows are first read or written.
  prepared.catch(() => undefined);
  try {
    // Nothing is known of evidence in a new database, and staging need not wait for its tables.
    if (!current.isNew) await prepared;
    const known = current.isNew ? new Map<number, Known>() : await knownArtifacts(database);
    const unread = current.isNew ? new Set<number>() : await forgetUnread(database, known);
    const { jobs, listed } = await listJobs(held, sealed, known, sources, unread);
    const isSettled = !current.isNew && (await stateOf(database)) === "settled";
    // What an interrupted run read, it could not report; only those with a count did an earlier run get to the end with.
    const reported =
      isSettled || current.isNew ? new Set(known.keys()) : await artifactsIn(database, "record_count");
    if (jobs.length === 0 && listed.length === 0 && isSettled) {
      return await summarise(database, reported, [], rebuilt);
    }
    const redo: Job[] = [];
    const byId = new Map(jobs.map((job) => [job.artifactId, job]));
    const totals = { artifacts: 0, totalArtifacts: jobs.length, bytes: 0, totalBytes: sum(jobs) };
    const begun = prepared.then(async () => {
      await database.run("insert or replace into knowledge values ('ingest', 'open')");
      await database.append("artifact", listed);
    });
    begun.catch(() => undefined);
    const loader = new Loader(database, sources, byId, (ids) => {
      for (const id of ids) redo.push({ ...(byId.get(id) as Job), careful: true });
    });
    const staging = createStaging(
      {
        sources,
        caseFolder: held.dir,
        spoolFolder,
        batchBytes: BATCH_BYTES,
        maxRecord: options.maxRecord ?? MAX_RECORD,
      },
      totals.totalBytes,
      Math.min(2, options.threads ?? availableParallelism()),
    );
    const stop = (): void => database.interrupt();
    options.signal?.addEventListener("abort", stop, { once: true });
    try {
      await staging.run(
        jobs.reverse(),
        async (batch) => {
          options.signal?.throwIfAborted();
          await begun;
          await loader.load(batch);
          const again = redo.splice(0);
          jobs.push(...again);
          totals.totalArtifacts += again.length;
          totals.totalBytes += sum(again);
          totals.artifacts += batch.artifacts.length;
          for (const { size } of batch.artifacts) totals.bytes += size;
          options.progress?.({ ...totals });
        },
        options.signal,
      );
      await begun;
      await loader.commit();
      await assertAllAreIn(database, byId);
      await settle(database, sources, options.sqlFolder);
      const broken = await database.transaction(async () => {
        await database.run("insert or replace into knowledge values ('ingest', 'settled')");
        return countRecords(database, sources);
      });
      await database.run("checkpoint");
      return await summarise(database, reported, broken, rebuilt);
    } catch (error) {
      if (options.signal?.aborted) throw interrupted();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", stop);
      await begun.catch(() => undefined);
    }
  } finally {
    await prepared.catch(() => undefined);
    database.close();
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** Three fifths of a size in DuckDB's syntax: the threads that read and frame take the rest. */
function duckdbShare(size: string): string {
  return size.replace(/^\s*(\d+(?:\.\d+)?)(?=\s*[A-Za-z]+\s*$)/, (amount) =>
    (Number(amount) * 0.6).toFixed(3),
  );
}

/** Brings the database to the point where rows of evidence can be loaded. */
async function prepare(held: Case, current: Current): Promise<void> {
  await current.prepare();
  await dropOrphans(current.database);
  await loadReference(current.database, held);
}

/** Every artifact that was to be staged has its row: nothing is dropped in silence, not even by a bug. */
async function assertAllAreIn(database: Database, jobs: Map<number, Job>): Promise<void> {
  const present = await artifactsIn(database, "artifact");
  const lost = [...jobs.values()].filter(({ artifactId }) => !present.has(artifactId));
  if (lost.length > 0) {
    throw new Error(`${lost.length} artifacts were staged and not loaded, the first is ${lost[0]?.name}`);
  }
}

function interrupted(): ColdtrailError {
  return new ColdtrailError(
    "interrupted",
    "ingest was interrupted; run it again, it goes on where it was",
    EXIT.interrupted,
  );
}

/** `open` from the first row of a run to its last, `settled` afterwards. */
async function stateOf(database: Database): Promise<string | undefined> {
  const [row] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'ingest'",
  );
  return row?.fingerprint;
}

/** Removes rows of artifacts that an interrupted run did not finish. */
async function dropOrphans(database: Database): Promise<void> {
  if ((await stateOf(database)) !== "open") return;
  const tables = (await evidenceTables(database)).filter(
    (table) => table !== "artifact" && table !== "record_count",
  );
  const orphans = await database.rows<{ id: number }>(
    `select distinct artifact_id as id from (${tables.map((table) => `select artifact_id from "${table}"`).join(" union all ")})
     where artifact_id not in (select artifact_id from artifact) order by id`,
  );
  await forgetArtifacts(
    database,
    orphans.map((row) => row.id),
  );
}

/**
 * Removes artifacts from the database and from `known` that the machine would not give (`EIO: …`) or that were not as sealed,
 * with those that were left out as their duplicates, and of a zip all members: the reason may be gone. Returns their numbers.
 */
async function forgetUnread(database: Database, known: Map<number, Known>): Promise<Set<number>> {
  const failed = await database.rows<{ id: number }>(
    `select artifact_id as id from artifact
     where state = 'changed' or (state = 'unreadable' and regexp_matches(note, '^E[A-Z0-9]+: '))`,
  );
  if (failed.length === 0) return new Set();
  const files = new Set(failed.map(({ id }) => sealedFileOf(id)));
  const unread = [...known].filter(
    ([id, { duplicateOf }]) =>
      files.has(sealedFileOf(id)) || (duplicateOf !== null && files.has(sealedFileOf(duplicateOf))),
  );
  const ids = unread.map(([id]) => id);
  await database.transaction(() => forgetArtifacts(database, ids));
  for (const id of ids) known.delete(id);
  return new Set(ids);
}

async function knownArtifacts(database: Database): Promise<Map<number, Known>> {
  const rows = await database.rows<{ id: number } & Known>(
    `select artifact_id as id, sha256, state, original, duplicate_of as "duplicateOf" from artifact order by artifact_id`,
  );
  return new Map(rows.map(({ id, ...artifact }) => [id, artifact]));
}

async function artifactsIn(database: Database, table: "artifact" | "record_count"): Promise<Set<number>> {
  const rows = await database.rows<{ id: number }>(`select artifact_id as id from ${table} order by id`);
  return new Set(rows.map(({ id }) => id));
}

/** Counts and problems of all artifacts but those that were reported before. */
async function summarise(
  database: Database,
  reported: Set<number>,
  broken: BrokenCount[],
  rebuilt: boolean,
): Promise<IngestResult> {
  const fresh = `artifact_id not in (select unnest(string_split($reported, ','))::bigint)`;
  const parameters = { reported: reported.size === 0 ? "-1" : [...reported].join(",") };
  const [counts] = await database.rows<Record<string, number>>(
    `select
         count(*) as artifacts,
         count(*) filter (state = 'unclaimed') as unclaimed,
         coalesce(sum(c.records), 0) as records,
         coalesce(sum(c.row_count), 0) as "rows",
         coalesce(sum(c.duplicates), 0) as duplicates,
         coalesce(sum(c.skipped), 0) as skipped,
         coalesce(sum(c.rejected), 0) as rejected
     from artifact left join record_count as c using (artifact_id)
     where ${fresh}`,
    parameters,
  );
  const problems = await database.rows<{ path: string; state: string; sentence: string }>(
    `select path || coalesce(' → ' || member, '') as path, state, note as sentence
     from artifact
     where ${fresh} and note is not null and state not in ('unclaimed', 'empty', 'zip', 'duplicate')
     order by artifact_id`,
    parameters,
  );
  const {
    artifacts = 0,
    unclaimed = 0,
    records = 0,
    rows = 0,
    duplicates = 0,
    skipped = 0,
    rejected = 0,
  } = counts ?? {};
  return { artifacts, records, rows, duplicates, skipped, rejected, unclaimed, problems, broken, rebuilt };
}

function sum(jobs: Job[]): number {
  return jobs.reduce((total, job) => total + job.size, 0);
}
