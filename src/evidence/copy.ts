import { createHash } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { ColdtrailError, EXIT } from "../errors.js";
import type { FileThreads } from "./file-threads.js";
import { SMALL_FILE } from "./file-work.js";
import { type ListedFile, ObjectLost, type OpenObject } from "./origins/origin.js";

export interface Copied {
  size: number;
  sha256: string;
  /** The first four bytes, as Latin-1. */
  magic: string;
  /** How the object changed while it was read. */
  changed?: string;
}

/** Where a copy is made, where it belongs, and who works on files. */
export interface CopyPlaces {
  partial: string;
  target: string;
  threads: FileThreads;
}

/**
 * Copies an object to `partial`, hashing what is read, then reads the copy back, compares, and renames it to `target`. The copy is
 * read-only from its first byte. Rejects with `copy-differs` when the disk gives back something else than was written.
 * The copy is read back through the operating system, which may answer from its cache: this proves what was written, while
 * `verify` proves what the disk holds.
 */
export async function copyObject(
  object: OpenObject,
  {
    partial,
    target,
    threads,
    onBytes,
    signal,
  }: CopyPlaces & { onBytes: (bytes: number) => void; signal?: AbortSignal | undefined },
): Promise<Copied> {
  const hash = createHash("sha256");
  let size = 0;
  let magic = "";
  try {
    const copy = await open(partial, "wx+", 0o444);
    let readBack: { sha256: string };
    try {
      for await (const chunk of object.chunks) {
        signal?.throwIfAborted();
        if (size === 0) magic = chunk.toString("latin1", 0, 4);
        size += chunk.length;
        const written = writeAll(copy, chunk);
        hash.update(chunk); // while the disk writes
        await written;
        onBytes(chunk.length);
      }
      if (size > SMALL_FILE) await copy.datasync();
      readBack = await threads.run({ kind: "hash-open", file: copy.fd });
    } finally {
      await copy.close();
    }
    const changed = await object.changed();
    const sha256 = hash.digest("hex");
    if (readBack.sha256 !== sha256) throw copyDiffers(target, readBack.sha256, sha256);
    await rename(partial, target);
    return { size, sha256, magic, ...(changed === undefined ? {} : { changed }) };
  } catch (error) {
    await unlink(partial).catch(() => undefined); // the first error says more; a resumed run clears the folder anyway
    throw error;
  }
}

/**
 * The same for a small file on a disk, by one thread in one go; undefined when the file has grown beyond that. Rejects with
 * `ObjectLost`, too.
 */
export async function copySmallFile(
  listed: ListedFile,
  { partial, target, threads }: CopyPlaces,
): Promise<Copied | undefined> {
  const from = { location: listed.location.toString("latin1"), ino: listed.ino };
  const copied = await threads.run({ kind: "copy", from, partial, target });
  if (copied === "grown") return undefined;
  if ("lost" in copied) throw new ObjectLost(copied.lost.outcome, copied.lost.message);
  if ("differs" in copied) throw copyDiffers(target, copied.differs, copied.sha256);
  const { size, sha256, magic, changed } = copied;
  return { size, sha256, magic, ...(changed === undefined ? {} : { changed }) };
}

function copyDiffers(target: string, copy: string, original: string): ColdtrailError {
  return new ColdtrailError(
    "copy-differs",
    `${target}: sha256 of the copy is ${copy}, of the original ${original}; the disk or the memory of this machine is not reliable, acquire onto another one.`,
    EXIT.evidenceNotIntact,
  );
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
}
