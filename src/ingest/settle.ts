import { readFile } from "node:fs/promises";
import { type Database, quoteIdentifier, quoteLiteral, sqlFiles } from "../database/index.js";
import { runSliced } from "./slices.js";
import type { Source } from "./source.js";
import { ARROW } from "./unwrap.js";

/** An artifact whose records do not add up: the law of conservation is broken, which is a bug of a source. */
export interface BrokenCount {
  path: string;
  records: number;
  rows: number;
  duplicates: number;
  skipped: number;
  rejected: number;
}

/**
 * Brings the loaded rows to their final state: duplicates out, conflicts flagged, derived tables made.
 *
 * It depends on nothing but what is in the tables, so that an interrupted ingest settles to the same rows.
 */
export async function settle(database: Database, sources: Source[], sqlFolder: string): Promise<void> {
  for (const source of sources) {
    if (source.identity === undefined) continue;
    for (const table of source.emits) await removeDuplicates(database, table, source);
  }
  for (const file of await sqlFiles(`${sqlFolder}/derived`)) {
    await runSliced(database, await readFile(file, "utf8"));
  }
}

/**
 * Moves repeats of a record to `duplicate` and keeps the one with the lowest artifact and record number. Two records
 * are the same when all that was read of them is equal; equal identities with other content are kept and flagged.
 */
async function removeDuplicates(database: Database, table: string, source: Source): Promise<void> {
  const name = quoteIdentifier(table);
  const identity = (source.identity ?? []).map(quoteIdentifier);
  const key = identity.join(", ");
  // A hash finds the few candidates in one cheap pass; equality is decided on the values themselves.
  await database.run(`create or replace temp table candidate as
    select artifact_id, record_no
    from ${name}
    where ${identity[0]} is not null
        and hash(${key}) in (select hash(${key}) from ${name} where ${identity[0]} is not null group by 1 having count(*) > 1)`);
  const [{ n: candidates } = { n: 0 }] = await database.rows<{ n: number }>(
    "select count(*) as n from candidate",
  );
  if (candidates === 0) return;
  const content = (await payloadColumns(database, table))
    .map((column) => `${quoteIdentifier(column)} := ${quoteIdentifier(column)}`)
    .join(", ");
  await database.run(`create or replace temp table repeated as
    with compared as (
        select
            artifact_id,
            record_no,
            first_value(artifact_id) over same as of_artifact_id,
            first_value(record_no) over same as of_record_no
        from (
            select artifact_id, record_no, to_json(struct_pack(${content}))::varchar as content
            from ${name} semi join candidate using (artifact_id, record_no)
        )
        window same as (partition by content order by artifact_id, record_no)
    )
    select * from compared where (artifact_id, record_no) <> (of_artifact_id, of_record_no)`);
  // Together, so that whatever ends the program in between, no record is both a row and a duplicate.
  await database.transaction(async () => {
    await database.run(
      "insert into duplicate select artifact_id, record_no, of_artifact_id, of_record_no from repeated",
    );
    await database.run(
      `delete from ${name} using repeated where ${name}.artifact_id = repeated.artifact_id and ${name}.record_no = repeated.record_no`,
    );
  });
  if (source.conflict_flag === undefined) return;
  const flag = quoteLiteral(source.conflict_flag);
  await database.run(`update ${name}
    set flags = list_append(coalesce(flags, []), ${flag})
    from (
        select ${key} from ${name} semi join candidate using (artifact_id, record_no)
        group by all having count(*) > 1
    ) as conflict
    where ${identity.map((column) => `${name}.${column} is not distinct from conflict.${column}`).join(" and ")}
        and not list_contains(coalesce(flags, []), ${flag})`);
}

async function payloadColumns(database: Database, table: string): Promise<string[]> {
  const rows = await database.rows<{ name: string }>(
    "select column_name as name from duckdb_columns() where table_name = $table and not internal and column_name not in ('artifact_id', 'record_no', 'flags') order by column_index",
    { table },
  );
  return rows.map((row) => row.name);
}

/** Counts what became of the records of every artifact; returns those that do not add up. */
export async function countRecords(database: Database, sources: Source[]): Promise<BrokenCount[]> {
  // Rows of a derived table are no records of their own: a table counts for the sources that emit into it, and for
  // containers whose records may go to any source.
  const tables = new Set(sources.flatMap((source) => source.emits));
  const rows = [...tables]
    .map((table) => {
      const emitters = sources.filter(({ emits }) => emits.includes(table)).map(({ id }) => quoteLiteral(id));
      return `select artifact_id, count(*) as row_count
        from ${quoteIdentifier(table)}
        where artifact_id in (
            select artifact_id from artifact where source in (${emitters.join(", ")}) or contains(container, ${quoteLiteral(ARROW)})
        )
        group by artifact_id`;
    })
    .join(" union all ");
  await database.run("delete from record_count");
  await database.run(`insert into record_count
    with loaded as (select artifact_id, sum(row_count) as row_count from (${rows}) group by artifact_id),
    duplicate_count as (select artifact_id, count(*) as duplicates from duplicate group by artifact_id),
    skip_count as (select artifact_id, count(*) as skipped from skip group by artifact_id),
    reject_count as (select artifact_id, count(*) as rejected from reject group by artifact_id),
    repeated_file as (
        select repeat.artifact_id, original.source, original.records
        from artifact as repeat
        join artifact as original on original.artifact_id = repeat.duplicate_of
        where original.source is not null
    )
    select
        artifact_id,
        source,
        records::bigint as records,
        coalesce(row_count, 0)::bigint as row_count,
        coalesce(duplicates, 0)::bigint as duplicates,
        coalesce(skipped, 0)::bigint as skipped,
        coalesce(rejected, 0)::bigint as rejected
    from artifact
    left join loaded using (artifact_id)
    left join duplicate_count using (artifact_id)
    left join skip_count using (artifact_id)
    left join reject_count using (artifact_id)
    where source is not null and state = 'loaded'
    union all
    select artifact_id, source, records, 0, records, 0, 0 from repeated_file`);
  return database.rows<BrokenCount>(
    `select path, c.records, c.row_count as "rows", c.duplicates, c.skipped, c.rejected
     from record_count as c join artifact using (artifact_id)
     where c.records <> c.row_count + c.duplicates + c.skipped + c.rejected
     order by artifact_id`,
  );
}
