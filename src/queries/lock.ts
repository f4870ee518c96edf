import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ColdtrailError, EXIT } from "../errors.js";
import { compareTexts } from "./finding.js";
import type { Query } from "./library.js";
import { type CheckProblem, formatProblem } from "./problem.js";

const LOCK_FILE = "versions.lock.json";

const lockSchema = z.record(
  z.string(),
  z.strictObject({
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** Version and content that each query id was last released with. */
export type VersionLock = z.infer<typeof lockSchema>;

/** Reads `versions.lock.json` of a queries folder; a missing file is an empty lock. */
export async function readLock(queriesFolder: string): Promise<VersionLock> {
  const file = join(queriesFolder, LOCK_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    throw new ColdtrailError(
      "lock-invalid",
      `${file}: is not a lock file of the form {"<id>": {"version": "1.0.0", "sha256": "…"}}; restore it from version control`,
      EXIT.queryCheckFailed,
    );
  }
}

/** Holds queries against the lock: content may change only together with a higher version, and an id never disappears. */
export function compareLock(
  queries: readonly Query[],
  lock: VersionLock,
  queriesFolder: string,
): CheckProblem[] {
  const problems = queries.flatMap((query) => {
    const message = drift(query, lock);
    if (message !== undefined) return [{ file: query.file, message }];
    const locked = lock[query.id];
    if (locked?.sha256 === query.sha256) return [];
    const found =
      locked === undefined ? "is not in the lock" : `is newer than the lock, which has ${locked.version}`;
    return [
      {
        file: query.file,
        message: `version ${query.version} ${found}; run \`coldtrail check --update-lock\``,
      },
    ];
  });
  const known = new Set(queries.map((query) => query.id));
  for (const id of Object.keys(lock).filter((name) => !known.has(name))) {
    problems.push({
      file: join(queriesFolder, LOCK_FILE),
      message: `${id} is locked and has no file; an id is never reused, so keep the file with \`status: deprecated\``,
    });
  }
  return problems;
}

/** Writes the lock for these queries; throws `lock-refused` when one changed without a higher version. Keeps ids that have no file. */
export async function updateLock(queries: readonly Query[], queriesFolder: string): Promise<VersionLock> {
  const lock = await readLock(queriesFolder);
  const refused = refusedByLock(queries, lock).map(formatProblem);
  if (refused.length > 0) throw new ColdtrailError("lock-refused", refused.join("\n"), EXIT.queryCheckFailed);
  for (const { id, version, sha256 } of queries) lock[id] = { version, sha256 };
  const sorted = Object.fromEntries(
    Object.entries(lock).sort(([left], [right]) => compareTexts(left, right)),
  );
  const file = join(queriesFolder, LOCK_FILE);
  // Written beside and moved over: a lock is never half a lock.
  await writeFile(`${file}.new`, `${JSON.stringify(sorted, null, 2)}\n`);
  await rename(`${file}.new`, file);
  return sorted;
}

/** What keeps a lock from being renewed: content that changed without a higher version. */
export function refusedByLock(queries: readonly Query[], lock: VersionLock): CheckProblem[] {
  return queries.flatMap((query) => {
    const message = drift(query, lock);
    return message === undefined ? [] : [{ file: query.file, message }];
  });
}

/** The sentence for content that changed without a higher version. */
function drift(query: Query, lock: VersionLock): string | undefined {
  const locked = lock[query.id];
  if (locked === undefined || locked.sha256 === query.sha256) return undefined;
  const order = compareVersions(query.version, locked.version);
  if (order > 0) return undefined;
  return order === 0
    ? `changed and is still version ${query.version}; raise the version and say in the changelog what changed`
    : `is version ${query.version}, the lock already has ${locked.version}; a version never goes down`;
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
