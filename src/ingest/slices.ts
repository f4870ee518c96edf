import { type Database, quoteIdentifier } from "../database/index.js";

/** Rows that DuckDB reads at a time. */
const VECTOR = 2048;
/** Bytes of large values that one vector may hold: taking them apart needs some thirty times as much. */
const LIGHT = 16 * 1024 * 1024;
/** Bytes of a slice where vectors are heavier. */
const SLICE = 16 * 1024 * 1024;
/** A single value from which on more memory is needed, as much as parsing takes. */
const LARGE = 16 * 1024 * 1024;

/** `-- sliced: bedrock_invocation by coalesce(input_bytes, 0) + coalesce(output_bytes, 0)` */
const HEADER = /^-- sliced: (\w+) by (.+)$/m;

/**
 * Runs a script in one transaction, or in slices, each in one, where it asks for them by a line
 * `-- sliced: <table> by <bytes of a row>`: as often as is needed so that no run looks at more than some megabytes of large
 * values at a time. It finds the rows of its slice by `rowid between getvariable('slice_first') and getvariable('slice_last')`.
 *
 * DuckDB holds all values of 2,048 rows at once, whatever they weigh, and a prompt may weigh a megabyte.
 */
export async function runSliced(database: Database, script: string): Promise<void> {
  const [, table, bytes] = HEADER.exec(script) ?? [];
  if (table === undefined || bytes === undefined) {
    await database.transaction(() => database.run(script));
    return;
  }
  for (const { first, last, largest } of await slicesOf(database, table, bytes)) {
    await database.run(`set variable slice_first = ${first}; set variable slice_last = ${last}`);
    const memory = largest < LARGE ? 0 : largest * 16 + 512 * 1024 * 1024;
    await database.withMemory(memory, () => database.transaction(() => database.run(script)));
  }
}

/** Rows from `first` to `last`, none of them of more bytes than `largest`. */
interface Slice {
  first: number;
  last: number;
  largest: number;
}

async function slicesOf(database: Database, table: string, bytes: string): Promise<Slice[]> {
  const weighed = `select rowid as id, rowid // ${VECTOR} as vector, coalesce(${bytes}, 0) as bytes
     from ${quoteIdentifier(table)}`;
  const [whole] = await database.rows<Slice>(
    `select min(first)::bigint as first, max(last)::bigint as last, max(weight)::bigint as largest
     from (select min(id) as first, max(id) as last, sum(bytes) as weight from (${weighed}) group by vector)
     having count(*) > 0`,
  );
  // Where no vector is heavy, as nearly always, nothing has to be put in order.
  if (whole === undefined) return [];
  if (whole.largest <= LIGHT) return [whole];
  return database.rows<Slice>(
    `with weighed as (${weighed}),
     summed as (
         select
             id,
             bytes,
             sum(bytes) over (partition by vector) as weight,
             vector::varchar || ':' || (sum(bytes) over (partition by vector order by id) // ${SLICE}) as piece
         from weighed
     ),
     cut as (
         select id, bytes, case when weight > ${LIGHT} then piece else '' end as piece
         from summed
     ),
     changed as (
         select id, bytes, piece is distinct from lag(piece) over (order by id) as starts
         from cut
     ),
     numbered as (
         select id, bytes, sum(starts::bigint) over (order by id) as slice
         from changed
     )
     select min(id)::bigint as first, max(id)::bigint as last, max(bytes)::bigint as largest
     from numbered
     group by slice
     order by first`,
  );
}
