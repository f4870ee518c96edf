import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";

const BUFFER = 1 << 20;
/** For opening a file of a bag: it may have been swapped for a link, or for a pipe that never answers. */
export const CAUTIOUSLY =
  // Two of them are absent on Windows.
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** SHA-256 of bytes or of text as UTF-8, in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** SHA-256, in hexadecimal, and size of a file. */
export interface Hashed {
  sha256: string;
  size: number;
}

/** SHA-256 and size of a file, read one megabyte at a time. Rejects with ELOOP for a symbolic link. */
export async function hashFile(path: string | Buffer): Promise<Hashed> {
  const file = await open(path, CAUTIOUSLY);
  try {
    const hash = createHash("sha256");
    const expected = (await file.stat()).size;
    // One byte more than expected shows in the first read whether a small file ends where it should.
    const length = Math.min(expected + 1, BUFFER);
    const buffers = [Buffer.allocUnsafe(length)];
    let size = 0;
    // Two buffers in turn: the disk fills one while the other is hashed. A small file needs but one.
    const fill = (turn: number) => {
      buffers[turn] ??= Buffer.allocUnsafe(length);
      const filled = file.read(buffers[turn], 0, length, size);
      filled.catch(() => undefined); // reported when awaited
      return filled;
    };
    let pending = fill(0);
    for (let turn = 1; ; turn = 1 - turn) {
      const { bytesRead, buffer } = await pending;
      size += bytesRead;
      const isEnd = bytesRead === 0 || (bytesRead < length && size === expected);
      if (!isEnd) pending = fill(turn);
      hash.update(buffer.subarray(0, bytesRead));
      if (isEnd) return { sha256: hash.digest("hex"), size };
    }
  } finally {
    await file.close();
  }
}
