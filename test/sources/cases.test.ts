import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { assetFolder } from "../../src/assets.js";
import { loadSources } from "../../src/ingest/index.js";

/** What `expect.yaml` of a case says of the sources that it exercises. */
interface Case {
  folder: string;
  counts: Record<string, { rows?: number }>;
}

/** A case of what an attacker or a bad disk makes of the evidence carries that in its name. */
const HOSTILE = /hostile|damage/;

async function readCases(): Promise<Case[]> {
  const names = await readdir(import.meta.dirname, { recursive: true });
  const folders = names.filter((name) => /^[^/]+\/[^/]+\/expect\.yaml$/.test(name)).sort();
  return Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(import.meta.dirname, folder), "utf8");
      return { folder, counts: (parse(text) as Pick<Case, "counts">).counts };
    }),
  );
}

const cases = await readCases();
const sources = await loadSources(assetFolder("sql"));

describe("every source has a case of the form that AWS documents, and a hostile one", () => {
  for (const { id } of sources) {
    test(id, () => {
      const of = cases.filter(({ counts }) => counts[id] !== undefined);
      const shaped = of.filter(({ folder }) => !HOSTILE.test(folder));
      const hostile = of.filter(({ folder }) => HOSTILE.test(folder));
      expect(
        shaped.some(({ counts }) => (counts[id]?.rows ?? 0) > 0),
        "a case whose expect.yaml counts rows of it",
      ).toBe(true);
      expect(hostile.length, "a case whose folder is called hostile or damage").toBeGreaterThan(0);
    });
  }
});
