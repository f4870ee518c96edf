import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Database } from "../database/index.js";
import { CaseBench, type CaseReading, type QueryCase, readCases } from "./cases.js";
import { type LibraryReading, type Query, readLibrary } from "./library.js";
import { compareLock, readLock, refusedByLock } from "./lock.js";
import { type CheckProblem, sortProblems } from "./problem.js";
import { checkQuery } from "./rules.js";
import { checkPatterns } from "./samples.js";
import { readVocabulary } from "./vocabulary.js";

export interface CheckOptions {
  queriesFolder: string;
  /** `test/queries`; absent or not there in an installed package, where cases do not ship. */
  casesFolder?: string | undefined;
  sqlFolder: string;
  /** Opens an empty database in memory; the default is DuckDB with one thread. */
  openDatabase?: (() => Promise<Database>) | undefined;
  /** False is for the run that is about to write the version lock; what the lock would refuse ends it before any case has run. */
  lock?: boolean | undefined;
  /** False only looks whether the cases exist. */
  runCases?: boolean | undefined;
  /** Told after each case. */
  progress?: ((done: number, total: number) => void) | undefined;
}

/** What one case came to. */
export interface CaseOutcome {
  testCase: QueryCase;
  /** Empty when the case passes. */
  differences: string[];
}

/** Holds all queries, their vocabulary, lock and cases against the contract; returns every problem, sorted, and throws none. */
export async function checkQueries(options: CheckOptions): Promise<CheckProblem[]> {
  const { queriesFolder, sqlFolder, openDatabase } = options;
  const library = await readLibrary(queriesFolder);
  const { vocabulary, problems: vocabularyProblems } = await readVocabulary(queriesFolder);
  const problems = [...library.problems, ...vocabularyProblems];
  const lock = await readLock(queriesFolder);
  if (options.lock === false) {
    const refused = refusedByLock(library.queries, lock);
    if (refused.length > 0) return sortProblems(refused);
  } else problems.push(...compareLock(library.queries, lock, queriesFolder));
  // Without a vocabulary no query can be bound; the first problem explains all the others.
  if (vocabulary === undefined) return sortProblems(problems);
  const bench = await CaseBench.open(sqlFolder, vocabulary, openDatabase);
  try {
    problems.push(...(await checkPatterns(bench.database, vocabulary, queriesFolder)));
    for (const query of library.queries)
      problems.push(...(await checkQuery(bench.database, query, vocabulary)));
  } finally {
    bench.close();
  }
  if (options.casesFolder !== undefined && existsSync(options.casesFolder)) {
    const reading = await readCases(options.casesFolder);
    problems.push(...reading.problems, ...missingCases(library, reading, options.casesFolder));
    const open = () => CaseBench.open(sqlFolder, vocabulary, openDatabase);
    const cases = options.runCases === false ? [] : reading.cases;
    const outcomes = await runCases(library.queries, cases, open, options.progress);
    for (const { testCase, differences } of outcomes) {
      const { file, line, name } = testCase;
      problems.push(...differences.map((difference) => ({ file, line, message: `${name}: ${difference}` })));
    }
  }
  return sortProblems(problems);
}

/** Runs cases side by side, each in a database of its own or in one that is empty again; outcomes keep the order of the cases. */
export async function runCases(
  queries: readonly Query[],
  cases: readonly QueryCase[],
  openBench: () => Promise<CaseBench>,
  progress?: (done: number, total: number) => void,
): Promise<CaseOutcome[]> {
  const byId = new Map(queries.map((query) => [`${query.kind} ${query.id}`, query]));
  const outcomes: CaseOutcome[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    const bench = await openBench();
    try {
      for (let index = next++; index < cases.length; index = next++) {
        const testCase = cases[index] as QueryCase;
        const query = byId.get(`${testCase.kind} ${testCase.id}`);
        const differences = query === undefined ? [] : await bench.run(query, testCase);
        outcomes[index] = { testCase, differences };
        progress?.(++done, cases.length);
      }
    } finally {
      bench.close();
    }
  };
  const workers = Math.min(availableParallelism(), 4, cases.length);
  await Promise.all(Array.from({ length: workers }, work));
  return outcomes;
}

function missingCases(
  library: LibraryReading,
  { cases, files }: CaseReading,
  casesFolder: string,
): CheckProblem[] {
  const problems: CheckProblem[] = [];
  for (const [key, file] of files) {
    if (!library.files.has(key))
      problems.push({ file, message: `there is no ${key}; the file is called as its query` });
  }
  for (const query of library.queries) {
    const file = files.get(`${query.kind} ${query.id}`);
    if (file === undefined) {
      problems.push({ file: query.file, message: `has no cases in ${casesFolder}` });
      continue;
    }
    const own = cases.filter((testCase) => testCase.kind === query.kind && testCase.id === query.id);
    if (own.length === 0) continue;
    const lacks = (expectation: string, meaning: string) => {
      if (!own.some((testCase) => testCase.expect === expectation)) {
        problems.push({ file, message: `no case expects ${expectation}: ${meaning}` });
      }
    };
    const isAsked = query.kind === "detection" || query.kind === "sequence";
    lacks("fired", isAsked ? "one that fires" : "one that returns rows");
    if (!isAsked) continue;
    if (!own.some(({ expect }) => expect === "not_fired" || expect === "partial")) {
      problems.push({ file, message: "no case expects not_fired or partial: one in which it stays silent" });
    }
    const blocks = query.preconditions.some(({ otherwise }) => otherwise === "not_evaluable");
    if (blocks || Object.values(query.requires).includes("needed")) {
      lacks("not_evaluable", "one in which it cannot be asked");
    }
  }
  return problems;
}
