import { chmod } from "node:fs/promises";
import { errorCode } from "./failure.js";

/**
 * Sets the permissions of a file or folder; false when the file system keeps none that it could set, as FAT does. Evidence is then
 * as safe as its disk, and the digests tell all the same.
 */
export async function setMode(path: string | Buffer, mode: number): Promise<boolean> {
  try {
    await chmod(path, mode);
    return true;
  } catch (error) {
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}
