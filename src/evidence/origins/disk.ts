import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { ColdtrailError, EXIT } from "../../errors.js";
import { errorCode, reasonOf } from "../failure.js";
import { joinSafe, SafeNames } from "../safe-path.js";
import { fingerprint, lost, openFile } from "./disk-file.js";
import type { ListedFile, Origin, OriginFacts, WantedObject } from "./origin.js";

const SLASH = Buffer.from("/");
/** Entries of a folder looked at together. */
const STAT_BATCH = 64;

/** A folder or file that the examiner named. */
interface Source {
  number: number;
  path: string;
  /** Safe name below `data/`. */
  safe: string;
  stat: BigIntStats;
}

/** There can be a million: each has its name once, and its folder together with all others of that folder. */
interface DiskObject extends WantedObject, Pick<ListedFile, "ino"> {
  /** Path of the folder that it lies in, as bytes. */
  folder: Buffer;
}

/**
 * Files and folders on a mounted disk. Symbolic links are recorded and never followed; names are handled as bytes.
 * Rejects with `source-unusable` and one clause for every source that cannot be used; nothing has been read then.
 */
export async function diskOrigin(sources: string[], caseDir: string): Promise<Origin> {
  const named = await examine(sources, caseDir);
  return {
    kind: "disk",
    sources: named.map((source) => source.path),
    list: () => walk(named),
    open: (object) => openFile(listedFile(object as DiskObject)),
    onDisk: (object) => listedFile(object as DiskObject),
  };
}

function listedFile({ folder, original, ino }: DiskObject): ListedFile {
  const name = original.subarray(original.lastIndexOf("/") + 1);
  return { location: Buffer.concat([folder, SLASH, name]), ino };
}

async function examine(paths: string[], caseDir: string): Promise<Source[]> {
  const problems: string[] = [];
  const sources: Source[] = [];
  const names = new SafeNames();
  const caseFolder = await realpath(caseDir);
  if (paths.length === 0) problems.push("no source is named; name at least one file or folder");
  for (const given of paths) {
    const path = resolve(given);
    try {
      const stat = await lstat(path, { bigint: true });
      const real = await realpath(path);
      if (stat.isSymbolicLink())
        problems.push(`${given}: is a symbolic link to ${real}; name that path itself`);
      else if (!stat.isFile() && !stat.isDirectory())
        problems.push(`${given}: is neither a file nor a folder`);
      else if (isWithin(real, caseFolder) || isWithin(caseFolder, real))
        problems.push(`${given}: the source and the case folder contain one another; keep them apart`);
      else if (sources.some((source) => source.path === path)) problems.push(`${given}: is named twice`);
      else {
        const safe = names.claim(Buffer.from(basename(path) || "root"), Buffer.from(path));
        sources.push({ number: sources.length + 1, path, safe, stat });
      }
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      problems.push(`${given}: ${reasonOf(error)}`);
    }
  }
  if (problems.length > 0)
    throw new ColdtrailError("source-unusable", `${problems.join("; ")}; nothing was acquired.`, EXIT.usage);
  return sources;
}

function isWithin(inner: string, outer: string): boolean {
  const path = relative(outer, inner);
  return path === "" || (path !== ".." && !path.startsWith(`..${sep}`) && resolve(outer, path) === inner);
}

async function* walk(sources: Source[]): AsyncGenerator<DiskObject> {
  for (const source of sources) {
    const location = Buffer.from(source.path);
    const original = Buffer.from(basename(source.path) || "root");
    if (source.stat.isDirectory()) yield* walkFolder(source, location, original);
    else {
      const place = {
        source,
        path: `data/${source.safe}`,
        folder: Buffer.from(dirname(source.path)),
        original,
      };
      yield describe(place, location, source.stat);
    }
  }
}

/** Depth first with a stack of our own: a tree as deep as the attacker likes must not exhaust ours. */
async function* walkFolder(source: Source, top: Buffer, topOriginal: Buffer): AsyncGenerator<DiskObject> {
  const prefix = `data/${source.safe}`;
  const folders: Folder[] = [{ location: top, original: topOriginal, path: prefix }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Buffer[];
    try {
      entries = await readdir(folder.location, { encoding: "buffer" });
    } catch (error) {
      const { path, original, location } = folder;
      yield unreadable({ source, path, original, folder: location }, error);
      continue;
    }
    const names = new SafeNames();
    entries.sort(Buffer.compare);
    for (let start = 0; start < entries.length; start += STAT_BATCH) {
      const found = entries.slice(start, start + STAT_BATCH).map(async (name): Promise<Found> => {
        const location = Buffer.concat([folder.location, SLASH, name]);
        const original = Buffer.concat([folder.original, SLASH, name]);
        const safe = names.claim(name);
        const path = joinSafe(prefix, folder.path, safe, original);
        const place = { source, path, original, folder: folder.location };
        try {
          const stat = await lstat(location, { bigint: true });
          if (stat.isDirectory()) return { folder: { location, original, path: `${folder.path}/${safe}` } };
          return { object: await describe(place, location, stat) };
        } catch (error) {
          return { object: unreadable(place, error) };
        }
      });
      for (const entry of await Promise.all(found))
        if ("folder" in entry) folders.push(entry.folder);
        else yield entry.object;
    }
  }
}

interface Folder {
  location: Buffer;
  original: Buffer;
  path: string;
}

type Found = { folder: Folder } | { object: DiskObject };

/** Where an object was found. */
interface Place extends Pick<DiskObject, "path" | "original" | "folder"> {
  source: Source;
}

async function describe(
  { source, path, original, folder }: Place,
  location: Buffer,
  stat: BigIntStats,
): Promise<DiskObject> {
  const facts: OriginFacts = {
    mtime: stat.mtime.toISOString(),
    mode: Number(stat.mode & 0o7777n)
      .toString(8)
      .padStart(4, "0"),
  };
  const { ino } = stat;
  const found = {
    path,
    original,
    source: source.number,
    folder,
    ino,
    fingerprint: fingerprint(stat),
    facts,
  };
  if (stat.isFile()) return { ...found, size: Number(stat.size) };
  if (stat.isSymbolicLink()) {
    const target = await readlink(location, { encoding: "buffer" });
    facts.target = target.toString("utf8");
    if (!Buffer.from(facts.target).equals(target)) facts.target_base64 = target.toString("base64");
    return { ...found, size: 0, outcome: "symlink" };
  }
  const kind = stat.isFIFO() ? "pipe" : stat.isSocket() ? "socket" : "device";
  facts.reason = `it is a ${kind}, which has no content to copy`;
  return { ...found, size: 0, outcome: "special" };
}

function unreadable({ source, path, original, folder }: Place, error: unknown): DiskObject {
  const { outcome, message } = lost(error);
  return {
    path,
    original,
    source: source.number,
    folder,
    ino: undefined,
    size: 0,
    outcome,
    fingerprint: "",
    facts: { reason: message },
  };
}
