import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BAGIT_DECLARATION, MANIFEST, TAG_FILES, TAG_MANIFEST } from "./bag.js";
import { errorCode, reasonOf } from "./failure.js";
import type { FileThreads } from "./file-threads.js";
import type { Hashed } from "./hash.js";
import { type ManifestLine, readManifest } from "./manifest.js";
import { inParallel } from "./parallel.js";
import { comparePaths, printable } from "./safe-path.js";

export type EvidenceProblemKind =
  | "missing"
  | "unexpected"
  | "changed"
  | "unreadable"
  /** A symbolic link, pipe, socket or device planted in a bag. */
  | "planted"
  | "malformed"
  /** The payload does not add up to what `bag-info.txt` says. */
  | "payload-oxum"
  /** Bag and custody log contradict one another. */
  | "custody";

/** One thing that is not as it was sealed. */
export interface EvidenceProblem {
  kind: EvidenceProblemKind;
  /** Relative to the case: `evidence/0001/data/…`. */
  path: string;
  /** One sentence. */
  message: string;
}

export interface BagCheck {
  files: number;
  bytes: number;
  problems: EvidenceProblem[];
  /** Digests of the two manifests as they are now; undefined when the file is not there. */
  manifestSha256?: string;
  tagManifestSha256?: string;
}

/** Checks one bag against its own manifests and names everything that differs, in the order of paths. */
export async function checkBag(
  caseDir: string,
  bag: string,
  { threads, onFile }: { threads: FileThreads; onFile: (files: number, bytes: number) => void },
): Promise<BagCheck> {
  const problems: EvidenceProblem[] = [];
  const report: Report = (kind, path, fact) =>
    problems.push({ kind, path: `${bag}/${path}`, message: `${printable(`${bag}/${path}`)}: ${fact}.` });
  const folder = join(caseDir, bag);
  const present = await listFiles(folder, report);
  const listed = await readListed(folder, MANIFEST, present, report);
  const tags = await readListed(folder, TAG_MANIFEST, present, report);
  checkPlaces(listed, tags, report);

  let [files, bytes] = [0, 0];
  let manifestSha256: string | undefined;
  const expected = [...listed.values(), ...tags.values()];
  await inParallel(expected, threads.width, async ({ path, sha256, list }) => {
    if (!present.delete(path)) return void report("missing", path, `the file is missing, ${list} names it`);
    const found = await digest(folder, path, threads, report);
    if (found === undefined) return;
    if (path === MANIFEST) manifestSha256 = found.sha256;
    if (list === MANIFEST) {
      files++;
      bytes += found.size;
      onFile(1, found.size);
    }
    if (found.sha256 !== sha256)
      report(
        "changed",
        path,
        `sha256 is ${found.sha256}, ${list} says ${sha256}; the file changed after it was sealed`,
      );
  });
  const tagManifest = present.delete(TAG_MANIFEST)
    ? await digest(folder, TAG_MANIFEST, threads, report)
    : undefined;
  for (const path of present)
    report("unexpected", path, "the file is in no manifest; it was added after sealing");
  await checkDeclaration(folder, report);
  await checkOxum(folder, [...listed.keys()].length === files ? { files, bytes } : undefined, report);
  problems.sort((a, b) => comparePaths(a.path, b.path));
  return {
    files,
    bytes,
    problems,
    ...(manifestSha256 === undefined ? {} : { manifestSha256 }),
    ...(tagManifest === undefined ? {} : { tagManifestSha256: tagManifest.sha256 }),
  };
}

type Report = (kind: EvidenceProblemKind, path: string, fact: string) => void;
type Listed = ManifestLine & { list: string };

/** Paths of all regular files of a bag; whatever else lies there is reported. Names that are not UTF-8 cannot be ours. */
async function listFiles(bag: string, report: Report): Promise<Set<string>> {
  const found = new Set<string>();
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(bag, folder), { withFileTypes: true, encoding: "buffer" }).catch(
      (error) => {
        if (errorCode(error) === undefined) throw error;
        report("unreadable", folder ?? "", `the folder cannot be read: ${reasonOf(error)}`);
        return [];
      },
    );
    for (const entry of entries) {
      const name = entry.name.toString("utf8");
      const path = folder === "" ? name : `${folder}/${name}`;
      if (!Buffer.from(name).equals(entry.name))
        report("unexpected", path, "its name is not UTF-8; it was added after sealing");
      else if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) found.add(path);
      else {
        const kind = entry.isSymbolicLink() ? "a symbolic link" : "a pipe, socket or device";
        report("planted", path, `it is ${kind}, a bag holds only files; it was put there after sealing`);
      }
    }
  }
  return found;
}

async function readListed(
  bag: string,
  list: string,
  present: ReadonlySet<string>,
  report: Report,
): Promise<Map<string, Listed>> {
  const listed = new Map<string, Listed>();
  if (!present.has(list)) {
    if (list === TAG_MANIFEST) report("missing", list, "the file is missing; every sealed bag has one");
    return listed;
  }
  try {
    for await (const { line, entry } of readManifest(join(bag, list))) {
      if (entry === undefined)
        report("malformed", list, `line ${line} is not a digest and a path inside the bag`);
      else if (listed.has(entry.path))
        report("malformed", list, `line ${line} names ${printable(entry.path)} a second time`);
      else listed.set(entry.path, { ...entry, list });
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    report("unreadable", list, `the file cannot be read: ${reasonOf(error)}`);
  }
  return listed;
}

/** Payload belongs in one manifest and tag files in the other; a file moved between the lists would else go unseen. */
function checkPlaces(listed: Map<string, Listed>, tags: Map<string, Listed>, report: Report): void {
  for (const path of listed.keys())
    if (!path.startsWith("data/")) {
      report("malformed", MANIFEST, `it names ${printable(path)}, which is not below data/`);
      listed.delete(path);
    }
  for (const path of tags.keys())
    if (path.startsWith("data/") || path === TAG_MANIFEST) {
      report("malformed", TAG_MANIFEST, `it names ${printable(path)}, which is no tag file`);
      tags.delete(path);
    }
  if (tags.size === 0) return;
  for (const path of TAG_FILES)
    if (!tags.has(path))
      report("malformed", TAG_MANIFEST, `it does not name ${path}; every sealed bag lists it`);
}

async function digest(
  bag: string,
  path: string,
  threads: FileThreads,
  report: Report,
): Promise<Hashed | undefined> {
  try {
    return await threads.run({ kind: "hash", path: join(bag, path) });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    report("unreadable", path, `the file cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
}

async function checkDeclaration(bag: string, report: Report): Promise<void> {
  const text = await readText(bag, "bagit.txt");
  if (text !== undefined && text !== BAGIT_DECLARATION)
    report("malformed", "bagit.txt", `it must read ${JSON.stringify(BAGIT_DECLARATION)}`);
}

/** Bytes and files of the payload as `bag-info.txt` states them, `1234.5`; null when it cannot be read. */
export async function statedOxum(bag: string): Promise<string | undefined | null> {
  const text = await readText(bag, "bag-info.txt");
  return text === undefined ? null : /^Payload-Oxum: (\d+\.\d+)$/m.exec(text)?.[1];
}

async function checkOxum(
  bag: string,
  payload: { files: number; bytes: number } | undefined,
  report: Report,
): Promise<void> {
  const stated = await statedOxum(bag);
  if (stated === null) return;
  if (stated === undefined) report("malformed", "bag-info.txt", "it states no Payload-Oxum");
  else if (payload !== undefined && stated !== `${payload.bytes}.${payload.files}`)
    report(
      "payload-oxum",
      "bag-info.txt",
      `the payload is ${payload.bytes} bytes in ${payload.files} files, Payload-Oxum says ${stated}`,
    );
}

/** Undefined when the file cannot be read; the comparison with the tag manifest has said so already. */
async function readText(bag: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(bag, name), "utf8");
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
