import { join } from "node:path";
import type { Case } from "./case.js";
import { CUSTODY_DAMAGED } from "./custody.js";
import {
  CUSTODY_HEAD,
  CUSTODY_LOG,
  type CustodyEntry,
  type CustodyFiles,
  NO_PREVIOUS,
  parseEntry,
  readCustodyFiles,
  splitLines,
} from "./custody-log.js";
import { explaining } from "./failure.js";
import { sha256 } from "./hash.js";
import { printable } from "./safe-path.js";

export type CustodyProblemKind =
  | "missing"
  | "unparsable"
  | "truncated"
  | "edited"
  | "dropped"
  | "reordered"
  | "inserted"
  | "time-backwards"
  | "head"
  /** An entry that records damage which was found when it was written. */
  | "recorded-damage";

/** One flaw of the custody log. */
export interface CustodyProblem {
  kind: CustodyProblemKind;
  /** 1-based line number in `custody.jsonl` where the flaw shows; 0 when it is the log as a whole. */
  line: number;
  /** One sentence. */
  message: string;
}

interface Line extends CustodyEntry {
  line: number;
  sha256: string;
}

/**
 * Checks every link of the custody log and names what is wrong, all at once, in line order; empty when the chain holds.
 * An append that was killed half-way is no flaw: what it was about to write is in `custody.pending` and counts as written.
 */
export async function verifyCustody(held: Pick<Case, "dir">): Promise<CustodyProblem[]> {
  const path = join(held.dir, CUSTODY_LOG);
  const { log, head } = await explaining("custody-not-readable", path, () => readCustodyFiles(held.dir));
  if (log === undefined)
    return [
      {
        kind: "missing",
        line: 0,
        message: `${CUSTODY_LOG}: the file is missing; every case begins with one.`,
      },
    ];
  const problems: CustodyProblem[] = [];
  const report = (kind: CustodyProblemKind, line: number, fact: string) =>
    problems.push({ kind, line, message: printable(`${CUSTODY_LOG} line ${line}: ${fact}.`) });

  const raw = splitLines(log);
  const lines: Line[] = [];
  const unreadable = new Set<number>();
  raw.forEach(({ bytes, complete }, index) => {
    const line = index + 1;
    const entry = parseEntry(bytes);
    if (!complete) report("truncated", line, "the line does not end; the end of the file was cut off");
    if (entry !== undefined) lines.push({ ...entry, line, sha256: sha256(bytes) });
    else {
      unreadable.add(line);
      if (complete) report("unparsable", line, "the line is not a custody entry; it was edited or cut");
    }
  });
  const before = (line: number) => (line === 1 ? NO_PREVIOUS : sha256(raw[line - 2]?.bytes ?? ""));

  for (const { line, action, detail } of lines)
    if (action === CUSTODY_DAMAGED)
      report(
        "recorded-damage",
        line,
        `it records damage found when it was written: ${String(detail?.found)}`,
      );
  const genuine = withoutInsertions(lines, report);
  findReordered(genuine, report);
  const chain = genuine.toSorted((a, b) => a.seq - b.seq);
  checkLinks(chain, unreadable, before, report);
  checkHead(chain, head, raw.length, report);
  return problems.sort((a, b) => a.line - b.line);
}

type Report = (kind: CustodyProblemKind, line: number, fact: string) => void;

/** Of lines that claim the same number one belongs to the chain (its neighbours agree with it); the others were added. */
function withoutInsertions(lines: Line[], report: Report): Line[] {
  const bySeq = new Map<number, Line[]>();
  for (const line of lines) bySeq.set(line.seq, [...(bySeq.get(line.seq) ?? []), line]);
  const links = (line: Line) => {
    const from = bySeq.get(line.seq - 1)?.some((other) => other.sha256 === line.previous) ?? line.seq === 1;
    const to = bySeq.get(line.seq + 1)?.some((other) => other.previous === line.sha256) ?? false;
    return Number(from) + Number(to);
  };
  return [...bySeq.values()].flatMap((claimants) => {
    const [genuine, ...added] = claimants.toSorted((a, b) => links(b) - links(a) || a.line - b.line);
    for (const line of added)
      report(
        "inserted",
        line.line,
        `entry ${line.seq} is already in line ${genuine?.line}; this line was inserted`,
      );
    return genuine ?? [];
  });
}

function findReordered(lines: Line[], report: Report): void {
  let highest: Line | undefined;
  for (const line of lines.toSorted((a, b) => a.line - b.line)) {
    if (highest !== undefined && line.seq < highest.seq)
      report(
        "reordered",
        line.line,
        `entry ${line.seq} stands after entry ${highest.seq}; lines were reordered`,
      );
    else highest = line;
  }
}

function checkLinks(
  chain: Line[],
  unreadable: Set<number>,
  before: (line: number) => string,
  report: Report,
): void {
  let last: Line | undefined;
  for (const line of chain) {
    const expectedSeq = (last?.seq ?? 0) + 1;
    const followsUnreadable = unreadable.has(line.line - 1) && before(line.line) === line.previous;
    if (line.seq > expectedSeq && !hasUnreadableBetween(unreadable, last?.line ?? 0, line.line)) {
      const gone =
        line.seq - 1 === expectedSeq
          ? `entry ${expectedSeq} is`
          : `entries ${expectedSeq} to ${line.seq - 1} are`;
      report("dropped", line.line, `${gone} missing before this line; lines were dropped`);
    } else if (
      line.seq === expectedSeq &&
      !followsUnreadable &&
      line.previous !== (last?.sha256 ?? NO_PREVIOUS)
    ) {
      const fact =
        last === undefined
          ? `the first entry must refer to 64 zeros, it refers to ${line.previous}; it was edited`
          : `sha256 is ${last.sha256}, the next entry (line ${line.line}) recorded ${line.previous}; one of the two was edited`;
      report("edited", last?.line ?? line.line, fact);
    }
    if (Number.isNaN(Date.parse(line.time)))
      report("edited", line.line, `${JSON.stringify(line.time)} is not a time`);
    else if (last !== undefined && Date.parse(line.time) < Date.parse(last.time))
      report(
        "time-backwards",
        line.line,
        `its time ${line.time} is before ${last.time} of the entry before it`,
      );
    last = line;
  }
}

function hasUnreadableBetween(unreadable: Set<number>, from: number, to: number): boolean {
  for (let line = from + 1; line < to; line++) if (unreadable.has(line)) return true;
  return false;
}

function checkHead(chain: Line[], head: CustodyFiles["head"], lineCount: number, report: Report): void {
  const last = chain.at(-1);
  if (head === undefined)
    report(
      "head",
      lineCount,
      `${CUSTODY_HEAD} is missing or damaged; whether lines were cut off the end cannot be told`,
    );
  else if (last === undefined || last.seq < head.seq)
    report(
      "truncated",
      lineCount,
      `the log ends with entry ${last?.seq ?? 0}, ${CUSTODY_HEAD} names entry ${head.seq}; lines were cut off the end`,
    );
  else if (last.seq > head.seq)
    report(
      "inserted",
      last.line,
      `the log goes on to entry ${last.seq}, ${CUSTODY_HEAD} names entry ${head.seq} as the last; lines were added by something else`,
    );
  else if (last.sha256 !== head.sha256)
    report(
      "edited",
      last.line,
      `sha256 is ${last.sha256}, ${CUSTODY_HEAD} says ${head.sha256}; the line was edited after it was written`,
    );
}
