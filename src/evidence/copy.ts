import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { ColdtrailError, EXIT } from "../errors.js";
import type { OpenObject } from "./origins/origin.js";

/** Files up to this size are forced to disk together when the acquisition is sealed, larger ones as they are copied. */
export const SMALL_FILE = 1 << 20;
const BUFFER = 1 << 20;

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
  const copy = await open(partial, "wx", 0o444);
  try {
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
    } finally {
      await copy.close();
    }
    const changed = await object.changed();
    const sha256 = hash.digest("hex");
    const readBack = await hashFile(partial, signal);
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

/** SHA-256 and size of a file, read one megabyte at a time. Rejects with ELOOP for a symbolic link. */
export async function hashFile(
  path: string | Buffer,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<{ sha256: string; size: number }> {
  const file = await open(
    path,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const hash = createHash("sha256");
    const expected = (await file.stat()).size;
    const length = Math.min(expected + 1, BUFFER);
    const buffers = [Buffer.allocUnsafe(length)];
    // Two buffers in turn: the disk fills one while the other is hashed. A small file needs but one.
    const fill = (turn: number) => {
      buffers[turn] ??= Buffer.allocUnsafe(length);
      const filled = file.read(buffers[turn], 0, length, null);
      filled.catch(() => undefined); // reported when awaited
      return filled;
    };
    let size = 0;
    let pending = fill(0);
    for (let turn = 1; ; turn = 1 - turn) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await pending;
      size += bytesRead;
      const isEnd = bytesRead === 0 || (bytesRead < length && size === expected);
      if (!isEnd) pending = fill(turn);
      hash.update(buffer.subarray(0, bytesRead));
      onBytes?.(bytesRead);
      if (isEnd) return { sha256: hash.digest("hex"), size };
    }
  } finally {
    await file.close();
  }
}
