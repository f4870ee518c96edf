import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { applySchema, Database, firstLine, quoteIdentifier, type Value } from "../database/index.js";
import { compareTexts } from "./finding.js";
import { type GivenRows, insertGiven, type KnownTables } from "./given.js";
import { KIND_FOLDERS, type QueryKind } from "./header.js";
import { syncKnowledge } from "./knowledge.js";
import type { Query } from "./library.js";
import { describeMismatch } from "./match.js";
import type { CheckProblem } from "./problem.js";
import { runDetections, runQuery } from "./run.js";
import type { Vocabulary } from "./vocabulary.js";
import { parseYaml } from "./yaml-file.js";

const row = z.record(z.string(), z.unknown());

const caseSchema = z.strictObject({
  name: z.string().min(1),
  expect: z.enum(["fired", "not_fired", "partial", "not_evaluable"]),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  given: z.record(z.string(), z.array(row)).default({}),
  rows: z.array(row).optional(),
  reason: z.string().optional(),
  suppressed: z.number().int().optional(),
});

/** One behaviour of a query: rows given, answer expected. */
export interface QueryCase extends z.infer<typeof caseSchema> {
  /** The query that it is about. */
  id: string;
  kind: QueryKind;
  file: string;
  line: number;
}

export interface CaseReading {
  cases: QueryCase[];
  /** Case files by `<kind> <id>`, those that cannot be read too. */
  files: Map<string, string>;
  problems: CheckProblem[];
}

/** Reads all cases of a folder, `<kind folder>/<id>.yaml`; a missing folder holds none. */
export async function readCases(casesFolder: string): Promise<CaseReading> {
  const reading: CaseReading = { cases: [], files: new Map(), problems: [] };
  for (const [kind, folder] of Object.entries(KIND_FOLDERS) as [QueryKind, string][]) {
    for (const name of await listYaml(join(casesFolder, folder))) {
      const file = join(casesFolder, folder, name);
      const id = basename(name, ".yaml");
      reading.files.set(`${kind} ${id}`, file);
      const { value, problems, lineOf } = parseYaml(await readFile(file, "utf8"), file, z.array(caseSchema));
      reading.problems.push(...problems);
      const names = new Set<string>();
      for (const [index, content] of (value ?? []).entries()) {
        const line = lineOf([index]);
        if (names.has(content.name)) {
          reading.problems.push({ file, line, message: `two cases are called "${content.name}"` });
        }
        names.add(content.name);
        reading.cases.push({ ...content, id, kind, file, line });
      }
    }
  }
  return reading;
}

/** Empty databases in which cases run; opening one costs far more than clearing it. */
export class CaseBench {
  readonly #database: Database;
  readonly #tables: KnownTables = new Map();

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Makes an empty case database in memory with its tables, macros, views and vocabulary. */
  static async open(
    sqlFolder: string,
    vocabulary: Vocabulary,
    openDatabase = openInMemory,
  ): Promise<CaseBench> {
    const database = await openDatabase();
    await applySchema(database, sqlFolder);
    await syncKnowledge(database, { vocabulary });
    return new CaseBench(database);
  }

  /** The database; empty between cases. */
  get database(): Database {
    return this.#database;
  }

  /** Runs one case and says what is different from what it expects; empty when nothing is. */
  async run(query: Query, testCase: QueryCase): Promise<string[]> {
    const given = testCase.given as GivenRows;
    if ("named_set" in given)
      return ["given: named_set is filled by the vocabulary; a case cannot change it"];
    try {
      await insertGiven(this.#database, given, this.#tables);
      return await compareCase(this.#database, query, testCase);
    } catch (error) {
      return [firstLine(error)];
    } finally {
      for (const table of Object.keys(given)) {
        // A table that is not there has no columns and nothing to clear.
        if ((this.#tables.get(table)?.size ?? 0) > 0) {
          await this.#database.run(`delete from ${quoteIdentifier(table)}`);
        }
      }
    }
  }

  close(): void {
    this.#database.close();
  }
}

async function compareCase(database: Database, query: Query, testCase: QueryCase): Promise<string[]> {
  const { expect, rows, reason, suppressed } = testCase;
  const answer = await answerOf(database, query, testCase);
  const differences: string[] = [];
  if (answer.status !== expect) {
    const why = answer.reason === null ? "" : ` (${answer.reason})`;
    differences.push(`is ${answer.status}${why}, expected ${expect}`);
  }
  if (reason !== undefined && !(answer.reason ?? "").includes(reason)) {
    differences.push(`the reason is ${JSON.stringify(answer.reason)}, expected one with "${reason}"`);
  }
  if (suppressed !== undefined && answer.suppressed !== suppressed) {
    differences.push(`${answer.suppressed} findings are suppressed, expected ${suppressed}`);
  }
  if (rows !== undefined) differences.push(...describeMismatch(answer.rows, rows as Record<string, Value>[]));
  return differences;
}

interface Answer {
  status: string;
  reason: string | null;
  suppressed: number;
  rows: Record<string, Value>[];
}

async function answerOf(database: Database, query: Query, { parameters }: QueryCase): Promise<Answer> {
  if (query.kind === "detection") {
    const [result] = await runDetections(database, [query], { only: [query.id], parameters, runId: "case" });
    if (result === undefined) throw new Error("did not run");
    const rows = result.findings as unknown as Record<string, Value>[];
    return { status: result.status, reason: result.reason, suppressed: result.suppressed, rows };
  }
  const { rows, evaluability } = await runQuery(database, query, parameters);
  const { status, reason } = evaluability;
  const silent = status === "complete" ? "not_fired" : status;
  return { status: rows.length > 0 ? "fired" : silent, reason, suppressed: 0, rows };
}

function openInMemory(): Promise<Database> {
  return Database.openInMemory({ threads: 1 });
}

async function listYaml(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort(compareTexts);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
