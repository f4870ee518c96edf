import { assetFolder } from "../assets.js";
import { applySchema, Database, isSchemaCurrent, type Limits } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import type { Case } from "../evidence/index.js";
import { databasePath, isDatabaseCurrent, isReferenceCurrent, loadReference } from "../ingest/index.js";
import { isKnowledgeCurrent, loadVocabulary, syncKnowledge } from "../queries/index.js";

/**
 * Opens a case for questions. What the analyst and we know (reference tables, vocabulary) is brought up to date first,
 * which needs a moment of writing; the connection returned can only read.
 */
export async function openAnalysis(held: Case, limits: Limits = {}): Promise<Database> {
  const path = databasePath(held);
  const vocabulary = await loadVocabulary(assetFolder("queries"));
  const reading = await Database.openForAnalysis(path, limits);
  if (!(await isDatabaseCurrent(reading, assetFolder("sql")))) {
    reading.close();
    throw new ColdtrailError(
      "database-outdated",
      `${path}: another version of coldtrail made it; run \`coldtrail ingest\`, which makes it anew from the sealed evidence`,
    );
  }
  const current =
    (await isSchemaCurrent(reading, assetFolder("sql"))) &&
    (await isKnowledgeCurrent(reading, vocabulary)) &&
    (await isReferenceCurrent(reading, held));
  if (current) return reading;
  reading.close();
  const writing = await Database.openForIngest(path, { ...limits, readFolders: [`${held.dir}/reference`] });
  try {
    await applySchema(writing, assetFolder("sql"));
    await loadReference(writing, held);
    await syncKnowledge(writing, { vocabulary });
  } finally {
    writing.close();
  }
  return Database.openForAnalysis(path, limits);
}

/** Opens the database of a case for writing derived rows (runs, findings); no file can be read through it. */
export function openDerived(held: Case, limits: Limits = {}): Promise<Database> {
  return Database.openForIngest(databasePath(held), { ...limits, readFolders: [] });
}
