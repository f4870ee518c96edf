import { open, readFile, rename, unlink } from "node:fs/promises";
import { hostname } from "node:os";
// The one look at the process: a lock left by a killed run can only be told from a held one by asking whether its owner lives.
import { kill, pid } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ColdtrailError, EXIT } from "../errors.js";
import { errorCode } from "./failure.js";

interface Owner {
  host: string;
  pid: number;
  /** Start of the process in clock ticks since boot (Linux), so that a recycled pid is not taken for the owner. */
  started: string;
}

/** How long a lock that names no readable owner must stay unchanged before it counts as left behind. */
const UNREADABLE_GRACE_MS = 2_000;
const POLL_MS = 10;

/** Tells apart the holders within this process. */
let turns = 0;

/**
 * Runs `work` while holding the lock file `path`, against other processes and against other callers in this one.
 * A lock whose owner died is taken over at once; one held by a living process is waited for up to `patienceMs`.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patienceMs = 30_000): Promise<T> {
  const release = await takeLock(path, patienceMs);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes the lock file `path` and returns the function that gives it back; `lock-held` when it stays taken. */
export async function takeLock(path: string, patienceMs: number): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ host: hostname(), pid, started: await startOf(pid), turn: ++turns });
  let waited = 0;
  let unreadableFor = 0;
  for (;;) {
    if (await create(path, mine)) return () => release(path, mine);
    const content = await readFile(path, "utf8").catch((error) => {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (content === undefined) continue;
    const owner = parseOwner(content);
    unreadableFor = owner === undefined ? unreadableFor + POLL_MS : 0;
    if (owner === undefined ? unreadableFor >= UNREADABLE_GRACE_MS : await isDead(owner)) {
      await removeStale(path, content);
      continue;
    }
    // One without an owner is either about to get one or left behind, which is soon known.
    if (waited >= patienceMs && owner !== undefined) {
      const who = `process ${owner.pid} on ${owner.host}`;
      throw new ColdtrailError(
        "lock-held",
        `${path}: held by ${who}; wait until that run ends, or delete this file if no coldtrail is running.`,
        EXIT.usage,
      );
    }
    await sleep(POLL_MS);
    waited += POLL_MS;
  }
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o644);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function release(path: string, mine: string): Promise<void> {
  const content = await readFile(path, "utf8").catch(() => undefined);
  if (content === mine) await unlink(path);
}

/** Moves the lock aside before deleting it: if another waiter was quicker and the lock is a living one, it goes back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${pid}-${++turns}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) === stale) await unlink(aside);
  else await rename(aside, path);
}

function parseOwner(content: string): Owner | undefined {
  try {
    const owner = JSON.parse(content) as Owner;
    return typeof owner.pid === "number" && typeof owner.host === "string" ? owner : undefined;
  } catch {
    return undefined; // half-written by a process that was killed right there
  }
}

async function isDead(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return false;
  try {
    kill(owner.pid, 0);
  } catch (error) {
    return errorCode(error) === "ESRCH";
  }
  return (await startOf(owner.pid)) !== owner.started;
}

/** Field 22 of /proc/<pid>/stat; empty where there is no /proc. The name in field 2 may hold blanks and brackets. */
async function startOf(processId: number): Promise<string> {
  const stat = await readFile(`/proc/${processId}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
