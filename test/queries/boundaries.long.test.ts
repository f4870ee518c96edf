import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import {
  CaseBench,
  loadLibrary,
  loadVocabulary,
  type ParameterDefinition,
  readCases,
} from "../../src/queries/index.js";

// Each numeric parameter of each detection is moved by one unit. A case that sits at the threshold notices; a
// parameter that no case notices could be compared with the wrong operator, or not at all.

const queriesFolder = assetFolder("queries");
const queries = (await loadLibrary(queriesFolder)).filter(({ kind }) => kind === "detection");
const { cases } = await readCases(fileURLToPath(new URL(".", import.meta.url)));

let bench: CaseBench;
beforeAll(async () => {
  bench = await CaseBench.open(assetFolder("sql"), await loadVocabulary(queriesFolder));
});
afterAll(() => bench.close());

for (const query of queries) {
  const numeric = Object.entries(query.parameters).filter(([, definition]) => isNumeric(definition));
  if (numeric.length === 0) continue;
  describe(query.id, () => {
    const own = cases.filter(({ kind, id }) => kind === "detection" && id === query.id);
    test("its cases hold before anything is moved", async () => {
      for (const testCase of own) expect(await bench.run(query, testCase), testCase.name).toEqual([]);
    });
    for (const [name, definition] of numeric) {
      test(`a case notices one unit of ${name}`, async () => {
        let noticed = false;
        for (const testCase of own) {
          const value = testCase.parameters[name] ?? definition.default;
          for (const moved of neighbours(value, definition)) {
            const parameters = { ...testCase.parameters, [name]: moved };
            noticed ||= (await bench.run(query, { ...testCase, parameters })).length > 0;
          }
          if (noticed) break;
        }
        expect(noticed, `no case of ${query.id} sits at ${name}`).toBe(true);
      });
    }
  });
}

function isNumeric({ type, default: value }: ParameterDefinition): boolean {
  return ["integer", "double", "interval"].includes(type) && value !== null && value !== undefined;
}

/** The value one unit lower and higher: 1, 0.01 for a fraction, a second for a length of time. */
function neighbours(value: unknown, { type }: ParameterDefinition): (string | number)[] {
  if (type === "interval") {
    const seconds = secondsOf(String(value));
    return [seconds - 1, seconds + 1].filter((moved) => moved >= 0).map((moved) => `${moved} seconds`);
  }
  const number = Number(value);
  const unit = Number.isInteger(number) && (type === "integer" || number > 1) ? 1 : 0.01;
  return [number - unit, number + unit].map((moved) => Number(moved.toFixed(6)));
}

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };

function secondsOf(interval: string): number {
  const match = /^(\d+) (second|minute|hour|day|week)s?$/.exec(interval);
  if (match === null) throw new Error(`${interval} is no length of time that this test reads`);
  return Number(match[1]) * (SECONDS[match[2] as string] as number);
}
