import { quoteIdentifier, quoteLiteral } from "../database/index.js";
import { takesPlace } from "./recognise.js";
import type { Source } from "./source.js";
import type { Spool } from "./spool.js";

/** Spools with the same source, header and form: for DuckDB one table in several files. */
export type Spools = [Spool, ...Spool[]];

/**
 * The view `framed` that the SELECTs of a source read: `artifact_id`, `record_no`, `unknown`, `flags` and what the source
 * asks for. `kept` is a WHERE clause over the spools, or nothing.
 */
export function framedView(spools: Spools, source: Source, kept: string): string {
  if (source.recognises.header_line !== undefined) return headerView(spools, source, kept);
  if (spools[0].form === "columns") return regularView(spools, source, kept);
  const unsplit =
    source.regular_line === undefined
      ? []
      : Object.keys(source.fields ?? {}).map((name) => `\n    null::varchar as ${quoteIdentifier(name)},`);
  return `create or replace temp view framed as
select
    "_artifact" as artifact_id,
    "_record" as record_no,
    "_unknown" as unknown,
    string_split("_flags", ',') as flags,
    * exclude ("_artifact", "_record", "_unknown", "_flags"),${unsplit.join("")}
from ${readerOf(spools, columnsOf(source))}${kept}`;
}

/** Lines that are regular: their values, quoted where they hold blanks. */
function regularView(spools: Spools, source: Source, kept: string): string {
  const names = Object.keys(source.fields ?? {});
  return `create or replace temp view framed as
select
    "_artifact" as artifact_id,
    "_record" as record_no,
    null::json as unknown,
    null::varchar[] as flags,
    null::varchar as line,
    * exclude ("_artifact", "_record"),
from ${valuesReader(spools, names, `quote = '"', null_padding = true`)}${kept}`;
}

/** Reads spools of values: artifact and record first, then a text for each of the names. */
function valuesReader(spools: Spools, names: string[], quoting: string): string {
  const columns = Object.fromEntries(names.map((name) => [name, "VARCHAR"]));
  return `read_csv(
    ${pathsOf(spools)},
    columns = ${structOf({ _artifact: "BIGINT", _record: "BIGINT", ...columns })},
    delim = ' ', ${quoting}, escape = '', comment = '', new_line = '\\n', nullstr = '-', header = false, auto_detect = false
)`;
}

/** The same over a Parquet file with the columns `names`. */
export function parquetView(spool: Spool, source: Source, names: string[], originalName: string): string {
  const file = `read_parquet(${quoteLiteral(spool.path)}, file_row_number = true)`;
  const lead = `create or replace temp view framed as
select
    ${spool.artifacts[0]} as artifact_id,
    file_row_number + 1 as record_no,
    null::varchar[] as flags,`;
  if (source.recognises.header_line !== undefined) {
    const fields = names.map((name) => name.replaceAll("_", "-"));
    const values = names.map((name) => `nullif(nullif(${quoteIdentifier(name)}::varchar, ''), '-')`);
    return `${lead}\n${fieldColumns(source, fields, values)}\nfrom ${file}`;
  }
  const named = source.name === true ? `\n    ${quoteLiteral(originalName)} as _name,` : "";
  const members = names.map((name) => `${quoteIdentifier(name)} := ${quoteIdentifier(name)}`);
  return `${lead}
    null::json as unknown,${named}
    to_json(struct_pack(${members.join(", ")})) as record,
from ${file}`;
}

/** Reads spools of JSON lines. */
export function readerOf(spools: Spools, columns: Record<string, string>): string {
  const all = { _artifact: "BIGINT", _record: "BIGINT", ...columns };
  // DuckDB reads pieces of this size in parallel, and each must hold the longest line.
  const size = Math.max(4 * 1024 * 1024, ...spools.map(({ longest }) => longest + 1024));
  return `read_json(${pathsOf(spools)}, columns = ${structOf(all)}, format = 'newline_delimited', maximum_object_size = ${size})`;
}

function pathsOf(spools: Spools): string {
  return `[${spools.map(({ path }) => quoteLiteral(path)).join(", ")}]`;
}

/** Lines of values in the order of a header line; a hyphen stands for no value. */
function headerView(spools: Spools, source: Source, kept: string): string {
  // A NUL would end the statement.
  const [{ header, form }] = spools;
  const names = (header ?? "").split(/\s+/).map((name) => name.replaceAll("\0", "\ufffd"));
  if (form === "columns") {
    const values = names.map((_, index) => `v${index + 1}`);
    return `create or replace temp view framed as
select
    "_artifact" as artifact_id,
    "_record" as record_no,
    null::varchar[] as flags,
${fieldColumns(source, names, values)}
from ${valuesReader(spools, values, "quote = ''")}${kept}`;
  }
  const values = names.map((_, index) => `v[${index + 1}]`);
  return `create or replace temp view framed as
with split as (
    select
        "_artifact" as artifact_id,
        "_record" as record_no,
        string_split("_flags", ',') as flags,
        list_transform(string_split(trim(line), ' '), lambda value : nullif(value, '-')) as v,
    from ${readerOf(spools, columnsOf(source))}${kept}
)
select
    artifact_id,
    record_no,
    flags,
${fieldColumns(source, names, values, "len(v)", listedUnknown)}
from split`;
}

/** A name of a header that the source does not know, and its first place there, from 0. */
type Unknown = [name: string, place: number];

/** The fields of the source from the values of a header's names, the first of a name; what it does not know in `unknown`. */
function fieldColumns(
  source: Source,
  names: string[],
  values: string[],
  count = String(names.length),
  unknownOf: (unknown: Unknown[], values: string[]) => string = packedUnknown,
): string {
  const fields = Object.keys(source.fields ?? {});
  const places = new Map<string, number>();
  for (const [place, name] of names.entries()) if (!places.has(name)) places.set(name, place);
  const known = fields.map((name) => {
    const place = places.get(name);
    places.delete(name);
    return `    ${place === undefined ? "null::varchar" : values[place]} as ${quoteIdentifier(name)},`;
  });
  const unknown = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
  return `    ${count} as value_count,
    ${names.length} as name_count,
    ${unknown.length === 0 ? "null::json" : unknownOf(unknown, values)} as unknown,
${known.join("\n")}`;
}

function packedUnknown(unknown: Unknown[], values: string[]): string {
  return `json_object(${unknown.map(([name, place]) => `${quoteLiteral(name)}, ${values[place]}`).join(", ")})`;
}

/** The same from a list: a header may name thousands of columns, and each expression takes the room of 2,048 values. */
function listedUnknown(unknown: Unknown[]): string {
  const entries = unknown.map(([name, place]) => `{'name': ${quoteLiteral(name)}, 'place': ${place + 1}}`);
  return `to_json(map_from_entries(list_transform([${entries.join(", ")}], lambda entry : row(entry.name, v[entry.place]))))`;
}

function columnsOf(source: Source): Record<string, string> {
  const { json, document, csv, bare_csv: bareCsv, log_event: logEvent, header_line } = source.recognises;
  const own: Record<string, string> = { _unknown: "JSON", _flags: "VARCHAR" };
  if (source.name === true || document !== undefined) own._name = "VARCHAR";
  if (source.wrapper === true) own._wrapper = "JSON";
  if (takesPlace(source)) own._in = "VARCHAR";
  if (header_line !== undefined) return { ...own, line: "VARCHAR" };
  if (source.fields !== undefined && source.regular_line === undefined) return { ...own, ...source.fields };
  const objects = [json, document, csv, bareCsv, logEvent].some((form) => form !== undefined);
  return objects ? { ...own, record: "JSON" } : { ...own, line: "VARCHAR" };
}

function structOf(columns: Record<string, string>): string {
  const members = Object.entries(columns).map(
    ([name, type]) => `${quoteIdentifier(name)}: ${quoteLiteral(type)}`,
  );
  return `{${members.join(", ")}}`;
}
