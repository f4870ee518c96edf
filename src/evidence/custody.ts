import { join } from "node:path";
import type { Case } from "./case.js";
import {
  CUSTODY_LOG,
  type CustodyEntry,
  type CustodyFiles,
  completePending,
  NO_PREVIOUS,
  parseEntry,
  readCustodyFiles,
  splitLines,
  writeEntry,
} from "./custody-log.js";
import { explaining } from "./failure.js";
import { sha256 } from "./hash.js";
import { withLock } from "./lock.js";

/** What happened, as the caller states it; `detail` holds JSON values only. */
export interface CustodyEvent {
  action: string;
  detail: Record<string, unknown>;
}

/** The action of an entry by which `appendCustody` records that it found the end of the log damaged. */
export const CUSTODY_DAMAGED = "custody-damaged";

/**
 * Appends one entry to `custody.jsonl` and returns it. Durable when it returns, and safe against other processes.
 * An append that was killed half-way is completed first. An end of the log that was cut or changed is kept as it is and recorded
 * by an entry `custody-damaged` of its own, which `verifyCustody` reports ever after.
 */
export async function appendCustody(
  held: Pick<Case, "dir" | "examiner">,
  event: CustodyEvent,
  { now, version }: { now: () => Date; version: string },
): Promise<CustodyEntry> {
  const log = join(held.dir, CUSTODY_LOG);
  const append = async (
    end: End,
    { action, detail }: CustodyEvent,
  ): Promise<{ entry: CustodyEntry; end: End }> => {
    const entry: CustodyEntry = {
      seq: end.seq + 1,
      time: now().toISOString(),
      examiner: held.examiner,
      action,
      detail: sortKeys(detail) as Record<string, unknown>,
      tool: { name: "coldtrail", version },
      previous: end.sha256,
    };
    const line = Buffer.from(JSON.stringify(entry));
    await writeEntry(held.dir, line, entry.seq, end.needsNewline);
    return { entry, end: { seq: entry.seq, sha256: sha256(line), needsNewline: false } };
  };
  return explaining("custody-not-writable", log, () =>
    withLock(`${log}.lock`, async () => {
      const files = await readCustodyFiles(held.dir);
      await completePending(held.dir, files);
      let end = endOf(files);
      if (end.damage !== undefined)
        end = (await append(end, { action: CUSTODY_DAMAGED, detail: { found: end.damage } })).end;
      return (await append(end, event)).entry;
    }),
  );
}

/** Gives the entries of the custody log in file order; lines that do not parse are left to `verifyCustody` to name. */
export async function readCustody(held: Pick<Case, "dir">): Promise<CustodyEntry[]> {
  const path = join(held.dir, CUSTODY_LOG);
  const { log } = await explaining("custody-not-readable", path, () => readCustodyFiles(held.dir));
  return splitLines(log ?? Buffer.alloc(0)).flatMap((line) => parseEntry(line.bytes) ?? []);
}

/** What the next line links to. */
interface End {
  seq: number;
  sha256: string;
  needsNewline: boolean;
  /** What is wrong with the end of the log, in one clause. */
  damage?: string;
}

function endOf({ log, head }: CustodyFiles): End {
  const lines = splitLines(log ?? Buffer.alloc(0));
  const last = lines.at(-1);
  const seq = lines.reduce((highest, line) => Math.max(highest, parseEntry(line.bytes)?.seq ?? 0), 0);
  const end = {
    // Above the head as well: entries that were cut off leave a gap that stays visible.
    seq: Math.max(seq, head?.seq ?? 0),
    sha256: last === undefined ? NO_PREVIOUS : sha256(last.bytes),
    needsNewline: last !== undefined && !last.complete,
  };
  const damage = damageOf(lines, end, head);
  return damage === undefined ? end : { ...end, damage };
}

function damageOf(
  lines: { bytes: Buffer; complete: boolean }[],
  end: { sha256: string },
  head: CustodyFiles["head"],
): string | undefined {
  const last = lines.at(-1);
  if (last === undefined)
    return head === undefined ? undefined : `the log is empty, its last entry was ${head.seq}`;
  if (!last.complete) return `line ${lines.length} does not end; sha256 of what is there is ${end.sha256}`;
  if (head === undefined)
    return "custody.head is missing or damaged; whether lines were cut off cannot be told";
  if (head.sha256 !== end.sha256)
    return `the last line has sha256 ${end.sha256}, the last one written was entry ${head.seq} with ${head.sha256}`;
  return undefined;
}

/** Same value with the keys of every object in order of code units, so that equal details give equal lines. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
