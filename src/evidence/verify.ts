import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ACQUISITION_ID, listAcquisitions } from "./artifact.js";
import { MANIFEST } from "./bag.js";
import { type BagCheck, checkBag, type EvidenceProblem, statedOxum } from "./bag-check.js";
import type { Case } from "./case.js";
import { readCustody } from "./custody.js";
import { type CustodyProblem, verifyCustody } from "./custody-chain.js";
import { errorCode, explaining } from "./failure.js";
import { openFileThreads, THREADS } from "./file-threads.js";
import { INCOMING } from "./incoming.js";
import { readJournal } from "./journal.js";
import { readManifest } from "./manifest.js";

/** Locks that a killed run may leave. */
const LOCK = /^\.(incoming-[0-9a-f]{16}\.)?lock$/;

/** What `verifyEvidence` found. The evidence is intact when `problems` and `custody` are both empty. */
export interface Verification {
  bags: number;
  /** Payload files that were read, and their bytes. */
  files: number;
  bytes: number;
  problems: EvidenceProblem[];
  custody: CustodyProblem[];
  /** What is worth knowing and no problem, such as acquisitions that were begun and never sealed. */
  notes: string[];
}

export interface VerificationProgress {
  files: number;
  bytes: number;
  totalFiles: number;
}

/** Reads every sealed byte and names everything that is not as it was sealed, over all bags and the custody log, in one run. */
export async function verifyEvidence(
  held: Pick<Case, "dir">,
  {
    progress,
    concurrency = THREADS,
  }: { progress?: (progress: VerificationProgress) => void; concurrency?: number } = {},
): Promise<Verification> {
  const acquisitions = await listAcquisitions(held);
  const totalFiles = progress === undefined ? 0 : await countListed(held.dir, acquisitions);
  const found: Verification = {
    bags: acquisitions.length,
    files: 0,
    bytes: 0,
    problems: [],
    custody: [],
    notes: [],
  };
  const checks = new Map<string, BagCheck>();
  const threads = openFileThreads(await amountOf(held.dir, acquisitions), { threads: concurrency });
  try {
    for (const acquisition of acquisitions) {
      let [files, bytes] = [found.files, found.bytes];
      const onFile = (moreFiles: number, moreBytes: number) => {
        files += moreFiles;
        bytes += moreBytes;
        progress?.({ files, bytes, totalFiles });
      };
      const check = await checkBag(held.dir, `evidence/${acquisition}`, { threads, onFile });
      checks.set(acquisition, check);
      found.files += check.files;
      found.bytes += check.bytes;
      found.problems.push(...check.problems);
    }
  } finally {
    await threads.close();
  }
  const sealing = await examineRest(held.dir, found);
  found.custody = await verifyCustody(held);
  if (!found.custody.some((problem) => problem.kind === "missing"))
    found.problems.push(...(await compareWithCustody(held, checks, sealing)));
  return found;
}

/** What the bags say they hold; only an estimate of the work, which the check itself does not rely on. */
async function amountOf(dir: string, acquisitions: string[]): Promise<{ files: number; bytes: number }> {
  const amount = { files: 0, bytes: 0 };
  for (const acquisition of acquisitions) {
    const [bytes, files] = (await statedOxum(join(dir, "evidence", acquisition)))?.split(".") ?? [];
    amount.files += Number(files ?? 0);
    amount.bytes += Number(bytes ?? 0);
  }
  return amount;
}

async function countListed(dir: string, acquisitions: string[]): Promise<number> {
  let count = 0;
  for (const acquisition of acquisitions) {
    try {
      for await (const { entry } of readManifest(join(dir, "evidence", acquisition, MANIFEST)))
        if (entry) count++;
    } catch (error) {
      if (errorCode(error) === undefined) throw error; // the check of that bag names it
    }
  }
  return count;
}

/** Looks at what lies in `evidence/` beside the bags; returns the numbers of bags whose sealing was killed before the log knew. */
async function examineRest(dir: string, found: Verification): Promise<Set<string>> {
  const sealing = new Set<string>();
  const evidence = join(dir, "evidence");
  const entries = await explaining("evidence-not-readable", evidence, () =>
    readdir(evidence, { withFileTypes: true }),
  );
  for (const entry of entries) {
    const path = `evidence/${entry.name}`;
    const isBag = ACQUISITION_ID.test(entry.name);
    if (isBag && entry.isDirectory()) continue;
    if (entry.isFile() && LOCK.test(entry.name)) continue;
    if (entry.name.startsWith(INCOMING) && entry.isDirectory()) {
      const { entries: copied, seal } = await readJournal(join(evidence, entry.name, "journal.jsonl"));
      const isSealed = entries.some(({ name }) => name === seal?.id);
      if (seal !== undefined) sealing.add(seal.id);
      found.notes.push(
        isSealed
          ? `evidence/${seal?.id}: the acquisition was ended while it was sealing, and the custody log may not tell of the bag yet; run acquire with the same sources to finish it.`
          : `${path}: an acquisition that was not finished (${copied.size} files copied); run acquire with the same sources to go on.`,
      );
    } else
      found.problems.push({
        kind: isBag ? "planted" : "unexpected",
        path,
        message: `${path}: only sealed acquisitions belong in evidence/; it was put there by something else.`,
      });
  }
  return sealing;
}

/** Holds bags against the entries `acquire`: finds a bag that was replaced as a whole, taken away, or slipped in. */
async function compareWithCustody(
  held: Pick<Case, "dir">,
  checks: Map<string, BagCheck>,
  sealing: ReadonlySet<string>,
): Promise<EvidenceProblem[]> {
  const problems: EvidenceProblem[] = [];
  const noted = new Set<string>();
  const report = (acquisition: string, fact: string) => {
    const path = `evidence/${acquisition}`;
    problems.push({ kind: "custody", path, message: `${path}: ${fact}.` });
  };
  for (const entry of await readCustody(held)) {
    if (entry.action !== "acquire") continue;
    const acquisition = String(entry.detail?.acquisition);
    noted.add(acquisition);
    const check = checks.get(acquisition);
    if (check === undefined) {
      report(
        acquisition,
        `the bag is gone, custody entry ${entry.seq} says it was sealed with ${entry.detail?.files} files`,
      );
      continue;
    }
    const pairs = [
      ["manifest-sha256.txt", check.manifestSha256, entry.detail?.manifest_sha256],
      ["tagmanifest-sha256.txt", check.tagManifestSha256, entry.detail?.tagmanifest_sha256],
    ];
    for (const [name, now, then] of pairs)
      if (now !== undefined && now !== then)
        report(
          acquisition,
          `sha256 of ${name} is ${now}, custody entry ${entry.seq} says ${then}; the bag was rewritten after it was sealed`,
        );
  }
  for (const acquisition of checks.keys())
    if (!noted.has(acquisition) && !sealing.has(acquisition))
      report(
        acquisition,
        "no custody entry tells of this bag; it was put there by something else, or its acquisition was ended while sealing: then run acquire with the same sources to finish it",
      );
  return problems;
}
