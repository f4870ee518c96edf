import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import {
  CaseBench,
  checkQueries,
  formatProblem,
  loadLibrary,
  loadVocabulary,
  readCases,
  runCases,
} from "../../src/queries/index.js";

const queriesFolder = assetFolder("queries");
const sqlFolder = assetFolder("sql");
const casesFolder = fileURLToPath(new URL(".", import.meta.url));

const library = await loadLibrary(queriesFolder);
const vocabulary = await loadVocabulary(queriesFolder);
const { cases } = await readCases(casesFolder);
// All cases run side by side on a few databases; each test then looks at the outcome of its own.
const outcomes = runCases(library, cases, () => CaseBench.open(sqlFolder, vocabulary));
outcomes.catch(() => undefined);

afterAll(async () => {
  await outcomes;
});

describe("cases", () => {
  for (const [index, { id, name }] of cases.entries()) {
    test(`${id}: ${name}`, async () => {
      expect((await outcomes)[index]?.differences).toEqual([]);
    });
  }
});

test("every query keeps the contract: header, SQL, columns, vocabulary, lock and cases that exist", async () => {
  await outcomes;
  const problems = await checkQueries({ queriesFolder, casesFolder, sqlFolder, runCases: false });
  expect(problems.map(formatProblem)).toEqual([]);
});
