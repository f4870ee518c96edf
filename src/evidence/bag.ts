import { createHash } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { type AcquisitionLine, SEALED_OUTCOMES } from "./acquisition-line.js";
import type { Case } from "./case.js";
import { formatManifestLine } from "./manifest.js";
import { setMode } from "./protect.js";

export const MANIFEST = "manifest-sha256.txt";
export const TAG_MANIFEST = "tagmanifest-sha256.txt";
export const ACQUISITION_LIST = "acquisition.jsonl";
/** The tag files that the tag manifest covers, in its order. */
export const TAG_FILES = [ACQUISITION_LIST, "bag-info.txt", "bagit.txt", MANIFEST];
/** RFC 8493 section 2.1.1. */
export const BAGIT_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/** What `bag-info.txt` states beside the case. */
export interface BagFacts {
  id: string;
  sources: string[];
  files: number;
  bytes: number;
  day: string;
  version: string;
}

/**
 * Writes all tag files of a bag, durable and read-only, from the lines sorted by path, and returns the digests of the two manifests.
 * Each file is replaced as a whole, so that an earlier try that was killed leaves nothing behind.
 */
export async function writeTagFiles(
  bag: string,
  held: Case,
  facts: BagFacts,
  lines: AcquisitionLine[],
  /** Tag files of the origin, by name. */
  further: ReadonlyMap<string, Iterable<string>> = new Map(),
): Promise<{ manifestSha256: string; tagManifestSha256: string }> {
  const payload = lines.filter(isSealedFile);
  const write = (name: string, parts: Iterable<string>) => writeTagFile(bag, name, parts);
  const digests = [
    await write(
      ACQUISITION_LIST,
      map(lines, (line) => `${JSON.stringify(line)}\n`),
    ),
    await write("bag-info.txt", bagInfo(held, facts)),
    await write("bagit.txt", [BAGIT_DECLARATION]),
    await write(
      MANIFEST,
      map(payload, (line) => formatManifestLine({ sha256: line.sha256 ?? "", path: line.path })),
    ),
  ];
  const tagLines = TAG_FILES.map((path, index) => formatManifestLine({ sha256: digests[index] ?? "", path }));
  for (const [path, parts] of further)
    tagLines.push(formatManifestLine({ sha256: await write(path, parts), path }));
  return { manifestSha256: digests[3] ?? "", tagManifestSha256: await write(TAG_MANIFEST, tagLines) };
}

/** Whether a line is about a file whose bytes are in the bag. */
export function isSealedFile(line: AcquisitionLine): boolean {
  return line.member === undefined && line.sha256 !== undefined && SEALED_OUTCOMES.has(line.outcome);
}

function bagInfo(held: Case, { id, sources, files, bytes, day, version }: BagFacts): string[] {
  const fields: [string, string][] = [
    ...(held.organisation === undefined
      ? []
      : [["Source-Organization", held.organisation] as [string, string]]),
    ["Contact-Name", held.examiner],
    ["External-Description", `Acquisition ${id} of the case ${held.title}`],
    ["External-Identifier", `${held.id}/${id}`],
    ["Bagging-Date", day],
    ["Payload-Oxum", `${bytes}.${files}`],
    ["Bag-Software-Agent", `coldtrail ${version}`],
    ...sources.map((source): [string, string] => ["Source", source]),
  ];
  // One line a field: a line break in a value would begin a field of its own.
  return fields.map(([label, value]) => `${label}: ${value.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")}\n`);
}

async function writeTagFile(bag: string, name: string, parts: Iterable<string>): Promise<string> {
  const path = join(bag, name);
  const hash = createHash("sha256");
  const file = await open(`${path}.partial`, "w", 0o644);
  try {
    let batch: string[] = [];
    const flush = async () => {
      const bytes = Buffer.from(batch.join(""));
      batch = [];
      hash.update(bytes);
      await file.writeFile(bytes);
    };
    for (const part of parts) if (batch.push(part) >= 4096) await flush();
    await flush();
    await file.sync();
  } finally {
    await file.close();
  }
  await setMode(`${path}.partial`, 0o444);
  await rename(`${path}.partial`, path);
  return hash.digest("hex");
}

function* map<T>(items: Iterable<T>, text: (item: T) => string): Generator<string> {
  for (const item of items) yield text(item);
}
