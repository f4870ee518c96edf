import type { ReportContent } from "./content.js";
import { html } from "./html.js";
import { LIMIT } from "./limit.js";
import { code, leftOut, prose, type Section, table, verdict } from "./part.js";
import { counted, formatCount, formatTime } from "./visible.js";

/** The sealed acquisitions, and every sealed file that a finding rests on. */
export function evidenceSection(content: ReportContent): Section {
  const { evidence, artifacts, status } = content;
  const shown = artifacts.slice(0, LIMIT.files);
  // The folder stands at the first of the files that follow one another in it.
  const folders = new Set(
    shown
      .filter((file, index) => folderOf(file.path) !== folderOf(shown[index - 1]?.path ?? ""))
      .map((file) => file.artifact_id),
  );
  const body = html`${verdict(
    `${counted(evidence.bags.length, "sealed acquisition")}, ${counted(status.artifacts, "file")} seen; findings rest on ${counted(artifacts.length, "file")} of them.`,
  )}
${table(
  "Acquisitions",
  evidence.bags,
  [
    { title: "Bag", kind: "no", cell: (bag) => bag.id },
    { title: "Sealed (UTC)", kind: "time", cell: (bag) => formatTime(bag.sealedAt) },
    { title: "Files", kind: "number", cell: (bag) => formatCount(bag.files) },
    { title: "Bytes", kind: "number", cell: (bag) => formatCount(bag.bytes) },
    { title: "Sources", cell: (bag) => prose(bag.sources?.join(", ")) ?? "–" },
    { title: "SHA-256 of its manifest", cell: (bag) => code(bag.manifestSha256) },
  ],
  { empty: "No acquisition is known." },
)}
<p>A record is named by the number of its file and its number in that file, such as <code>12/345</code>; <code>coldtrail record CASE 12 345</code> shows it as sealed.</p>
${table(
  "Files that findings rest on",
  shown,
  [
    {
      title: "File",
      kind: "no",
      cell: (file) => html`<span id="artifact-${file.artifact_id}">${file.artifact_id}</span>`,
    },
    {
      title: "Sealed path and SHA-256",
      kind: "rest",
      cell: (file) =>
        html`${folders.has(file.artifact_id) ? html`${code(folderOf(file.path))}<br>` : null}${code(file.path.slice(folderOf(file.path).length))}${file.member === null ? null : html` member ${code(file.member)}`}<br>${code(file.sha256)}`,
    },
    { title: "Bytes", kind: "number", cell: (file) => formatCount(file.size) },
    { title: "Records", kind: "number", cell: (file) => formatCount(file.records) },
    { title: "Cited", kind: "number", cell: (file) => formatCount(file.cited) },
  ],
  {
    empty: "No finding names a record.",
    style: "dense",
    note:
      leftOut(shown.length, artifacts.length, "findings.jsonl names the others") ??
      "the folder is named at the first of its files",
  },
)}`;
  return { id: "evidence", title: "Evidence", body, leaf: true };
}

/** `evidence/0001/data/` of a path; empty without a folder. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** What was not understood or not claimed by any source. */
export function rejectsSection({ status }: ReportContent): Section {
  const rejected = status.sources.reduce((sum, source) => sum + source.rejected, 0);
  const rejects = status.rejects.slice(0, LIMIT.rejects);
  const groups = groupFiles(status.files);
  const shown = groups.slice(0, LIMIT.rejects);
  const isClean = rejected === 0 && status.unclaimed === 0;
  const body = html`${verdict(
    isClean
      ? "Every record of every claimed file was understood, and no file was left unclaimed."
      : `${counted(rejected, "record")} rejected; ${counted(status.unclaimed, "file")} unclaimed. What they hold is not in the answers above.`,
    isClean ? "" : "bad",
  )}
${table(
  "Records by source",
  status.sources,
  [
    { title: "Source", kind: "head", cell: (row) => row.source },
    { title: "Files", kind: "number", cell: (row) => formatCount(row.artifacts) },
    { title: "Records", kind: "number", cell: (row) => formatCount(row.records) },
    { title: "Rows", kind: "number", cell: (row) => formatCount(row.rows) },
    { title: "Duplicates", kind: "number", cell: (row) => formatCount(row.duplicates) },
    { title: "Skipped", kind: "number", cell: (row) => formatCount(row.skipped) },
    { title: "Rejected", kind: "number", cell: (row) => formatCount(row.rejected) },
  ],
  { note: "records = rows + duplicates + skipped + rejected", empty: "No record was read." },
)}
${table(
  "Rejected records",
  rejects,
  [
    { title: "File", kind: "no", cell: (row) => String(row.artifact_id) },
    { title: "Came from", kind: "wide", cell: (row) => code(row.original) },
    { title: "Rejected", kind: "number", cell: (row) => formatCount(row.rejected) },
    { title: "First record", kind: "number", cell: (row) => formatCount(row.first_record) },
    { title: "Reason", cell: (row) => prose(row.reason) },
  ],
  {
    empty: "No record was rejected.",
    note: leftOut(rejects.length, status.rejects.length, "`coldtrail status` lists all"),
  },
)}
${table(
  "Files with a remark",
  shown,
  [
    { title: "Folder it came from", kind: "wide", cell: (group) => code(group.folder) },
    { title: "State", cell: (group) => html`<span class="state">${group.state}</span>` },
    { title: "Remark", cell: (group) => prose(group.note) ?? "–" },
    { title: "Files", kind: "number", cell: (group) => formatCount(group.files) },
    { title: "First file", kind: "number", cell: (group) => String(group.first) },
  ],
  {
    empty: "There is nothing to say about any file.",
    note: leftOut(shown.length, groups.length, "`coldtrail status` lists every file"),
  },
)}`;
  return { id: "rejects", title: "Rejects and unclaimed files", body };
}

interface FileGroup {
  folder: string;
  state: string;
  note: string | null;
  files: number;
  /** Number of the first file. */
  first: number;
}

/** Files of one folder with the same state and remark are one line; numbers in remarks are taken for equal. */
function groupFiles(files: ReportContent["status"]["files"]): FileGroup[] {
  const groups = new Map<string, FileGroup>();
  for (const { artifact_id: first, original, state, note } of files) {
    const folder = original.split("/").slice(0, -1).slice(0, FOLDER_PARTS).join("/") || "/";
    const key = JSON.stringify([folder, state, note?.replace(/\d+/g, "#") ?? null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { folder, state, note, files: 1, first });
    else {
      group.files += 1;
      if (group.note !== note) group.note = group.note?.replace(/\d+/g, "…") ?? null;
    }
  }
  return [...groups.values()];
}

/** Parts of a path that name a folder in the list of remarks. */
const FOLDER_PARTS = 3;
