import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "../case.js";
import { sha256 } from "../hash.js";
import type { DigestValidation } from "./validate.js";
import type { DigestVerdict } from "./verdict.js";

/** Derived, like the database: what the last `verify` found about what CloudTrail signed, one line each. */
const VERDICTS = "verification.jsonl";

export interface VerdictLine {
  /** `lake-sign` is the sign file of a query of CloudTrail Lake, `lake-result` a file of its results. */
  kind: "digest" | "log" | "gap" | "lake-sign" | "lake-result";
  account: string | null;
  region: string | null;
  trail: string | null;
  object: string;
  path: string | null;
  verdict: DigestVerdict | "gap";
  reason: string | null;
}

/** The verdicts as lines, in the order of chains and time. */
export function verdictLines(found: DigestValidation): VerdictLine[] {
  const lines: VerdictLine[] = [];
  for (const { account, region, trail, digests, logs, gaps } of found.chains) {
    const chain = { account, region, trail };
    lines.push(...digests.map((judged): VerdictLine => ({ kind: "digest", ...chain, ...judged })));
    lines.push(...logs.map((judged): VerdictLine => ({ kind: "log", ...chain, ...judged })));
    lines.push(
      ...gaps.map(
        (gap): VerdictLine => ({
          kind: "gap",
          ...chain,
          object: "",
          path: null,
          verdict: "gap",
          reason: gap,
        }),
      ),
    );
  }
  for (const { account, region, sign, results } of found.queries) {
    const query = { account, region, trail: null };
    lines.push({ kind: "lake-sign", ...query, ...sign });
    lines.push(...results.map((judged): VerdictLine => ({ kind: "lake-result", ...query, ...judged })));
  }
  const nowhere = { account: null, region: null, trail: null };
  lines.push(...found.notCovered.map((judged): VerdictLine => ({ kind: "log", ...nowhere, ...judged })));
  for (const judged of found.unsignedResults) lines.push({ kind: "lake-result", ...nowhere, ...judged });
  return lines;
}

/** Replaces the verdicts of the case; returns the SHA-256 of the file. */
export async function writeVerdicts(held: Pick<Case, "dir">, lines: VerdictLine[]): Promise<string> {
  const path = join(held.dir, VERDICTS);
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeFile(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
  return sha256(text);
}

/** The verdicts of the last `verify`; none when it never ran. */
export async function readVerdicts(held: Pick<Case, "dir">): Promise<{ text: string; lines: VerdictLine[] }> {
  const text = await readFile(join(held.dir, VERDICTS), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n").filter((line) => line !== "");
  return { text, lines: lines.map((line) => JSON.parse(line) as VerdictLine) };
}
