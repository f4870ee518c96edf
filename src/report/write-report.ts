import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readContent } from "./content.js";
import { findingsCsv, findingsJsonLines, timelineCsv } from "./data-files.js";
import { htmlDocument } from "./document.js";
import type { ReportInput } from "./input.js";
import { markdownDocument } from "./markdown.js";
import { attackLayer } from "./navigator.js";

/** A file that a report is made of. */
export interface ReportFile {
  name: string;
  bytes: number;
  sha256: string;
}

/** Where a report was written, and its files by name; the manifest is the last. */
export interface WrittenReport {
  folder: string;
  files: ReportFile[];
}

const MANIFEST = "manifest-sha256.txt";

/**
 * Writes a report into a folder, which is made when it is not there: `report.html`, `report.md`, `findings.csv`, `findings.jsonl`,
 * `timeline.csv`, `attack-navigator.json`, and `manifest-sha256.txt` for `sha256sum -c`. Equal input gives equal bytes; files of an earlier report are replaced
 * one by one, each at once. Throws `run-unknown` when the database does not hold the run.
 */
export async function writeReport(input: ReportInput, folder: string): Promise<WrittenReport> {
  const content = await readContent(input);
  const documents: [string, string][] = [
    ["attack-navigator.json", attackLayer(content)],
    ["findings.csv", findingsCsv(content)],
    ["findings.jsonl", findingsJsonLines(content)],
    ["report.html", htmlDocument(content)],
    ["report.md", markdownDocument(content)],
    ["timeline.csv", timelineCsv(content)],
  ];
  await mkdir(folder, { recursive: true });
  const files: ReportFile[] = [];
  for (const [name, text] of documents) files.push(await writeOnce(folder, name, text));
  const manifest = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  files.push(await writeOnce(folder, MANIFEST, manifest));
  return { folder, files };
}

/** A reader sees the whole file or the one before, never a part. */
async function writeOnce(folder: string, name: string, text: string): Promise<ReportFile> {
  const bytes = Buffer.from(text, "utf8");
  const path = join(folder, name);
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
  return { name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
