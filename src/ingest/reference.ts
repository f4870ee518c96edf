import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, firstLine, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { type Case, REFERENCE_TABLES, readVerdicts } from "../evidence/index.js";

/**
 * Loads `reference/*.csv` and the period of interest of `case.yaml` into the `ref_*` tables, and the verdicts of the last
 * `verify`, when any of it changed.
 * The database must be allowed to read the folder `reference`.
 */
export async function loadReference(database: Database, held: Case): Promise<void> {
  if (await isReferenceCurrent(database, held)) return;
  const fingerprint = await referenceFingerprint(held);
  await database.transaction(async () => {
    for (const [name, { columns }] of Object.entries(REFERENCE_TABLES)) {
      await loadTable(database, held, name, Object.keys(columns));
    }
    await database.run("delete from ref_case");
    await database.run(
      `insert into ref_case values (
         $caseFrom::timestamptz, $caseTo::timestamptz, $baseFrom::timestamptz, $baseTo::timestamptz,
         from_json($accounts, '["VARCHAR"]'), from_json($regions, '["VARCHAR"]'))`,
      {
        caseFrom: held.caseFrom ?? null,
        caseTo: held.caseTo ?? null,
        baseFrom: held.baseFrom ?? null,
        baseTo: held.baseTo ?? null,
        accounts: JSON.stringify(held.accounts),
        regions: JSON.stringify(held.regions),
      },
    );
    await loadVerdicts(database, held);
    await database.run("insert or replace into knowledge values ('reference', $fingerprint)", {
      fingerprint,
    });
  });
}

/** True when the database holds what the files of the case say now. */
export async function isReferenceCurrent(database: Database, held: Case): Promise<boolean> {
  const [current] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'reference'",
  );
  return current?.fingerprint === (await referenceFingerprint(held));
}

/** Hash over all that `loadReference` reads. */
async function referenceFingerprint(held: Case): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify({ ...held, dir: "" }));
  for (const name of Object.keys(REFERENCE_TABLES)) {
    const path = join(held.dir, "reference", `${name}.csv`);
    hash.update(`\n${name}\n`);
    if (existsSync(path)) hash.update(await readFile(path));
  }
  hash.update((await readVerdicts(held)).text);
  return hash.digest("hex");
}

async function loadVerdicts(database: Database, held: Case): Promise<void> {
  const { lines } = await readVerdicts(held);
  await database.run("delete from integrity_verdict");
  await database.append(
    "integrity_verdict",
    lines.map(({ kind, account, region, trail, object, path, verdict, reason }) => [
      kind,
      account,
      region,
      trail,
      object,
      path,
      verdict,
      reason,
    ]),
  );
}

async function loadTable(database: Database, held: Case, name: string, known: string[]): Promise<void> {
  const table = quoteIdentifier(`ref_${name}`);
  await database.run(`delete from ${table}`);
  const path = join(held.dir, "reference", `${name}.csv`);
  if (!existsSync(path)) return;
  const text = await readFile(path, "utf8");
  const header = (text.split(/\r?\n/, 1)[0] ?? "")
    .replace(/^\uFEFF/, "")
    .split(",")
    .map((column) => column.trim().replaceAll('"', ""));
  if (text.trim() === "") return;
  const strange = header.filter((column) => !known.includes(column));
  if (strange.length > 0) {
    throw new ColdtrailError(
      "reference-invalid",
      `reference/${name}.csv: the header names "${strange.join(", ")}", expected are ${known.join(", ")}; save it as comma-separated UTF-8 with that header`,
    );
  }
  const columns = header.map((column) => `${quoteIdentifier(column)}: 'VARCHAR'`).join(", ");
  try {
    await database.run(
      `insert into ${table} by name
       select *, 'analyst' as origin
       from read_csv(${quoteLiteral(path)}, columns = {${columns}}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '')`,
    );
  } catch (error) {
    throw new ColdtrailError(
      "reference-invalid",
      `reference/${name}.csv: ${firstLine(error)}; correct the file and run the command again`,
    );
  }
}
