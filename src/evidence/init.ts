import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { ColdtrailError, EXIT } from "../errors.js";
import { type Case, toCase } from "./case.js";
import { appendCustody } from "./custody.js";
import { explaining } from "./failure.js";
import { REFERENCE_TABLES, referenceGuide, referenceHeader } from "./reference.js";

/** What the examiner states when a case begins; times as ISO 8601 with a zone, or as a UTC date. */
export interface CaseStatement {
  title: string;
  examiner: string;
  organisation?: string;
  caseFrom?: string;
  caseTo?: string;
  baseFrom?: string;
  baseTo?: string;
  accounts?: string[];
  regions?: string[];
}

/**
 * Creates a case: `case.yaml`, empty reference tables with their guide, `evidence/`, `reports/`, and a custody log whose first
 * entry is `init`. `dir` may be missing or an empty folder; `case-exists`, `case-folder-not-empty` otherwise.
 */
export async function initCase(
  dir: string,
  statement: CaseStatement,
  { now, newId, version }: { now: () => Date; newId: () => string; version: string },
): Promise<Case> {
  const folder = resolve(dir);
  const opened = toCase(folder, {
    id: newId(),
    title: statement.title,
    examiner: statement.examiner,
    organisation: statement.organisation ?? "",
    case_from: statement.caseFrom ?? "",
    case_to: statement.caseTo ?? "",
    base_from: statement.baseFrom ?? "",
    base_to: statement.baseTo ?? "",
    accounts: statement.accounts ?? [],
    regions: statement.regions ?? [],
  });
  await refuseUsedFolder(folder);
  await explaining("case-not-writable", folder, async () => {
    for (const part of ["reference", "evidence", "reports"])
      await mkdir(join(folder, part), { recursive: true });
    for (const [name, table] of Object.entries(REFERENCE_TABLES))
      await writeFile(join(folder, "reference", `${name}.csv`), referenceHeader(table));
    await writeFile(join(folder, "reference", "README.md"), referenceGuide());
    await appendCustody(
      opened,
      { action: "init", detail: { case: opened.id, title: opened.title } },
      { now, version },
    );
    // Last, because a folder is a case as soon as it holds this file.
    await writeFile(join(folder, "case.yaml"), caseYaml(opened));
  });
  return opened;
}

async function refuseUsedFolder(folder: string): Promise<void> {
  const names = await explaining("case-not-writable", folder, async () => {
    await mkdir(folder, { recursive: true });
    return readdir(folder);
  });
  if (names.includes("case.yaml"))
    throw new ColdtrailError(
      "case-exists",
      `${folder}: there is a case in this folder already; use it, or name another folder.`,
      EXIT.usage,
    );
  if (names.length > 0)
    throw new ColdtrailError(
      "case-folder-not-empty",
      `${folder}: the folder holds ${names.length} other ${names.length === 1 ? "file" : "files"}; a case needs an empty or new folder.`,
      EXIT.usage,
    );
}

function caseYaml(made: Case): string {
  const scalar = (key: string, value = "") => stringify({ [key]: value }, { lineWidth: 0 });
  const list = (key: string, values: string[]) => `${key}: ${JSON.stringify(values)}\n`;
  return [
    "# The case: who examines what. Times are UTC, like 2026-03-01T00:00:00Z.\n",
    scalar("id", made.id),
    scalar("title", made.title),
    scalar("examiner", made.examiner),
    scalar("organisation", made.organisation),
    "\n# Time range of interest. Empty: the whole evidence.\n",
    scalar("case_from", made.caseFrom),
    scalar("case_to", made.caseTo),
    "\n# Time range of known good behaviour, to tell new from usual. Empty: everything before case_from.\n",
    scalar("base_from", made.baseFrom),
    scalar("base_to", made.baseTo),
    '\n# Accounts (12 digits, in quotes) and regions in scope, like ["111122223333"]. Empty: all.\n',
    list("accounts", made.accounts),
    list("regions", made.regions),
  ].join("");
}
