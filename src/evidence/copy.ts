import { createHash } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { ColdtrailError, EXIT } from "../errors.js";
import { hashHandle } from "./hash.js";
import type { OpenObject } from "./origins/origin.js";

/** Files up to this size are forced to disk together when the acquisition is sealed, larger ones as they are copied. */
export const SMALL_FILE = 1 << 20;

export interface Copied {
  size: number;
  sha256: string;
  firstBytes: Buffer;
  /** How the object changed while it was read. */
  changed?: string;
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
    onBytes,
    signal,
  }: { partial: string; target: string; onBytes: (bytes: number) => void; signal?: AbortSignal | undefined },
): Promise<Copied> {
  const hash = createHash("sha256");
  let size = 0;
  let firstBytes = Buffer.alloc(0);
  try {
    const copy = await open(partial, "wx+", 0o444);
    let readBack: { sha256: string };
    try {
      for await (const chunk of object.chunks) {
        signal?.throwIfAborted();
        if (size === 0) firstBytes = Buffer.from(chunk.subarray(0, 4));
        size += chunk.length;
        const written = writeAll(copy, chunk);
        hash.update(chunk); // while the disk writes
        await written;
        onBytes(chunk.length);
      }
      if (size > SMALL_FILE) await copy.datasync();
      readBack = await hashHandle(copy, size, signal);
    } finally {
      await copy.close();
    }
    const changed = await object.changed();
    const sha256 = hash.digest("hex");
    if (readBack.sha256 !== sha256)
      throw new ColdtrailError(
        "copy-differs",
        `${target}: sha256 of the copy is ${readBack.sha256}, of the original ${sha256}; the disk or the memory of this machine is not reliable, acquire onto another one.`,
        EXIT.evidenceNotIntact,
      );
    await rename(partial, target);
    return { size, sha256, firstBytes, ...(changed === undefined ? {} : { changed }) };
  } catch (error) {
    await unlink(partial).catch(() => undefined); // the first error says more; a resumed run clears the folder anyway
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
}
