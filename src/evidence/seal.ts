import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AcquisitionLine } from "./acquisition-line.js";
import { ACQUISITION_ID } from "./artifact.js";
import { isSealedFile, MANIFEST, writeTagFiles } from "./bag.js";
import type { Case } from "./case.js";
import { appendCustody, readCustody } from "./custody.js";
import { errorCode } from "./failure.js";
import type { FileThreads } from "./file-threads.js";
import { perform, SMALL_FILE } from "./file-work.js";
import { hashFile } from "./hash.js";
import { foldersOf, type Incoming } from "./incoming.js";
import type { Journal, SealRecord } from "./journal.js";
import { withLock } from "./lock.js";
import { inParallel } from "./parallel.js";
import { setMode } from "./protect.js";

export interface SealFacts {
  sources: string[];
  problems: string[];
  now: () => Date;
  version: string;
  onFile: (bytes: number) => void;
  /** Tag files of the origin, by name. */
  tagFiles?: ReadonlyMap<string, Iterable<string>> | undefined;
}

const UNPROTECTED =
  "the file system keeps no permissions, so the bag is sealed but can be written to; protect the disk itself";

/**
 * Turns the copies into a sealed bag with the next free number and returns what was sealed.
 *
 * Small copies were written without waiting for the disk; they are all forced to it here, before the manifest is written. That is
 * safe because nothing counts before the folder is renamed: until then a power cut leaves an unfinished acquisition, and going on
 * with it hashes every copy again. By now the kernel has written most of them, so a flush finds little left to do.
 */
export async function seal(
  held: Case,
  incoming: Incoming,
  journal: Journal,
  lines: AcquisitionLine[],
  threads: FileThreads,
  facts: SealFacts,
): Promise<SealRecord> {
  const files = lines.filter(isSealedFile);
  const folders = [...foldersOf(files.map((line) => line.path))];
  await inParallel(files, threads.width, async (line) => {
    if (line.size <= SMALL_FILE) await threads.run({ kind: "flush", path: join(incoming.bag, line.path) });
    facts.onFile(line.size);
  });
  let isProtected = true;
  await inParallel(folders, threads.width, async (folder) => {
    const path = join(incoming.bag, folder);
    if (!(await setMode(path, 0o555))) isProtected = false;
    await threads.run({ kind: "flush", path });
  });
  const bytes = files.reduce((sum, line) => sum + line.size, 0);
  const evidence = join(held.dir, "evidence");
  return withLock(join(evidence, ".lock"), async () => {
    const id = await nextId(held);
    const { sources, now, version } = facts;
    const problems = [...facts.problems, ...(isProtected ? [] : [`evidence/${id}: ${UNPROTECTED}`])];
    const day = now().toISOString().slice(0, 10);
    const digests = await writeTagFiles(
      incoming.bag,
      held,
      { id, sources, files: files.length, bytes, day, version },
      lines,
      facts.tagFiles,
    );
    perform({ kind: "flush", path: incoming.bag });
    const record: SealRecord = {
      id,
      ...digests,
      files: files.length,
      bytes,
      outcomes: countOutcomes(lines),
      problems,
    };
    await journal.addSeal(record);
    await rename(incoming.bag, join(evidence, id));
    await concludeSeal(held, incoming, record, facts);
    return record;
  });
}

/**
 * Does what is left after the bag has its number: protects it, tells the custody log, clears the work folder. Each step may have
 * been done before by a run that was killed.
 */
async function concludeSeal(
  held: Case,
  incoming: Incoming,
  record: SealRecord,
  { sources, now, version }: Pick<SealFacts, "sources" | "now" | "version">,
): Promise<void> {
  const evidence = join(held.dir, "evidence");
  await setMode(join(evidence, record.id), 0o555);
  perform({ kind: "flush", path: evidence });
  const isNoted = (await readCustody(held)).some(
    (entry) => entry.action === "acquire" && entry.detail.acquisition === record.id,
  );
  if (!isNoted) {
    const detail = {
      acquisition: record.id,
      sources,
      files: record.files,
      bytes: record.bytes,
      outcomes: record.outcomes,
      manifest_sha256: record.manifestSha256,
      tagmanifest_sha256: record.tagManifestSha256,
    };
    await appendCustody(held, { action: "acquire", detail }, { now, version });
  }
  await rm(incoming.dir, { recursive: true, force: true });
}

/** Finishes a seal that was killed after the bag had its number; false when it had none yet and copying has to go on. */
export async function resumeSeal(
  held: Case,
  incoming: Incoming,
  record: SealRecord,
  facts: Pick<SealFacts, "sources" | "now" | "version">,
): Promise<boolean> {
  const manifest = join(held.dir, "evidence", record.id, MANIFEST);
  try {
    if ((await hashFile(manifest)).sha256 !== record.manifestSha256) return false;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  await withLock(join(held.dir, "evidence", ".lock"), () => concludeSeal(held, incoming, record, facts));
  return true;
}

/** Above every number that exists on disk or in the custody log: the number of a bag that was taken away is not given again. */
async function nextId(held: Case): Promise<string> {
  const present = (await readdir(join(held.dir, "evidence"))).filter((name) => ACQUISITION_ID.test(name));
  const noted = (await readCustody(held)).map((entry) => String(entry.detail?.acquisition ?? ""));
  const numbers = [...present, ...noted].filter((name) => ACQUISITION_ID.test(name)).map(Number);
  return String(Math.max(0, ...numbers) + 1).padStart(4, "0");
}

function countOutcomes(lines: AcquisitionLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of lines) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
