/**
 * `valid` · `valid-moved` (content valid, location not the original) · `invalid` · `missing` (listed and not in the
 * evidence) · `not-covered` (in the evidence and listed by nothing that is signed) · `unverifiable` (what it takes to
 * check it is not there, or is itself not valid).
 */
export type DigestVerdict = "valid" | "valid-moved" | "invalid" | "missing" | "not-covered" | "unverifiable";

/** The verdict on one object: a digest, a log file, a signature file or a result file of CloudTrail Lake. */
export interface Judged {
  /** Bucket and key for what a digest names, else the name in the origin. */
  object: string;
  /** Sealed file, relative to the case; null when it is not in the evidence. */
  path: string | null;
  verdict: DigestVerdict;
  /** One sentence; null for plainly valid. */
  reason: string | null;
}

/** The files that are in the evidence and that nothing signed lists, with one reason for all. */
export function notCovered(
  files: readonly { name: string; path: string }[],
  listed: ReadonlySet<string>,
  reason: string,
): Judged[] {
  return files
    .filter(({ name }) => !listed.has(name))
    .map(({ name, path }) => ({ object: name, path, verdict: "not-covered", reason }));
}

export const MOVED = "content valid, location not original";

/** What of several verdicts on one and the same file counts: the one that rests on the best witness. */
const WEIGHT: DigestVerdict[] = ["valid", "valid-moved", "invalid", "unverifiable", "missing", "not-covered"];

/** Verdicts by object and file, each once, in the order in which they were first given. */
export class Verdicts {
  readonly #byFile = new Map<string, Judged>();

  add(judged: Judged): void {
    const file = `${judged.object}\n${judged.path}`;
    const before = this.#byFile.get(file);
    if (before === undefined || WEIGHT.indexOf(judged.verdict) < WEIGHT.indexOf(before.verdict))
      this.#byFile.set(file, judged);
  }

  get all(): Judged[] {
    return [...this.#byFile.values()];
  }
}
