import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeQuery, findQuery, loadLibrary } from "../../../src/queries/index.js";
import { BULK_READ, KEY_ACTIVITY, LibraryFolder } from "./library-folder.js";

let folder: LibraryFolder;
beforeEach(async () => {
  folder = await LibraryFolder.create({
    "detections/dst-bulk-read.sql": BULK_READ,
    "hunts/h-key-activity.sql": KEY_ACTIVITY,
  });
});
afterEach(() => folder.remove());

test("queries are found by listing, and the folder is their kind", async () => {
  const queries = await loadLibrary(folder.queries);
  expect(queries.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    "detection dst-bulk-read",
    "hunt h-key-activity",
  ]);
  expect(queries[0]?.sha256).toBe(createHash("sha256").update(BULK_READ).digest("hex"));
});

test("all broken headers are named in one error", async () => {
  await folder.write({ "detections/acc-a.sql": "select 1", "detections/acc-b.sql": "select 2" });
  const error = await loadLibrary(folder.queries).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "query-header-invalid", exitCode: 5 });
  expect(String(error)).toMatch(/acc-a\.sql:1: .*\n.*acc-b\.sql:1: /);
});

test("one id cannot stand for two queries", async () => {
  await folder.write({ "timelines/h-key-activity.sql": KEY_ACTIVITY });
  await expect(loadLibrary(folder.queries)).rejects.toThrow(/has the same id/);
});

test("a misspelt id gets the nearest one", async () => {
  const queries = await loadLibrary(folder.queries);
  expect(() => findQuery(queries, "h-key-actvity")).toThrow(
    "h-key-actvity: there is no such query; did you mean h-key-activity?",
  );
  expect(() => findQuery(queries, "bulk-read", "detection")).toThrow("did you mean dst-bulk-read?");
  expect(() => findQuery(queries, "zzz")).toThrow("zzz: there is no such query");
  expect(() => findQuery(queries, "h-key-activity", "detection")).toThrow(
    "h-key-activity is a hunt, not a detection",
  );
});

test("the description for people names parameters as the command line takes them", async () => {
  const text = describeQuery(findQuery(await loadLibrary(folder.queries), "h-key-activity"));
  expect(text).toContain("--access-key");
  expect(text).toContain("text, required. id of the key");
  expect(text).toContain("cloudtrail_event (needed)");
});
