import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AcquisitionLine, lineOf } from "./acquisition-line.js";
import { type Copied, copyObject, copySmallFile } from "./copy.js";
import { errorCode } from "./failure.js";
import type { FileThreads } from "./file-threads.js";
import { SMALL_FILE } from "./file-work.js";
import { type Incoming, PARTIAL } from "./incoming.js";
import type { Journal, JournalEntry } from "./journal.js";
import {
  ObjectDamaged,
  ObjectLost,
  type OpenObject,
  type Origin,
  type Outcome,
  type WantedObject,
} from "./origins/origin.js";
import type { S3Request } from "./origins/s3-facts.js";
import { listZip, looksLikeZip } from "./zip-listing.js";

/** Times that an object is read whose bytes do not match what the origin says of them. */
const READS = 4;

/** Gives the function that copies one object, or finds that an earlier run already did. */
export function copier(
  origin: Origin,
  incoming: Incoming,
  earlier: Map<string, JournalEntry>,
  journal: Journal,
  threads: FileThreads,
  count: (files: number, bytes: number) => void,
  signal: AbortSignal | undefined,
): (object: WantedObject) => Promise<JournalEntry> {
  const folders = new Map<string, Promise<unknown>>();
  const makeFolder = (folder: string) => {
    const made = folders.get(folder) ?? mkdir(folder, { recursive: true });
    folders.set(folder, made);
    return made;
  };
  let copies = 0;
  return async (object) => {
    const without = (outcome: Outcome, reason?: string, lost?: ObjectLost): JournalEntry => {
      count(1, 0);
      const line = lineOf(object, origin.kind, { outcome, size: 0, reason, facts: lost?.facts });
      return { line, members: [], fingerprint: object.fingerprint, ...requestsOf(lost?.requests) };
    };
    if (object.outcome !== undefined) return without(object.outcome);
    const target = join(incoming.bag, object.path);
    const kept = earlier.get(object.path);
    if (kept?.fingerprint === object.fingerprint && (await isIntact(incoming.bag, kept.line, threads))) {
      count(1, kept.line.size);
      const { outcome, size, sha256, reason } = kept.line;
      const line = lineOf(object, origin.kind, { outcome, size, sha256, reason });
      // What only reading teaches stands in the line of the run that read it, in its place.
      return { ...kept, line: { ...kept.line, ...line } };
    }
    const places = { partial: join(dirname(target), `${PARTIAL}${++copies}`), target, threads };
    const copyOnce = async (reads: number): Promise<{ opened?: OpenObject; copied: Copied }> => {
      if (isSmallFile(origin, object)) {
        const copied = await copySmallFile(origin.onDisk(object), places);
        if (copied !== undefined) {
          count(0, copied.size);
          return { copied };
        }
      }
      const opened = await origin.open(object);
      let read = 0;
      const onBytes = (bytes: number) => {
        read += bytes;
        count(0, bytes);
      };
      try {
        const copied = await copyObject(opened, { ...places, onBytes, signal });
        return { opened, copied };
      } catch (error) {
        count(0, -read);
        if (!(error instanceof ObjectDamaged) || reads === READS) throw error;
        origin.note?.(object, error);
      } finally {
        await opened.close();
      }
      return copyOnce(reads + 1);
    };
    try {
      await makeFolder(dirname(target));
      const { opened, copied } = await copyOnce(1);
      const outcome = copied.changed !== undefined ? "changed" : copied.size === 0 ? "empty" : "copied";
      const line = lineOf(object, origin.kind, {
        outcome,
        size: copied.size,
        sha256: copied.sha256,
        reason: copied.changed,
        facts: opened?.facts?.(),
      });
      const members = looksLikeZip(copied.magic, object.path) ? await listZip(target, signal) : [];
      const entry = { line, members, fingerprint: object.fingerprint, ...requestsOf(opened?.requests?.()) };
      await journal.add(entry);
      count(1, 0);
      return entry;
    } catch (error) {
      if (error instanceof ObjectLost) return without(error.outcome, error.message, error);
      if (error instanceof ObjectDamaged) return without("damaged", `${error.message}, ${READS} times`);
      throw error;
    }
  };
}

/** Whether an object is copied in one go by a thread. */
export function isSmallFile(
  origin: Origin,
  { size, outcome }: WantedObject,
): origin is Origin & Required<Pick<Origin, "onDisk">> {
  return origin.onDisk !== undefined && outcome === undefined && size <= SMALL_FILE;
}

function requestsOf(requests: S3Request[] | undefined): { requests?: S3Request[] } {
  return requests === undefined || requests.length === 0 ? {} : { requests };
}

/** Whether the copy that a line speaks of is there with the bytes the line says. */
export async function isIntact(bag: string, line: AcquisitionLine, threads: FileThreads): Promise<boolean> {
  try {
    const path = join(bag, line.path);
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size !== line.size) return false;
    return (await threads.run({ kind: "hash", path })).sha256 === line.sha256;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
