import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import {
  CaseBench,
  type CaseOutcome,
  checkQueries,
  formatProblem,
  loadVocabulary,
  readCases,
  readLibrary,
  runCases,
} from "../../src/queries/index.js";

const queriesFolder = assetFolder("queries");
const sqlFolder = assetFolder("sql");
const casesFolder = fileURLToPath(new URL(".", import.meta.url));

// What is wrong with a header or a case file is said by the last test, and must not hide the others.
const { queries } = await readLibrary(queriesFolder);
const { cases } = await readCases(casesFolder);

describe("cases", () => {
  let outcomes: CaseOutcome[] = [];

  // All cases run side by side on a few databases; each test then looks at the outcome of its own.
  beforeAll(async () => {
    const vocabulary = await loadVocabulary(queriesFolder);
    outcomes = await runCases(queries, cases, () => CaseBench.open(sqlFolder, vocabulary));
  }, 600_000);

  for (const [index, { id, name }] of cases.entries()) {
    test(`${id}: ${name}`, () => {
      expect(outcomes[index]?.differences).toEqual([]);
    });
  }
});

test("every query keeps the contract: header, SQL, columns, vocabulary, lock and cases that exist", async () => {
  const problems = await checkQueries({ queriesFolder, casesFolder, sqlFolder, runCases: false });
  expect(problems.map(formatProblem)).toEqual([]);
});
