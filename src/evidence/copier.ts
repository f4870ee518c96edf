import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AcquisitionLine, lineOf } from "./acquisition-line.js";
import { copyObject } from "./copy.js";
import { errorCode } from "./failure.js";
import { hashFile } from "./hash.js";
import { type Incoming, PARTIAL } from "./incoming.js";
import type { Journal, JournalEntry } from "./journal.js";
import { ObjectLost, type Origin, type Outcome, type WantedObject } from "./origins/origin.js";
import { listZip, looksLikeZip } from "./zip-listing.js";

/** Gives the function that copies one object, or finds that an earlier run already did. */
export function copier(
  origin: Origin,
  incoming: Incoming,
  earlier: Map<string, JournalEntry>,
  journal: Journal,
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
    const without = (outcome: Outcome, reason?: string): JournalEntry => {
      count(1, 0);
      const line = lineOf(object, origin.kind, {
        outcome,
        size: 0,
        reason,
      });
      return { line, members: [], fingerprint: object.fingerprint };
    };
    if (object.outcome !== undefined) return without(object.outcome);
    const target = join(incoming.bag, object.path);
    const kept = earlier.get(object.path);
    if (kept?.fingerprint === object.fingerprint && (await isIntact(incoming.bag, kept.line))) {
      count(1, kept.line.size);
      const { outcome, size, sha256, reason } = kept.line;
      return { ...kept, line: lineOf(object, origin.kind, { outcome, size, sha256, reason }) };
    }
    try {
      await makeFolder(dirname(target));
      const opened = await origin.open(object);
      const partial = join(dirname(target), `${PARTIAL}${++copies}`);
      const onBytes = (bytes: number) => count(0, bytes);
      const copied = await copyObject(opened, { partial, target, onBytes, signal }).finally(() =>
        opened.close(),
      );
      const outcome = copied.changed !== undefined ? "changed" : copied.size === 0 ? "empty" : "copied";
      const line = lineOf(object, origin.kind, {
        outcome,
        size: copied.size,
        sha256: copied.sha256,
        reason: copied.changed,
      });
      const members = looksLikeZip(copied.firstBytes, object.path) ? await listZip(target, signal) : [];
      const entry = { line, members, fingerprint: object.fingerprint };
      await journal.add(entry);
      count(1, 0);
      return entry;
    } catch (error) {
      if (error instanceof ObjectLost) return without(error.outcome, error.message);
      throw error;
    }
  };
}

/** Whether the copy that a line speaks of is there with the bytes the line says. */
export async function isIntact(bag: string, line: AcquisitionLine): Promise<boolean> {
  try {
    const path = join(bag, line.path);
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size !== line.size) return false;
    return (await hashFile(path)).sha256 === line.sha256;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
