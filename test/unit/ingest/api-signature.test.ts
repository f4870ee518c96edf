import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import { Database } from "../../../src/database/index.js";
import { loadSources } from "../../../src/ingest/source.js";

test("every operation that api_signature knows is recognised by the source, and nothing else", async () => {
  const sources = await loadSources(assetFolder("sql"));
  const source = sources.find(({ id }) => id === "api_snapshot");
  const recognised = (source?.recognises.json ?? []).flatMap(({ keys, any }) =>
    keys === undefined ? (any ?? []).map((key) => [key]) : [keys],
  );
  const database = await Database.openForIngest(":memory:", { readFolders: [] });
  try {
    await database.run(await readFile(`${assetFolder("sql")}/macros/51-api-signature.sql`, "utf8"));
    const known = await database.rows<{ signature: string[] }>("select signature from api_signature()");
    const told = known.map(({ signature }) => signature.map((path) => path.replaceAll("[0]", "")).join(" "));
    const distinct = (lists: string[]): string[] => [...new Set(lists)].sort();
    expect(distinct(recognised.map((keys) => keys.join(" ")))).toEqual(distinct(told));
  } finally {
    database.close();
  }
});
