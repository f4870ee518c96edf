import { createHash } from "node:crypto";
import { open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./case.js";
import { errorCode, explaining } from "./failure.js";
import { withLock } from "./lock.js";

/** What happened, as the caller states it; `detail` holds JSON values only. */
export interface CustodyEvent {
  action: string;
  detail: Record<string, unknown>;
}

/** One line of `custody.jsonl`. `previous` is the SHA-256 of the line before, without its newline; 64 zeros in the first line. */
export interface CustodyEntry extends CustodyEvent {
  seq: number;
  /** ISO 8601 in UTC. */
  time: string;
  examiner: string;
  tool: { name: string; version: string };
  previous: string;
}

/** What the custody log needs to know of a case: where it lies and who works on it. */
export type Custodian = Pick<Case, "dir" | "examiner">;

export const CUSTODY_LOG = "custody.jsonl";
/** Names the last line (`{"seq","sha256"}`): without it, lines cut off the end would leave a chain without a flaw. */
export const CUSTODY_HEAD = "custody.head";
/** The line about to be appended, there only while an append is under way: tells a killed append from a cut line. */
export const CUSTODY_PENDING = "custody.pending";
/** The `previous` of the first line. */
export const NO_PREVIOUS = "0".repeat(64);

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Appends one entry to `custody.jsonl` and returns it. Durable when it returns, and safe against other processes.
 * An append that was killed half-way is completed first; a damaged end of the log that no killed append explains is kept as it
 * is and recorded by an entry `custody-damaged` of its own.
 */
export async function appendCustody(
  custodian: Custodian,
  event: CustodyEvent,
  { now, version }: { now: () => Date; version: string },
): Promise<CustodyEntry> {
  const log = join(custodian.dir, CUSTODY_LOG);
  return explaining("custody-not-writable", log, () =>
    withLock(`${log}.lock`, async () => {
      let tail = await completePending(custodian.dir);
      const entry = (what: CustodyEvent, previous: Tail): CustodyEntry => ({
        seq: previous.seq + 1,
        time: now().toISOString(),
        examiner: custodian.examiner,
        action: what.action,
        detail: what.detail,
        tool: { name: "coldtrail", version },
        previous: previous.sha256,
      });
      if (tail.fragment !== undefined) {
        const detail = { line: tail.lines, bytes: tail.fragment.length, sha256: sha256(tail.fragment) };
        tail = await append(custodian.dir, tail, entry({ action: "custody-damaged", detail }, tail));
      }
      const appended = entry(event, tail);
      await append(custodian.dir, tail, appended);
      return appended;
    }),
  );
}

/** Gives the entries of the custody log in file order; lines that do not parse are left to `verifyCustody` to name. */
export async function readCustody(custodian: Pick<Case, "dir">): Promise<CustodyEntry[]> {
  const log = join(custodian.dir, CUSTODY_LOG);
  const bytes = await explaining("custody-not-readable", log, () => readFile(log));
  return splitLines(bytes).flatMap((line) => parseEntry(line.bytes) ?? []);
}

/** The bytes between newlines; the last line is `complete` when a newline ends it. */
export function splitLines(log: Buffer): { bytes: Buffer; complete: boolean }[] {
  const lines: { bytes: Buffer; complete: boolean }[] = [];
  for (let start = 0; start < log.length; ) {
    const end = log.indexOf(0x0a, start);
    lines.push({ bytes: log.subarray(start, end < 0 ? log.length : end), complete: end >= 0 });
    start = end < 0 ? log.length : end + 1;
  }
  return lines;
}

/** Reads one line of the log; undefined when it is not an entry. */
export function parseEntry(line: Buffer): CustodyEntry | undefined {
  try {
    const entry = JSON.parse(line.toString("utf8")) as CustodyEntry;
    const isEntry =
      Number.isSafeInteger(entry.seq) && typeof entry.time === "string" && typeof entry.previous === "string";
    return isEntry ? entry : undefined;
  } catch {
    return undefined; // not JSON: the caller names the line
  }
}

/** The end of the log: what the next line has to link to. */
interface Tail {
  seq: number;
  sha256: string;
  lines: number;
  /** The last line when it lacks its newline or is no entry. */
  fragment?: Buffer;
  needsNewline: boolean;
}

async function readTail(dir: string): Promise<Tail> {
  const lines = splitLines(await readOrEmpty(join(dir, CUSTODY_LOG)));
  const last = lines.at(-1);
  if (last === undefined) return { seq: 0, sha256: NO_PREVIOUS, lines: 0, needsNewline: false };
  const lastEntry = lines.findLast((line) => parseEntry(line.bytes) !== undefined);
  const damaged = !last.complete || lastEntry !== last;
  return {
    seq: lastEntry === undefined ? 0 : (parseEntry(lastEntry.bytes)?.seq ?? 0),
    sha256: sha256(last.bytes),
    lines: lines.length,
    needsNewline: !last.complete,
    ...(damaged ? { fragment: last.bytes } : {}),
  };
}

/** Writes one line in four durable steps, of which a later append can finish any that a kill cut off. */
async function append(dir: string, tail: Tail, entry: CustodyEntry): Promise<Tail> {
  const line = Buffer.from(JSON.stringify(sortKeys(entry, ENTRY_KEYS)));
  await writeDurably(join(dir, CUSTODY_PENDING), line);
  await appendDurably(
    join(dir, CUSTODY_LOG),
    Buffer.concat([Buffer.from(tail.needsNewline ? "\n" : ""), line, NEWLINE]),
  );
  return confirm(dir, line, entry.seq, tail.lines + 1);
}

async function confirm(dir: string, line: Buffer, seq: number, lines: number): Promise<Tail> {
  const head = join(dir, CUSTODY_HEAD);
  const digest = sha256(line);
  await writeDurably(`${head}.new`, Buffer.from(`${JSON.stringify({ seq, sha256: digest })}\n`));
  await rename(`${head}.new`, head);
  await unlink(join(dir, CUSTODY_PENDING));
  return { seq, sha256: digest, lines, needsNewline: false };
}

/**
 * Completes an append that was killed: the pending line is written out as far as it is missing. A pending line that does not
 * continue the log proves nothing and is dropped; the end of the log then speaks for itself.
 */
async function completePending(dir: string): Promise<Tail> {
  const pending = await readOrEmpty(join(dir, CUSTODY_PENDING));
  const tail = await readTail(dir);
  const entry = parseEntry(pending);
  if (entry === undefined) {
    if (pending.length > 0) await unlink(join(dir, CUSTODY_PENDING));
    return tail;
  }
  const missing = await missingOf(dir, pending, entry);
  if (missing === undefined) {
    await unlink(join(dir, CUSTODY_PENDING));
    return tail;
  }
  if (missing.length > 0) await appendDurably(join(dir, CUSTODY_LOG), missing);
  return confirm(dir, pending, entry.seq, (await readTail(dir)).lines);
}

/** What of a pending line the log still lacks, newline included; undefined when the log does not lead up to that line. */
export async function missingOf(
  dir: string,
  pending: Buffer,
  entry: CustodyEntry,
): Promise<Buffer | undefined> {
  const log = await readOrEmpty(join(dir, CUSTODY_LOG));
  const wanted = Buffer.concat([pending, NEWLINE]);
  const start = log.lastIndexOf(0x0a, log.length - 2) + 1;
  const last = log.subarray(start);
  if (last.length > 0 && wanted.subarray(0, last.length).equals(last)) return wanted.subarray(last.length);
  const bare = last.at(-1) === 0x0a ? last.subarray(0, -1) : last;
  const end = log.length === 0 ? NO_PREVIOUS : sha256(bare);
  if (entry.previous !== end) return undefined;
  return last.length === bare.length && log.length > 0 ? Buffer.concat([NEWLINE, wanted]) : wanted;
}

const NEWLINE = Buffer.from("\n");
const ENTRY_KEYS = ["seq", "time", "examiner", "action", "detail", "tool", "previous"];

/** Same value, keys in a fixed order: those of `first` as listed there, all others by code unit. */
function sortKeys(value: unknown, first: string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item));
  if (typeof value !== "object" || value === null) return value;
  const rank = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, "w", 0o644);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Appends all of `bytes` or, when the disk refuses (full), nothing: the lock makes the old length safe to go back to. */
async function appendDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, "a", 0o644);
  try {
    const { size } = await file.stat();
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } catch (error) {
      await file.truncate(size);
      throw error;
    }
  } finally {
    await file.close();
  }
}
