import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errorCode } from "./failure.js";
import { CAUTIOUSLY, type Hashed, sha256 } from "./hash.js";
import { readWhole } from "./origins/disk-file.js";
import { ObjectLost } from "./origins/origin.js";

/**
 * Work on one file by calls that wait for the disk. A small file takes a dozen system calls; to hand each of them to a pool of threads
 * costs several times what the call itself does, so a thread does them all in one go.
 */
export type FileWork =
  /** Copies a small file to `partial`, reads the copy back, compares, and renames it to `target`. */
  | { kind: "copy"; from: SourceFile; partial: string; target: string }
  /** Hashes a file that is not a symbolic link. */
  | { kind: "hash"; path: string }
  /** Hashes an open file from its beginning. */
  | { kind: "hash-open"; file: number }
  /** Forces a file or folder to disk. */
  | { kind: "flush"; path: string };

/** A file as it was listed. */
export interface SourceFile {
  /** The bytes of its path as Latin-1: a string travels to another thread for less than bytes. */
  location: string;
  ino: bigint | undefined;
}

/** How copying a small file ended. */
export type SmallCopy =
  | { size: number; sha256: string; magic: string; changed: string | undefined }
  /** It is not there any more, or cannot be read. */
  | { lost: Pick<ObjectLost, "outcome" | "message"> }
  /** The disk gave back something else than was written; the copy is gone again. */
  | { sha256: string; differs: string }
  /** It has grown beyond what is small; nothing was written. */
  | "grown";

export interface FileWorkResult {
  copy: SmallCopy;
  hash: Hashed;
  "hash-open": Hashed;
  flush: undefined;
}

/** Files up to this size are held in memory as a whole. */
export const SMALL_FILE = 1 << 20;
const SLICE = 1 << 20;

/** Of a thread for all its work; one byte more than a small file has, which shows a file that has grown. */
let rooms: [read: Buffer, readBack: Buffer] | undefined;
const room = (turn: 0 | 1): Buffer => {
  rooms ??= [Buffer.allocUnsafeSlow(SMALL_FILE + 1), Buffer.allocUnsafeSlow(SMALL_FILE + 1)];
  return rooms[turn];
};

/** Does the work; throws what the operating system says of the case's disk. */
export function perform<W extends FileWork>(work: W): FileWorkResult[W["kind"]];
export function perform(work: FileWork): FileWorkResult[FileWork["kind"]] {
  switch (work.kind) {
    case "copy":
      return copySmall(work);
    case "hash":
      return withFile(work.path, CAUTIOUSLY, hashOpen);
    case "hash-open":
      return hashOpen(work.file);
    case "flush":
      return flush(work.path);
  }
}

function copySmall({ from, partial, target }: FileWork & { kind: "copy" }): SmallCopy {
  let read: ReturnType<typeof readWhole>;
  try {
    read = readWhole({ location: Buffer.from(from.location, "latin1"), ino: from.ino }, room(0));
  } catch (error) {
    if (error instanceof ObjectLost) return { lost: { outcome: error.outcome, message: error.message } };
    throw error;
  }
  if (read === undefined) return "grown";
  const { bytes, changed } = read;
  const digest = sha256(bytes);
  try {
    const copy = openSync(partial, "wx+", 0o444);
    let readBack: Buffer;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(copy, bytes, done);
      readBack = readAll(copy, room(1));
    } finally {
      closeSync(copy);
    }
    if (!readBack.equals(bytes)) {
      unlinkSync(partial);
      return { sha256: digest, differs: sha256(readBack) };
    }
    renameSync(partial, target);
  } catch (error) {
    unlinkIfThere(partial);
    throw error;
  }
  return { size: bytes.length, sha256: digest, magic: bytes.toString("latin1", 0, 4), changed };
}

/** The bytes of an open file from its beginning, as far as there is room. */
function readAll(file: number, into: Buffer): Buffer {
  let length = 0;
  for (let read = -1; read !== 0 && length < into.length; length += read)
    read = readSync(file, into, length, into.length - length, length);
  return into.subarray(0, length);
}

function hashOpen(file: number): Hashed {
  const hash = createHash("sha256");
  const slice = room(0).subarray(0, SLICE);
  let size = 0;
  for (let read = -1; read !== 0; size += read) {
    read = readSync(file, slice, 0, SLICE, size);
    hash.update(slice.subarray(0, read));
  }
  return { sha256: hash.digest("hex"), size };
}

function flush(path: string): undefined {
  try {
    withFile(path, constants.O_RDONLY, fsyncSync);
  } catch (error) {
    // Some file systems cannot flush a folder; the renames in it are then as safe as that file system makes them.
    if (errorCode(error) !== "EINVAL" && errorCode(error) !== "ENOTSUP") throw error;
  }
}

function withFile<T>(path: string, flags: number, work: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The first error says more; a resumed run clears the folder anyway.
  }
}
