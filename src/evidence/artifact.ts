import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ColdtrailError, EXIT } from "../errors.js";
import type { AcquisitionLine } from "./acquisition-line.js";
import { ACQUISITION_LIST, isSealedFile, MANIFEST } from "./bag.js";
import type { Case } from "./case.js";
import { explaining } from "./failure.js";
import { readLines, readManifest } from "./manifest.js";
import { printable } from "./safe-path.js";

/** The folder of a sealed acquisition: a number of at least four digits. */
export const ACQUISITION_ID = /^\d{4,}$/;

/** A sealed file. Its number is its place among all sealed files of the case and never changes, because bags only ever follow. */
export interface SealedFile {
  /** 1-based, over all bags in order. */
  artifactId: number;
  /** Number of the acquisition: `0001`. */
  acquisition: string;
  /** Path relative to the case: `evidence/0001/data/…`. */
  path: string;
  /** Name in the origin; what is not UTF-8 shows as U+FFFD. */
  original: string;
  size: number;
  sha256: string;
  /** User metadata of the S3 object it was copied from, names in lower case. */
  metadata?: Record<string, string>;
}

/** Lists the sealed files of all bags in the order of bag and path bytes, from their lists alone; no evidence is read. */
export async function listArtifacts(held: Pick<Case, "dir">): Promise<SealedFile[]> {
  const files: SealedFile[] = [];
  for (const acquisition of await listAcquisitions(held)) {
    const bag = `evidence/${acquisition}`;
    await explaining("evidence-not-readable", join(held.dir, bag), async () => {
      for await (const { path, ...file } of sealedLines(join(held.dir, bag), bag))
        files.push({
          artifactId: files.length + 1,
          acquisition,
          ...file,
          ...named(`${bag}/${path}`, file.original),
        });
    });
  }
  return files;
}

/** The name is mostly the end of the path, and then held in memory only once. */
function named(path: string, original: string): { path: string; original: string } {
  return { path, original: path.endsWith(original) ? path.slice(path.length - original.length) : original };
}

/** The numbers of the sealed acquisitions in order. A link with such a name is none: it may lead anywhere. */
export async function listAcquisitions(held: Pick<Case, "dir">): Promise<string[]> {
  const evidence = join(held.dir, "evidence");
  const entries = await explaining("evidence-not-readable", evidence, () =>
    readdir(evidence, { withFileTypes: true }),
  );
  return entries
    .filter((entry) => entry.isDirectory() && ACQUISITION_ID.test(entry.name))
    .map((entry) => entry.name)
    .sort((a, b) => Number(a) - Number(b));
}

/** Reads manifest and acquisition list side by side, which seal wrote in the same order; neither is held in memory. */
async function* sealedLines(
  folder: string,
  bag: string,
): AsyncGenerator<Omit<SealedFile, "artifactId" | "acquisition">> {
  const acquired = sealedFiles(join(folder, ACQUISITION_LIST));
  for await (const { line, entry } of readManifest(join(folder, MANIFEST))) {
    if (entry === undefined) throw damaged(bag, `${MANIFEST} line ${line} is not a digest and a path`);
    const { value: found } = await acquired.next();
    if (found?.path !== entry.path || found.sha256 !== entry.sha256)
      throw damaged(bag, `${ACQUISITION_LIST} and ${MANIFEST} differ at ${printable(entry.path)}`);
    // Its own digest and not the equal one of the manifest, which would keep a piece of that in memory.
    const { original, size, sha256, metadata } = found;
    yield { path: entry.path, original, size, sha256, ...(metadata && { metadata }) };
  }
  const { value: more } = await acquired.next();
  if (more !== undefined) throw damaged(bag, `${MANIFEST} does not name ${printable(more.path)}`);
}

async function* sealedFiles(list: string): AsyncGenerator<AcquisitionLine, undefined> {
  for await (const text of readLines(list)) {
    const line = parseLine(text);
    if (line !== undefined && isSealedFile(line)) yield line;
  }
}

function parseLine(text: string): AcquisitionLine | undefined {
  try {
    return JSON.parse(text) as AcquisitionLine;
  } catch {
    return undefined; // damaged: its file is then missing from the list, which is reported
  }
}

function damaged(bag: string, fact: string): ColdtrailError {
  return new ColdtrailError(
    "evidence-not-intact",
    `${bag}: ${fact}; run verify to see all that changed after sealing.`,
    EXIT.evidenceNotIntact,
  );
}
