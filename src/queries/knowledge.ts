import { type Database, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { insertRows, readColumnTypes } from "./rows.js";
import { macroName, type Vocabulary } from "./vocabulary.js";

/** Key of the vocabulary in table `knowledge`. */
const KNOWLEDGE_NAME = "vocabulary";

/** True when the database already holds exactly this vocabulary. */
export async function isKnowledgeCurrent(database: Database, vocabulary: Vocabulary): Promise<boolean> {
  const rows = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = $name",
    { name: KNOWLEDGE_NAME },
  );
  return rows[0]?.fingerprint === vocabulary.fingerprint;
}

/**
 * Writes the named sets (table `named_set`), the patterns (one macro each) and their fingerprint into a case database,
 * so that a query file runs as it is in any DuckDB shell. Needs a writable database; one that is current is left alone.
 *
 * @returns true when something had to be written
 */
export async function syncKnowledge(
  database: Database,
  { vocabulary }: { vocabulary: Vocabulary },
): Promise<boolean> {
  if (await isKnowledgeCurrent(database, vocabulary)) return false;
  await database.transaction(async () => {
    await database.run(
      "create table if not exists named_set (name varchar not null, member varchar not null)",
    );
    await database.run("comment on table named_set is 'Named sets of queries/vocabulary/named-set.yaml.'");
    await database.run("delete from named_set");
    const members = Object.entries(vocabulary.namedSets).flatMap(([name, set]) =>
      set.map((member) => ({ name, member })),
    );
    await insertRows(database, "named_set", await readColumnTypes(database, "named_set"), members);
    const wanted = new Map(
      Object.entries(vocabulary.patterns).map(([name, { pattern }]) => [macroName(name), pattern]),
    );
    for (const old of await patternMacros(database)) {
      if (!wanted.has(old)) await database.run(`drop macro ${quoteIdentifier(old)}`);
    }
    for (const [macro, pattern] of wanted) {
      await database.run(`create or replace macro ${quoteIdentifier(macro)}() as ${quoteLiteral(pattern)}`);
    }
    await database.run(
      `insert into knowledge (name, fingerprint) values ($name, $fingerprint)
       on conflict (name) do update set fingerprint = excluded.fingerprint`,
      { name: KNOWLEDGE_NAME, fingerprint: vocabulary.fingerprint },
    );
  });
  return true;
}

async function patternMacros(database: Database): Promise<string[]> {
  const rows = await database.rows<{ function_name: string }>(
    `select distinct function_name from duckdb_functions()
     where not internal and function_type = 'macro' and starts_with(function_name, 'rx_')
     order by function_name`,
  );
  return rows.map((row) => row.function_name);
}
