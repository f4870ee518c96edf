import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, readlink, realpath } from "node:fs/promises";
import { basename, relative, resolve, sep } from "node:path";
import { ColdtrailError, EXIT } from "../../errors.js";
import { errorCode, reasonOf } from "../failure.js";
import { joinSafe, SafeNames } from "../safe-path.js";
import { ObjectLost, type OpenObject, type Origin, type OriginFacts, type WantedObject } from "./origin.js";

const BUFFER = 1 << 20;
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

interface DiskObject extends WantedObject {
  /** Path on disk as bytes: names on disk need not be UTF-8. */
  location: Buffer;
  stat?: BigIntStats;
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
    open: (object) => openFile(object as DiskObject),
  };
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
    else yield describe(source, `data/${source.safe}`, location, original, source.stat);
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
      yield unreadable(source, folder.path, folder.location, folder.original, error);
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
        try {
          const stat = await lstat(location, { bigint: true });
          if (stat.isDirectory()) return { folder: { location, original, path: `${folder.path}/${safe}` } };
          return { object: await describe(source, path, location, original, stat) };
        } catch (error) {
          return { object: unreadable(source, path, location, original, error) };
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

async function describe(
  source: Source,
  path: string,
  location: Buffer,
  original: Buffer,
  stat: BigIntStats,
): Promise<DiskObject> {
  const facts: OriginFacts = {
    mtime: stat.mtime.toISOString(),
    mode: Number(stat.mode & 0o7777n)
      .toString(8)
      .padStart(4, "0"),
  };
  const found = { path, original, source: source.number, location, fingerprint: fingerprint(stat), facts };
  if (stat.isFile()) return { ...found, size: Number(stat.size), stat };
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

function unreadable(
  source: Source,
  path: string,
  location: Buffer,
  original: Buffer,
  error: unknown,
): DiskObject {
  const { outcome, message } = lost(error);
  return {
    path,
    original,
    source: source.number,
    location,
    size: 0,
    outcome,
    fingerprint: "",
    facts: { reason: message },
  };
}

function lost(error: unknown): ObjectLost {
  if (error instanceof ObjectLost) return error;
  const code = errorCode(error);
  // Neither a bug nor a lack of file handles or memory says anything about the object.
  if (code === undefined || ["EMFILE", "ENFILE", "ENOMEM"].includes(code)) throw error;
  if (code === "ENOENT") return new ObjectLost("missing", "it was listed and gone when it was to be read");
  return new ObjectLost("unreadable", reasonOf(error));
}

function fingerprint(stat: BigIntStats): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
}

// Absent on Windows. NOFOLLOW and NONBLOCK: the file may have been swapped for a link or a pipe since it was listed.
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOATIME = 0 } = constants as Record<string, number>;

async function openFile(object: DiskObject): Promise<OpenObject> {
  const flags = (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
  let file: FileHandle | undefined;
  try {
    // Reading leaves no trace in the source's access times where we own the file.
    file = await open(object.location, flags | (O_NOATIME ?? 0)).catch((error) => {
      if (errorCode(error) === "EPERM") return open(object.location, flags);
      throw error;
    });
    const before = await file.stat({ bigint: true });
    if (!before.isFile())
      throw new ObjectLost("unreadable", "it was replaced by something that is no file after it was listed");
    return reading(file, before, object);
  } catch (error) {
    await file?.close();
    throw lost(error);
  }
}

function reading(file: FileHandle, before: BigIntStats, object: DiskObject): OpenObject {
  let read = 0n;
  const chunks = readChunks(file, Number(before.size), (bytes) => {
    read += BigInt(bytes);
  });
  const changed = async () => {
    const after = await file.stat({ bigint: true }).catch((error) => {
      throw lost(error);
    });
    if (before.ino !== object.stat?.ino) return "it was replaced by another file after it was listed";
    if (read !== before.size) return `it held ${before.size} bytes when opened and gave ${read}`;
    if (fingerprint(before) !== fingerprint(after)) return "its size or time changed while it was read";
    return undefined;
  };
  return { chunks, changed, close: () => file.close() };
}

/** Reads ahead by one buffer, so that the disk works while the last chunk is hashed and written. */
async function* readChunks(
  file: FileHandle,
  size: number,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  // One byte more than expected shows in the first read whether a small file ends where it should.
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
      // A short first read of a small file is its end; asking again would cost one more call for every small file.
      const isWhole = chunk.length < length && chunk.length === size;
      const next = isWhole ? undefined : fill(turn);
      next?.catch(() => undefined); // reported when awaited below, even if the consumer stops before that
      yield chunk;
      if (next === undefined) return;
      chunk = await next;
    }
  } catch (error) {
    throw lost(error);
  }
}
