import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareLock, formatProblem, loadLibrary, readLock, updateLock } from "../../../src/queries/index.js";
import { BULK_READ, KEY_ACTIVITY, LibraryFolder } from "./library-folder.js";

let folder: LibraryFolder;
beforeEach(async () => {
  folder = await LibraryFolder.create({
    "detections/dst-bulk-read.sql": BULK_READ,
    "hunts/h-key-activity.sql": KEY_ACTIVITY,
  });
});
afterEach(() => folder.remove());

async function problems(): Promise<string[]> {
  const found = compareLock(
    await loadLibrary(folder.queries),
    await readLock(folder.queries),
    folder.queries,
  );
  return found.map((problem) => formatProblem(problem).replace(`${folder.root}/`, ""));
}

test("the lock holds content and version together", async () => {
  expect(await problems()).toEqual([
    "queries/detections/dst-bulk-read.sql: version 1.0.0 is not in the lock; run `coldtrail check --update-lock`",
    "queries/hunts/h-key-activity.sql: version 1.0.0 is not in the lock; run `coldtrail check --update-lock`",
  ]);
  await updateLock(await loadLibrary(folder.queries), folder.queries);
  expect(await problems()).toEqual([]);

  await folder.write({ "hunts/h-key-activity.sql": `${KEY_ACTIVITY}-- a word\n` });
  const changed =
    "queries/hunts/h-key-activity.sql: changed and is still version 1.0.0; raise the version and say in the changelog what changed";
  expect(await problems()).toEqual([changed]);
  await expect(updateLock(await loadLibrary(folder.queries), folder.queries)).rejects.toMatchObject({
    code: "lock-refused",
    exitCode: 5,
  });

  const raised = KEY_ACTIVITY.replace("version: 1.0.0", "version: 1.0.1").replace(
    "{1.0.0:",
    "{1.0.1: a word, 1.0.0:",
  );
  await folder.write({ "hunts/h-key-activity.sql": raised });
  expect(await problems()).toEqual([
    "queries/hunts/h-key-activity.sql: version 1.0.1 is newer than the lock, which has 1.0.0; run `coldtrail check --update-lock`",
  ]);
  await updateLock(await loadLibrary(folder.queries), folder.queries);
  expect(await problems()).toEqual([]);
});

test("a locked id never disappears and never goes back", async () => {
  await updateLock(await loadLibrary(folder.queries), folder.queries);
  await folder.write({
    "hunts/h-key-activity.sql": KEY_ACTIVITY.replace("version: 1.0.0", "version: 0.9.0").replace(
      "{1.0.0",
      "{0.9.0",
    ),
  });
  expect(await problems()).toEqual([
    "queries/hunts/h-key-activity.sql: is version 0.9.0, the lock already has 1.0.0; a version never goes down",
  ]);
  await folder.removeFile("hunts/h-key-activity.sql");
  expect(await problems()).toEqual([
    "queries/versions.lock.json: h-key-activity is locked and has no file; an id is never reused, so keep the file with `status: deprecated`",
  ]);
});

test("a lock that is none says so", async () => {
  await writeFile(join(folder.queries, "versions.lock.json"), '{"h-key-activity": "1.0.0"}');
  await expect(readLock(folder.queries)).rejects.toThrow(/versions\.lock\.json: is not a lock file/);
});
