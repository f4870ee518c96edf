import type { Database, Parameters, Value } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { compareTexts } from "./finding.js";
import type { ParameterDefinition, ParameterType } from "./header.js";
import { nearest, type Query } from "./library.js";

/** Values as a person gives them; keys in snake_case, kebab-case, or `<query id>.<name>` for one query alone. */
export type GivenParameters = Record<string, string | number | boolean | null>;

/** The one row of `ref_case`, as far as queries take defaults from it. Null means unbounded. */
export interface CasePeriod {
  case_from: string | null;
  case_to: string | null;
  base_from: string | null;
  base_to: string | null;
}

/** The values that a query runs with. */
export interface ResolvedParameters {
  /** Text or null for every parameter, to be bound. */
  bound: Parameters;
  /** The same as typed values, sorted by name, for provenance. */
  values: Record<string, Value>;
}

/** Reads the period of the case; everything is null when `ref_case` is empty or not there. */
export async function readCasePeriod(database: Database): Promise<CasePeriod> {
  const unbounded: CasePeriod = { case_from: null, case_to: null, base_from: null, base_to: null };
  const [row] = await database.rows<CasePeriod>(
    "select case_from, case_to, base_from, base_to from ref_case limit 1",
  );
  return row ?? unbounded;
}

/** Puts given values over defaults and the period of the case; throws `parameter-invalid` with one sentence per problem. */
export function resolveParameters(
  query: Query,
  given: GivenParameters,
  period: CasePeriod,
): ResolvedParameters {
  const problems: string[] = [];
  const resolved: ResolvedParameters = { bound: {}, values: {} };
  const own = ownParameters(query, given);
  for (const name of own.unknown) {
    const near = nearest(name, Object.keys(query.parameters));
    const hint = near === undefined ? knownNames(query) : `; did you mean ${near}?`;
    problems.push(`${query.id} has no parameter ${name}${hint}`);
  }
  for (const name of Object.keys(query.parameters).sort(compareTexts)) {
    const definition = query.parameters[name] as ParameterDefinition;
    let value = own.values.get(name);
    if (value === undefined) {
      if (definition.required === true) {
        problems.push(`${query.id} needs --${kebab(name)} (${definition.type}: ${definition.description})`);
        continue;
      }
      value = definition.default === "case" ? period[name as keyof CasePeriod] : (definition.default ?? null);
    }
    const typed = typedValue(value, definition.type);
    if (typed === undefined) {
      problems.push(
        `${query.id}: ${name} is ${JSON.stringify(value)}, expected ${EXPECTED[definition.type]}`,
      );
      continue;
    }
    resolved.values[name] = typed;
    resolved.bound[name] = typed === null ? null : String(typed);
  }
  if (problems.length > 0) throw new ColdtrailError("parameter-invalid", problems.join("\n"));
  return resolved;
}

/** The given values that none of the queries has a parameter for, as they were spelt. */
export function unusedParameters(queries: readonly Query[], given: GivenParameters): string[] {
  return Object.keys(given).filter((key) => {
    const { id, name } = splitKey(key);
    return !queries.some(
      (query) => (id === undefined || id === query.id) && query.parameters[name] !== undefined,
    );
  });
}

/** Only the given values that this query has a parameter for. */
export function parametersOf(query: Query, given: GivenParameters): GivenParameters {
  return Object.fromEntries(ownParameters(query, given).values);
}

/** JSON with sorted keys: the same values give the same text. */
export function canonicalJson(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as Record<string, Value>).sort(([left], [right]) =>
    compareTexts(left, right),
  );
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}

/** The typed value of a text, number or boolean; undefined when it is not of that type. Null stays null. */
export function typedValue(value: unknown, type: ParameterType): Value | undefined {
  if (value === null) return null;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value).trim();
  switch (type) {
    case "text":
      return String(value);
    case "integer":
      return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case "double":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "timestamptz":
      return instant(text);
    case "interval":
      return INTERVAL.test(text) ? text.replace(/\s+/g, " ") : undefined;
  }
}

const EXPECTED: Record<ParameterType, string> = {
  text: "a text",
  integer: "a whole number",
  double: "a number",
  boolean: "true or false",
  timestamptz: "a time such as 2026-03-11T12:00:00Z",
  interval: "a length of time such as 10 minutes",
};

const UNIT = "(?:microseconds?|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)";
const INTERVAL = new RegExp(
  `^\\d+(?:\\.\\d+)?\\s+${UNIT}(?:\\s+\\d+(?:\\.\\d+)?\\s+${UNIT})*$|^\\d+:\\d{2}:\\d{2}$`,
  "i",
);

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** ISO 8601 in UTC; a time without a zone is UTC, a date alone is its midnight. */
function instant(text: string): string | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, date, minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = match;
  const offset = /^z$/i.test(zone)
    ? "Z"
    : zone.replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours, rest) => `${hours}:${rest ?? "00"}`);
  const time = Date.parse(`${date}T${minutes}:${seconds}${offset}`);
  // Date.parse takes 30 February for 2 March; a real date survives the way back.
  if (Number.isNaN(time) || !new Date(`${date}T00:00:00Z`).toISOString().startsWith(date ?? ""))
    return undefined;
  const decimals = fraction.replace(/0+$/, "");
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, `${decimals === "" ? "" : `.${decimals}`}Z`);
}

function ownParameters(
  query: Query,
  given: GivenParameters,
): { values: Map<string, GivenParameters[string]>; unknown: string[] } {
  const values = new Map<string, GivenParameters[string]>();
  const unknown: string[] = [];
  // A value for this query alone wins over one for all, whatever the order in which they were given.
  for (const scoped of [false, true]) {
    for (const [key, value] of Object.entries(given)) {
      const { id, name } = splitKey(key);
      if ((id !== undefined) !== scoped || (scoped && id !== query.id)) continue;
      if (query.parameters[name] === undefined) unknown.push(name);
      else values.set(name, value);
    }
  }
  return { values, unknown };
}

function splitKey(key: string): { id: string | undefined; name: string } {
  const dot = key.lastIndexOf(".");
  const name = key.slice(dot + 1).replaceAll("-", "_");
  return { id: dot < 0 ? undefined : key.slice(0, dot), name };
}

/** Spelling of a parameter on the command line. */
export function kebab(name: string): string {
  return name.replaceAll("_", "-");
}

function knownNames(query: Query): string {
  const names = Object.keys(query.parameters);
  return names.length === 0 ? "; it takes none" : `; it takes ${names.join(", ")}`;
}
