import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ColdtrailError, EXIT } from "../errors.js";
import type { AcquisitionLine } from "./acquisition-line.js";
import { ACQUISITION_LIST, isSealedFile, MANIFEST } from "./bag.js";
import type { Case } from "./case.js";
import { explaining } from "./failure.js";
import { readLines, readManifest } from "./manifest.js";

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
}

/** Lists the sealed files of all bags in the order of bag and path bytes, from the manifests alone; no evidence is read. */
export async function listArtifacts(held: Pick<Case, "dir">): Promise<SealedFile[]> {
  const files: SealedFile[] = [];
  for (const acquisition of await listAcquisitions(held)) {
    const bag = join(held.dir, "evidence", acquisition);
    const acquired = await readAcquired(bag);
    for await (const { line, entry } of readManifest(join(bag, MANIFEST))) {
      if (entry === undefined)
        throw damaged(acquisition, `${MANIFEST} line ${line} is not a digest and a path`);
      const found = acquired.get(entry.path);
      if (found === undefined) throw damaged(acquisition, `${ACQUISITION_LIST} does not know ${entry.path}`);
      files.push({
        artifactId: files.length + 1,
        acquisition,
        path: `evidence/${acquisition}/${entry.path}`,
        original: found.original,
        size: found.size,
        sha256: entry.sha256,
      });
    }
  }
  return files;
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

async function readAcquired(bag: string): Promise<Map<string, { original: string; size: number }>> {
  const acquired = new Map<string, { original: string; size: number }>();
  const list = join(bag, ACQUISITION_LIST);
  await explaining("evidence-not-readable", list, async () => {
    for await (const text of readLines(list)) {
      const line = parseLine(text);
      if (line !== undefined && isSealedFile(line))
        acquired.set(line.path, { original: line.original, size: line.size });
    }
  });
  return acquired;
}

function parseLine(text: string): AcquisitionLine | undefined {
  try {
    return JSON.parse(text) as AcquisitionLine;
  } catch {
    return undefined; // damaged: the file it spoke of is then missing from the list, which is reported
  }
}

function damaged(acquisition: string, fact: string): ColdtrailError {
  return new ColdtrailError(
    "evidence-not-intact",
    `evidence/${acquisition}: ${fact}; run verify to see all that changed after sealing.`,
    EXIT.evidenceNotIntact,
  );
}
