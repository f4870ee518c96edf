import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { errorCode, reasonOf } from "../failure.js";
import { type ListedFile, ObjectLost, type OpenObject } from "./origin.js";

const BUFFER = 1 << 20;

// Absent on Windows. NOFOLLOW and NONBLOCK: the file may have been swapped for a link or a pipe since it was listed.
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOATIME = 0 } = constants as Record<string, number>;
const FLAGS = (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
/** Reading leaves no trace in the source's access times where we own the file; where we do not, the system refuses this flag. */
const UNTRACED = FLAGS | (O_NOATIME ?? 0);

/** Opens a file to be read in pieces. Rejects with `ObjectLost`. */
export async function openFile(listed: ListedFile): Promise<OpenObject> {
  let file: FileHandle | undefined;
  try {
    file = await open(listed.location, UNTRACED).catch((error) => {
      if (errorCode(error) === "EPERM") return open(listed.location, FLAGS);
      throw error;
    });
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) throw replaced();
    return reading(file, before, listed);
  } catch (error) {
    await file?.close();
    throw lost(error);
  }
}

function reading(file: FileHandle, before: BigIntStats, listed: ListedFile): OpenObject {
  let read = 0n;
  const chunks = readChunks(file, Number(before.size), (bytes) => {
    read += BigInt(bytes);
  });
  const changed = async () => {
    const after = await file.stat({ bigint: true }).catch((error) => {
      throw lost(error);
    });
    return changeOf(listed, before, read, after);
  };
  return { chunks, changed, close: () => file.close() };
}

/** Reads ahead by one buffer, so that the disk works while the last chunk is hashed and written. */
async function* readChunks(
  file: FileHandle,
  size: number,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const length = Math.min(Math.max(size + 1, 4096), BUFFER);
  const buffers = [Buffer.allocUnsafe(length)];
  const fill = async (turn: number): Promise<Buffer> => {
    buffers[turn] ??= Buffer.allocUnsafe(length);
    const buffer = buffers[turn];
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    return buffer.subarray(0, bytesRead);
  };
  try {
    let chunk = await fill(0);
    for (let turn = 1; chunk.length > 0; turn = 1 - turn) {
      count(chunk.length);
      const next = fill(turn);
      next.catch(() => undefined); // reported when awaited below, even if the consumer stops before that
      yield chunk;
      chunk = await next;
    }
  } catch (error) {
    throw lost(error);
  }
}

/**
 * Reads a file into `room` by calls that wait, and says how it changed meanwhile; undefined when it fills all of that.
 * Throws `ObjectLost`.
 */
export function readWhole(
  listed: ListedFile,
  room: Buffer,
): { bytes: Buffer; changed: string | undefined } | undefined {
  let file: number | undefined;
  try {
    file = openUntraced(listed.location);
    const before = fstatSync(file, { bigint: true });
    if (!before.isFile()) throw replaced();
    let length = 0;
    // A read that ends where the file should needs no other one to show that this is the end.
    for (let read = -1; read !== 0 && !(read > 0 && BigInt(length) === before.size); length += read) {
      read = readSync(file, room, length, room.length - length, null);
      if (length + read === room.length) return undefined;
    }
    const changed = changeOf(listed, before, BigInt(length), fstatSync(file, { bigint: true }));
    return { bytes: room.subarray(0, length), changed };
  } catch (error) {
    throw lost(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function openUntraced(location: Buffer): number {
  try {
    return openSync(location, UNTRACED);
  } catch (error) {
    if (errorCode(error) !== "EPERM") throw error;
    return openSync(location, FLAGS);
  }
}

function changeOf(
  listed: ListedFile,
  before: BigIntStats,
  read: bigint,
  after: BigIntStats,
): string | undefined {
  if (before.ino !== listed.ino) return "it was replaced by another file after it was listed";
  if (read !== before.size) return `it held ${before.size} bytes when opened and gave ${read}`;
  if (fingerprint(before) !== fingerprint(after)) return "its size or time changed while it was read";
  return undefined;
}

/** Changes whenever the content may have changed. */
export function fingerprint(stat: BigIntStats): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
}

function replaced(): ObjectLost {
  return new ObjectLost("unreadable", "it was replaced by something that is no file after it was listed");
}

/** What an error says of the object that was to be read; throws it on when it tells of this machine or of a bug. */
export function lost(error: unknown): ObjectLost {
  if (error instanceof ObjectLost) return error;
  const code = errorCode(error);
  // Neither a bug nor a lack of file handles or memory says anything about the object.
  if (code === undefined || ["EMFILE", "ENFILE", "ENOMEM"].includes(code)) throw error;
  if (code === "ENOENT") return new ObjectLost("missing", "it was listed and gone when it was to be read");
  return new ObjectLost("unreadable", reasonOf(error));
}
