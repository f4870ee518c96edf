import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Folders in `evidence/` that begin so are acquisitions under way. */
export const INCOMING = ".incoming-";

/** Where an acquisition is put together before it is sealed; `bag` is what becomes the bag, the rest is thrown away. */
export interface Incoming {
  dir: string;
  bag: string;
  partial: string;
  journal: string;
  lock: string;
}

/** The work folder of an acquisition: the same sources give the same folder, so that a second run finds what the first left. */
export function incomingOf(caseDir: string, sources: string[]): Incoming {
  const key = createHash("sha256").update(sources.join("\0")).digest("hex").slice(0, 16);
  const dir = join(caseDir, "evidence", `${INCOMING}${key}`);
  return {
    dir,
    bag: join(dir, "bag"),
    partial: join(dir, "partial"),
    journal: join(dir, "journal.jsonl"),
    lock: join(dir, "lock"),
  };
}

/** Makes the work folder ready for copying, whatever state a killed run left it in. */
export async function prepareIncoming(incoming: Incoming): Promise<void> {
  await rm(incoming.partial, { recursive: true, force: true });
  await mkdir(incoming.partial, { recursive: true });
  await mkdir(join(incoming.bag, "data"), { recursive: true });
  await makeWritable(Buffer.from(incoming.bag));
  for (const name of await readdir(incoming.bag))
    if (name !== "data") await rm(join(incoming.bag, name), { recursive: true });
}

async function makeWritable(folder: Buffer): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readFolder(folder))
    if (entry.isDirectory()) await makeWritable(Buffer.concat([folder, Buffer.from("/"), entry.name]));
}

/** Removes from `data/` what is not among the wanted paths: copies that a killed run finished and never noted. */
export async function removeStrays(bag: string, wanted: ReadonlySet<string>): Promise<void> {
  const clear = async (folder: string): Promise<void> => {
    for (const entry of await readFolder(Buffer.from(join(bag, folder)))) {
      const path = `${folder}/${entry.name.toString("utf8")}`;
      if (entry.isDirectory()) await clear(path);
      else if (!wanted.has(path))
        await rm(Buffer.concat([Buffer.from(join(bag, folder)), Buffer.from("/"), entry.name]));
    }
  };
  await clear("data");
  const folders = foldersOf(wanted);
  const prune = async (folder: string): Promise<void> => {
    for (const entry of await readFolder(Buffer.from(join(bag, folder)))) {
      const path = `${folder}/${entry.name.toString("utf8")}`;
      if (!entry.isDirectory()) continue;
      if (folders.has(path)) await prune(path);
      else await rm(join(bag, path), { recursive: true });
    }
  };
  await prune("data");
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
