import { open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "./failure.js";
import { sha256 } from "./hash.js";

/** One line of `custody.jsonl`. `previous` is the SHA-256 of the line before, without its newline; 64 zeros in the first line. */
export interface CustodyEntry {
  seq: number;
  /** ISO 8601 in UTC. */
  time: string;
  examiner: string;
  action: string;
  detail: Record<string, unknown>;
  tool: { name: string; version: string };
  previous: string;
}

export const CUSTODY_LOG = "custody.jsonl";
/** Names the last entry (`{"seq","sha256"}`): without it, lines cut off the end would leave a chain without a flaw. */
export const CUSTODY_HEAD = "custody.head";
/** The line about to be appended, there only while an append is under way: tells a killed append from a cut line. */
const CUSTODY_PENDING = "custody.pending";
/** The `previous` of the first line. */
export const NO_PREVIOUS = "0".repeat(64);
const NEWLINE = Buffer.from("\n");

interface CustodyHead {
  seq: number;
  sha256: string;
}

/** The log as it lies on disk, or as it will once an append that was killed half-way is completed. */
export interface CustodyFiles {
  /** Undefined when there is none. */
  log: Buffer | undefined;
  /** Undefined when it is missing or damaged. */
  head: CustodyHead | undefined;
  /** An append that was killed: its entry, and the bytes that `log` shows and the disk still lacks. */
  pending?: { entry: CustodyEntry; line: Buffer; missing: Buffer };
}

/**
 * Reads log and head, with a killed append taken as completed. A pending line that does not continue the log proves nothing and
 * is passed over: the end of the log then speaks for itself.
 */
export async function readCustodyFiles(dir: string): Promise<CustodyFiles> {
  const log = await readIfThere(join(dir, CUSTODY_LOG));
  const line = await readIfThere(join(dir, CUSTODY_PENDING));
  const entry = line === undefined ? undefined : parseEntry(line);
  if (line !== undefined && entry !== undefined) {
    const missing = missingOf(log ?? Buffer.alloc(0), line, entry);
    if (missing !== undefined) {
      const completed = Buffer.concat([log ?? Buffer.alloc(0), missing]);
      return {
        log: completed,
        head: { seq: entry.seq, sha256: sha256(line) },
        pending: { entry, line, missing },
      };
    }
  }
  return { log, head: parseHead(await readIfThere(join(dir, CUSTODY_HEAD))) };
}

/** Appends one line in four durable steps; a kill after any of them is made good by the next append. */
export async function writeEntry(
  dir: string,
  line: Buffer,
  seq: number,
  needsNewline: boolean,
): Promise<void> {
  await writeDurably(join(dir, CUSTODY_PENDING), line);
  await appendDurably(
    join(dir, CUSTODY_LOG),
    Buffer.concat([needsNewline ? NEWLINE : Buffer.alloc(0), line, NEWLINE]),
  );
  await confirm(dir, line, seq);
}

/** Does what a killed append left undone. */
export async function completePending(dir: string, { pending }: CustodyFiles): Promise<void> {
  if (pending !== undefined) {
    if (pending.missing.length > 0) await appendDurably(join(dir, CUSTODY_LOG), pending.missing);
    await confirm(dir, pending.line, pending.entry.seq);
  } else await unlinkIfThere(join(dir, CUSTODY_PENDING));
}

async function confirm(dir: string, line: Buffer, seq: number): Promise<void> {
  const head = join(dir, CUSTODY_HEAD);
  await writeDurably(`${head}.new`, Buffer.from(`${JSON.stringify({ seq, sha256: sha256(line) })}\n`));
  await rename(`${head}.new`, head);
  await unlinkIfThere(join(dir, CUSTODY_PENDING));
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

function parseHead(bytes: Buffer | undefined): CustodyHead | undefined {
  try {
    const head = JSON.parse(bytes?.toString("utf8") ?? "") as CustodyHead;
    return Number.isSafeInteger(head.seq) && typeof head.sha256 === "string" ? head : undefined;
  } catch {
    return undefined; // missing or damaged: the caller says so
  }
}

/** What of a pending line the log still lacks, newline included; undefined when the log does not lead up to that line. */
function missingOf(log: Buffer, pending: Buffer, entry: CustodyEntry): Buffer | undefined {
  const lines = splitLines(log);
  const wanted = Buffer.concat([pending, NEWLINE]);
  const last = lines.at(-1);
  const linksTo = (line: { bytes: Buffer } | undefined) =>
    entry.previous === (line === undefined ? NO_PREVIOUS : sha256(line.bytes));
  if (last?.bytes.equals(pending)) return last.complete ? Buffer.alloc(0) : NEWLINE;
  if (last !== undefined && !last.complete && linksTo(lines.at(-2)) && pending.indexOf(last.bytes) === 0)
    return wanted.subarray(last.bytes.length);
  if (!linksTo(last)) return undefined;
  return last === undefined || last.complete ? wanted : Buffer.concat([NEWLINE, wanted]);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
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
