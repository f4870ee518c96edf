import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gears, mutated, mutation, RUNS } from "./gear.js";

const cases = join(import.meta.dirname, "..", "sources");
/** Long enough for every kind of evidence, short enough to be read hundreds of times. */
const LONGEST = 16 * 1024;

let gears: Gears;
let seeds: { name: string; bytes: Buffer }[];

beforeAll(async () => {
  gears = await Gears.open();
  const entries = await readdir(cases, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.parentPath.includes("/evidence"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const read = files.map(async (path) => ({
    name: path.slice(path.indexOf("/evidence") + 1),
    bytes: await readFile(path),
  }));
  seeds = (await Promise.all(read)).filter(({ bytes }) => bytes.length <= LONGEST);
});
afterAll(() => gears.close());

test("evidence of every case of every source survives mutation: no crash, the law, the same rows in both gears", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async (choice, mutations) => {
        const seed = seeds[choice % seeds.length] as (typeof seeds)[number];
        const bytes = mutated(seed.bytes, mutations);
        const fast = await gears.ingested(bytes, seed.name, false);
        expect(fast.broken, seed.name).toEqual([]);
        expect(await gears.ingested(bytes, seed.name, true), seed.name).toEqual(fast);
      },
    ),
    { numRuns: RUNS * 4 },
  );
});
