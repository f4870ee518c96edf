import { join } from "node:path";
import { ColdtrailError, EXIT } from "../errors.js";
import { type AcquisitionLine, memberLineOf, SEALED_OUTCOMES } from "./acquisition-line.js";
import type { Case } from "./case.js";
import { copier, isIntact, isSmallFile } from "./copier.js";
import { explain } from "./failure.js";
import { type FileThreads, openFileThreads, THREADS } from "./file-threads.js";
import { type Incoming, incomingOf, prepareIncoming, removeStrays } from "./incoming.js";
import { Journal, type JournalEntry, readJournal, type SealRecord } from "./journal.js";
import { takeLock } from "./lock.js";
import { diskOrigin } from "./origins/disk.js";
import type { Origin, Outcome, WantedObject } from "./origins/origin.js";
import type { S3Request } from "./origins/s3-facts.js";
import { type S3Options, s3Origin } from "./origins/s3-origin.js";
import { inParallel } from "./parallel.js";
import { comparePaths, printable } from "./safe-path.js";
import { resumeSeal, seal } from "./seal.js";

/** How far an acquisition is. Totals are known once listing is done. */
export interface AcquisitionProgress {
  phase: "list" | "copy" | "seal";
  files: number;
  bytes: number;
  totalFiles?: number;
  totalBytes?: number;
}

export interface AcquisitionOptions {
  now: () => Date;
  version: string;
  progress?: (progress: AcquisitionProgress) => void;
  /** Files copied at a time; 8 by default, 16 from S3. Of small files 4 at most, by threads of their own. */
  concurrency?: number;
  signal?: AbortSignal;
  /** How to reach `s3://` sources and which objects of them are wanted. */
  s3?: S3Options;
}

export interface AcquisitionResult {
  /** Number of the acquisition: `0001`. */
  id: string;
  /** Folder of the bag, relative to the case: `evidence/0001`. */
  path: string;
  /** Files sealed, and their bytes. */
  files: number;
  bytes: number;
  /** Objects and zip members by how they ended. */
  outcomes: Record<string, number>;
  /** One sentence for each object that was not copied as it was wanted. */
  problems: string[];
}

/**
 * Copies sources into the case and seals them as one bag; adds an entry `acquire` to the custody log.
 * What cannot be had is an outcome and a sentence in `problems`, never a stop. Interrupted (`interrupted`, or killed) and started
 * again with the same sources, it goes on where it was and seals the same bytes. Rejects with `source-unusable`,
 * `nothing-to-acquire`, `case-not-writable` or `copy-differs`; nothing is sealed then.
 */
export async function acquire(
  held: Case,
  sources: string[],
  options: AcquisitionOptions,
): Promise<AcquisitionResult> {
  const origin = await openOrigin(sources, held, options);
  const incoming = incomingOf(held.dir, origin.identity ?? origin.sources);
  try {
    const release = await takeLock(incoming.lock, 1_000);
    try {
      return resultOf(await run(held, origin, incoming, options));
    } finally {
      await release();
    }
  } catch (error) {
    if (options.signal?.aborted) throw interrupted();
    throw explain(error, "case-not-writable", join(held.dir, "evidence"));
  } finally {
    origin.close?.();
  }
}

/** What `acquire` would copy, in numbers. */
export interface AcquisitionPreview {
  objects: number;
  bytes: number;
  /** Objects that have no content of their own: symbolic links, delete markers. */
  without: number;
  /** Objects by the storage class that S3 lists. */
  storageClasses: Record<string, number>;
}

/** Lists the sources without copying anything or leaving a trace in the case. Rejects with `source-unusable`. */
export async function previewAcquisition(
  held: Case,
  sources: string[],
  options: Pick<AcquisitionOptions, "signal" | "s3">,
): Promise<AcquisitionPreview> {
  const origin = await openOrigin(sources, held, options);
  const preview: AcquisitionPreview = { objects: 0, bytes: 0, without: 0, storageClasses: {} };
  try {
    for await (const { size, outcome, facts } of origin.list()) {
      options.signal?.throwIfAborted();
      if (outcome !== undefined) preview.without++;
      else {
        preview.objects++;
        preview.bytes += size;
        const { storage_class: name } = facts;
        if (name !== undefined) preview.storageClasses[name] = (preview.storageClasses[name] ?? 0) + 1;
      }
    }
    return preview;
  } catch (error) {
    if (options.signal?.aborted) throw interrupted();
    throw error;
  } finally {
    origin.close?.();
  }
}

async function openOrigin(
  sources: string[],
  held: Case,
  { s3, signal }: Pick<AcquisitionOptions, "signal" | "s3">,
): Promise<Origin> {
  const remote = sources.filter((source) => source.startsWith("s3://"));
  const asked = Object.keys(s3 ?? {}).length > 0;
  if (remote.length === 0 && !asked) return diskOrigin(sources, held.dir);
  const others = sources.filter((source) => !source.startsWith("s3://"));
  if (others.length === 0) return s3Origin(sources, s3 ?? {}, signal);
  const fact =
    remote.length > 0 ? "S3 and disk do not mix in one acquisition" : "the options given are for S3 only";
  throw new ColdtrailError(
    "source-unusable",
    `${others.join(", ")}: ${fact}; acquire files and folders with a command of their own.`,
    EXIT.usage,
  );
}

function interrupted(): ColdtrailError {
  return new ColdtrailError(
    "interrupted",
    "The acquisition was interrupted and nothing was sealed; run the same command again to go on where it was.",
    EXIT.interrupted,
  );
}

function resultOf({ id, files, bytes, outcomes, problems }: SealRecord): AcquisitionResult {
  return { id, path: `evidence/${id}`, files, bytes, outcomes, problems };
}

async function run(
  held: Case,
  origin: Origin,
  incoming: Incoming,
  { now, version, progress, concurrency = origin.kind === "s3" ? 16 : 8, signal }: AcquisitionOptions,
): Promise<SealRecord> {
  const before = await readJournal(incoming.journal);
  const facts = { sources: origin.sources, now, version };
  if (before.seal !== undefined && (await resumeSeal(held, incoming, before.seal, facts))) return before.seal;
  await prepareIncoming(incoming);

  const wanted = await listAll(origin, signal, (files, bytes) => progress?.({ phase: "list", files, bytes }));
  const totals = {
    totalFiles: wanted.length,
    totalBytes: wanted.reduce((sum, object) => sum + object.size, 0),
  };
  const meter = (phase: "copy" | "seal") => {
    let [files, bytes] = [0, 0];
    return (moreFiles: number, moreBytes: number) => {
      files += moreFiles;
      bytes += moreBytes;
      progress?.({ phase, files, bytes, ...totals });
    };
  };

  const amount = { files: wanted.length, bytes: totals.totalBytes };
  const threads = openFileThreads(amount, { threads: Math.min(concurrency, THREADS), signal });
  const journal = await Journal.open(incoming.journal);
  // Copies of an earlier run whose originals are gone by now: evidence that exists nowhere else.
  const gone = new Map(before.entries);
  for (const { path } of wanted) gone.delete(path);
  try {
    const copy = copier(origin, incoming, before.entries, journal, threads, meter("copy"), signal);
    const done: JournalEntry[] = [];
    const copyOne = async (object: WantedObject) => {
      signal?.throwIfAborted();
      done.push(await copy(object));
    };
    const large = wanted.filter((object) => !isSmallFile(origin, object));
    const small = wanted.filter((object) => isSmallFile(origin, object));
    wanted.length = 0;
    await inParallel(taken(small), threads.width, copyOne);
    await inParallel(taken(large), concurrency, copyOne);
    const vanished = await keepIntact(incoming, gone, threads);
    const entries = [...done, ...vanished].sort((a, b) => comparePaths(a.line.path, b.line.path));
    const lines = entries.flatMap(linesOf);
    if (lines.length === 0) throw nothing(origin.sources);
    await removeStrays(
      incoming.bag,
      new Set(lines.filter((line) => line.sha256 !== undefined).map((line) => line.path)),
    );
    const problems = [
      ...lines.flatMap(problemOf),
      ...vanished.map(
        ({ line }) =>
          `${printable(line.original)}: is gone from the source since it was copied; the copy is kept`,
      ),
    ];
    const requests = new Map<string, S3Request[]>();
    for (const { line, requests: made } of entries) if (made !== undefined) requests.set(line.path, made);
    const onSealed = meter("seal");
    signal?.throwIfAborted();
    return await seal(held, incoming, journal, lines, threads, {
      ...facts,
      problems,
      tagFiles: origin.tagFiles?.(requests),
      onFile: (bytes) => onSealed(1, bytes),
    });
  } finally {
    await threads.close();
    await journal.close();
  }
}

async function listAll(
  origin: Origin,
  signal: AbortSignal | undefined,
  onListed: (files: number, bytes: number) => void,
): Promise<WantedObject[]> {
  const wanted: WantedObject[] = [];
  let bytes = 0;
  for await (const object of origin.list()) {
    signal?.throwIfAborted();
    wanted.push(object);
    bytes += object.size;
    onListed(wanted.length, bytes);
  }
  return wanted.sort((a, b) => comparePaths(a.path, b.path));
}

/** Takes the items out of the list, from the first to the last, so that what is done with need not be remembered. */
function* taken<T>(items: T[]): Generator<T> {
  items.reverse();
  for (let item = items.pop(); item !== undefined; item = items.pop()) yield item;
}

async function keepIntact(
  incoming: Incoming,
  entries: Map<string, JournalEntry>,
  threads: FileThreads,
): Promise<JournalEntry[]> {
  const kept: JournalEntry[] = [];
  for (const entry of entries.values())
    if (await isIntact(incoming.bag, entry.line, threads)) kept.push(entry);
  return kept;
}

function linesOf({ line, members }: JournalEntry): AcquisitionLine[] {
  return [line, ...members.map((member) => memberLineOf(line, member))];
}

const EXPECTED: ReadonlySet<Outcome> = new Set<Outcome>([
  "copied",
  "empty",
  "symlink",
  "member",
  "delete-marker",
]);

function problemOf(line: AcquisitionLine): string[] {
  if (EXPECTED.has(line.outcome)) return [];
  const name = line.member === undefined ? line.original : `${line.original} » ${line.member}`;
  const fate = SEALED_OUTCOMES.has(line.outcome)
    ? "copied as it was read"
    : line.member === undefined
      ? "not copied"
      : "not read";
  return [`${printable(name)}: ${line.reason ?? line.outcome}; ${fate}`];
}

function nothing(sources: string[]): ColdtrailError {
  return new ColdtrailError(
    "nothing-to-acquire",
    `${sources.join(", ")}: there is nothing in it that is wanted; name a place that holds evidence.`,
    EXIT.usage,
  );
}
