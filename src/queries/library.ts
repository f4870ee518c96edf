import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ColdtrailError } from "../errors.js";
import { compareTexts, type Severity } from "./finding.js";
import {
  type Element,
  KIND_FOLDERS,
  type Need,
  type ParameterDefinition,
  type ParsedQuery,
  type Precondition,
  parseQuery,
  type QueryKind,
  type StepDefinition,
} from "./header.js";
import { type CheckProblem, throwProblems } from "./problem.js";

/** One versioned query. */
export interface Query {
  id: string;
  kind: QueryKind;
  version: string;
  title: string;
  status: "stable" | "experimental" | "deprecated";
  /** Detections only. */
  severity: Severity | undefined;
  element: Element | undefined;
  attack: string[];
  atlas: string[];
  description: string;
  requires: Record<string, Need>;
  preconditions: Precondition[];
  /** Sequences only: the steps, and the ids of the scenarios that the sequence is a part of. */
  steps: StepDefinition[];
  scenarios: string[];
  parameters: Record<string, ParameterDefinition>;
  falsePositives: string[];
  references: string[];
  changelog: Record<string, string>;
  /** The SELECT alone. */
  sql: string;
  /** Line of the file on which the SELECT begins. */
  sqlLine: number;
  /** The whole file. */
  text: string;
  /** SHA-256 of the whole file, lower-case hex. */
  sha256: string;
  file: string;
}

export interface LibraryReading {
  /** Every query that could be read, by kind and id; those with problems in the header's meaning too. */
  queries: Query[];
  /** `<kind> <id>` of every file, those that cannot be read too. */
  files: Set<string>;
  problems: CheckProblem[];
}

/**
 * Reads every query of a folder, or those of some kinds, which takes less time; throws one error (`query-header-invalid`)
 * that names every problem.
 */
export async function loadLibrary(queriesFolder: string, ...kinds: QueryKind[]): Promise<Query[]> {
  const { queries, problems } = await readLibrary(queriesFolder, kinds);
  throwProblems("query-header-invalid", problems);
  return queries;
}

/**
 * One query by its id, without reading those beside it, which would take longer than most queries run. Throws `query-unknown`,
 * which names the nearest id, and `query-header-invalid`.
 */
export async function loadQuery(queriesFolder: string, kind: QueryKind, id: string): Promise<Query> {
  const folder = join(queriesFolder, KIND_FOLDERS[kind]);
  const name = (await listSql(folder)).find((sql) => sql === `${id}.sql`);
  if (name === undefined) return findQuery(await loadLibrary(queriesFolder, kind), id);
  const file = join(folder, name);
  return queryOf(await readFile(file, "utf8"), file, kind, id);
}

/** Reads every query of a folder and collects problems instead of throwing. A missing kind folder holds no queries. */
export async function readLibrary(queriesFolder: string, kinds: QueryKind[] = []): Promise<LibraryReading> {
  const reading: LibraryReading = { queries: [], files: new Set(), problems: [] };
  const seen = new Map<string, string>();
  for (const [kind, folder] of Object.entries(KIND_FOLDERS) as [QueryKind, string][]) {
    if (kinds.length > 0 && !kinds.includes(kind)) continue;
    for (const name of await listSql(join(queriesFolder, folder))) {
      const file = join(queriesFolder, folder, name);
      const id = name.slice(0, -".sql".length);
      const text = await readFile(file, "utf8");
      const { query, problems } = parseQuery(text, file, kind, id);
      reading.problems.push(...problems);
      reading.files.add(`${kind} ${id}`);
      const other = seen.get(id);
      if (other !== undefined) {
        reading.problems.push({ file, message: `${other} has the same id; an id stands for one query only` });
        continue;
      }
      seen.set(id, file);
      if (query === undefined) continue;
      reading.queries.push(assembled(query, text, file, kind));
    }
  }
  return reading;
}

/** One query from the text of a file; throws `query-header-invalid` with every problem of its header. */
export function queryOf(text: string, file: string, kind: QueryKind, id: string): Query {
  const { query, problems } = parseQuery(text, file, kind, id);
  throwProblems("query-header-invalid", problems);
  return assembled(query as ParsedQuery, text, file, kind);
}

function assembled(
  { header, sql, sqlLine }: ParsedQuery,
  text: string,
  file: string,
  kind: QueryKind,
): Query {
  const { false_positives: falsePositives, severity, element, ...rest } = header;
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { ...rest, severity, element, falsePositives, kind, sql, sqlLine, text, sha256, file };
}

/** The query with this id; throws `query-unknown` and names the nearest id when there is none. */
export function findQuery(queries: readonly Query[], id: string, kind?: QueryKind): Query {
  const found = queries.find((query) => query.id === id);
  if (found !== undefined && (kind === undefined || found.kind === kind)) return found;
  if (found !== undefined) {
    throw new ColdtrailError("query-unknown", `${id} is a ${found.kind}, not a ${kind}`);
  }
  const candidates = queries
    .filter((query) => kind === undefined || query.kind === kind)
    .map((query) => query.id);
  const near = nearest(id, candidates);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new ColdtrailError("query-unknown", `${id}: there is no such ${kind ?? "query"}${hint}`);
}

/** The candidate that takes the fewest edits to reach, when that is few enough to be a slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of [...candidates].sort(compareTexts)) {
    const distance = candidate.includes(word) && word.length >= 4 ? 1 : editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + cost));
    }
    previous = current;
  }
  return previous[right.length]!;
}

async function listSql(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort(compareTexts);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
