import { ColdtrailError, EXIT } from "../errors.js";

/** What the operating system's error codes mean for the person at the keyboard. */
const MEANING: Record<string, string> = {
  ENOSPC: "the disk is full; free space there and run the same command again",
  EDQUOT: "the disk quota is used up; free space there and run the same command again",
  EACCES: "permission is denied; run as a user who may read and write there",
  EPERM: "the operation is not permitted; run as a user who may read and write there",
  EROFS: "the file system is read-only; use a case folder on a disk that can be written",
  ENOENT: "it does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder where a file was expected",
  ELOOP: "it is a symbolic link where a file was expected",
  EIO: "the device reports a read or write error",
  EMFILE: "too many files are open; raise the limit of open files (ulimit -n)",
  ENFILE: "too many files are open on this machine",
  ENAMETOOLONG: "the path is longer than the file system allows",
  EFBIG: "the file is larger than the file system or the process limit allows",
  EBUSY: "it is in use by another process",
};

/** Codes of errors that say something about the machine or the case folder, and nothing about our code. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Says in half a sentence what an error of the operating system means: `permission is denied; run as …`. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return `${MEANING[code] ?? "the operating system refuses it"} (${code})`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Turns an error of the operating system into one sentence about `subject`; anything else passes through unchanged,
 * because it is either such a sentence already or a bug that must keep its stack.
 */
export function explain(error: unknown, code: string, subject: string): unknown {
  if (error instanceof ColdtrailError || errorCode(error) === undefined) return error;
  return new ColdtrailError(code, `${subject}: ${reasonOf(error)}.`, EXIT.usage);
}

/** Runs `work` and rethrows what fails in it as `explain` words it. */
export async function explaining<T>(code: string, subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, code, subject);
  }
}
