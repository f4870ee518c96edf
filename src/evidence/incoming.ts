import type { Dirent } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "./hash.js";
import { setMode } from "./protect.js";

/** Folders in `evidence/` that begin so are acquisitions under way. */
export const INCOMING = ".incoming-";

/** Copies under way are named so, beside where they will be: `^` and no hexadecimal digit is in no name that a bag holds. */
export const PARTIAL = "^partial-";

const SLASH = Buffer.from("/");

/** Where an acquisition is put together before it is sealed; `bag` is what becomes the bag, the rest is thrown away. */
export interface Incoming {
  dir: string;
  bag: string;
  journal: string;
  lock: string;
}

/** The work folder of an acquisition: the same sources give the same folder, so that a second run finds what the first left. */
export function incomingOf(caseDir: string, sources: string[]): Incoming {
  const key = sha256(sources.join("\0")).slice(0, 16);
  const dir = join(caseDir, "evidence", `${INCOMING}${key}`);
  return {
    dir,
    bag: join(dir, "bag"),
    journal: join(dir, "journal.jsonl"),
    // Beside the folder, which goes away while the lock is held.
    lock: `${dir}.lock`,
  };
}

/** Makes the work folder ready for copying, whatever state a killed run left it in. */
export async function prepareIncoming(incoming: Incoming): Promise<void> {
  await mkdir(join(incoming.bag, "data"), { recursive: true });
  await reopen(Buffer.from(incoming.bag));
  for (const name of await readdir(incoming.bag))
    if (name !== "data") await rm(join(incoming.bag, name), { recursive: true });
}

/** Makes every folder writable again (a kill may have hit while they were sealed) and removes half-written copies. */
async function reopen(folder: Buffer): Promise<void> {
  await setMode(folder, 0o755);
  for (const entry of await readFolder(folder)) {
    const path = Buffer.concat([folder, SLASH, entry.name]);
    if (entry.isDirectory()) await reopen(path);
    else if (entry.name.toString().startsWith(PARTIAL)) await rm(path);
  }
}

/** Removes from `data/` what is not among the wanted paths: copies that a killed run finished and never noted. */
export async function removeStrays(bag: string, wanted: ReadonlySet<string>): Promise<void> {
  const folders = foldersOf(wanted);
  const clear = async (folder: string): Promise<void> => {
    const location = Buffer.from(join(bag, folder));
    for (const entry of await readFolder(location)) {
      const path = `${folder}/${entry.name.toString("utf8")}`;
      if (entry.isDirectory() && folders.has(path)) await clear(path);
      else if (entry.isDirectory() || !wanted.has(path))
        await rm(Buffer.concat([location, SLASH, entry.name]), { recursive: true });
    }
  };
  await clear("data");
}

/** Every folder that leads to one of the paths, and `data` itself. */
export function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set(["data"]);
  for (const path of paths)
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  return folders;
}

async function readFolder(folder: Buffer): Promise<Dirent<Buffer>[]> {
  return readdir(folder, { withFileTypes: true, encoding: "buffer" });
}
