import type { Database } from "../database/index.js";
import { LIMIT } from "./limit.js";
import { formatCount } from "./visible.js";

/** What the last `coldtrail verify` found about what CloudTrail itself signed; all empty when there is none of it. */
export interface Integrity {
  /** By kind (digest, log, gap, lake-sign, lake-result) and verdict. */
  counts: { kind: string; verdict: string; objects: number }[];
  /** Those that are not plainly valid, the first ones. */
  remarkable: {
    kind: string;
    verdict: string;
    object: string;
    region: string | null;
    reason: string | null;
  }[];
  /** How many are not plainly valid. */
  total: number;
}

const KINDS: Record<string, string> = {
  log: "log file",
  "lake-sign": "Lake sign file",
  "lake-result": "Lake result file",
};

/** What a kind of verdict is about, for people. */
export function kindText(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** Reads the verdicts on what CloudTrail signed. */
export async function readIntegrity(database: Database): Promise<Integrity> {
  const counts = await database.rows<Integrity["counts"][number]>(
    `select kind, verdict, count(*) as objects
     from integrity_verdict
     group by all
     order by kind, verdict`,
  );
  const remarkable = await database.rows<Integrity["remarkable"][number]>(
    `select kind, verdict, object, region, reason
     from integrity_verdict
     where verdict not in ('valid', 'valid-moved')
     order by verdict, kind, object, region, reason
     limit ${LIMIT.problems}`,
  );
  const total = counts
    .filter(({ verdict }) => verdict !== "valid" && verdict !== "valid-moved")
    .reduce((sum, { objects }) => sum + objects, 0);
  return { counts, remarkable, total };
}

/** One line: `1,060 digests valid; 272 log files valid`; undefined without digests. */
export function integrityText({ counts }: Integrity): string | undefined {
  if (counts.length === 0) return undefined;
  const noun = (kind: string, objects: number) => `${kindText(kind)}${objects === 1 ? "" : "s"}`;
  return counts
    .map(({ kind, verdict, objects }) =>
      kind === "gap"
        ? `${formatCount(objects)} ${noun(kind, objects)} in digest chains`
        : `${formatCount(objects)} ${noun(kind, objects)} ${verdict}`,
    )
    .join("; ");
}
