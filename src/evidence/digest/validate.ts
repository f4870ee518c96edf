import type { Case } from "../case.js";
import { chainsOf, type Digest, type DigestChain, judgeChain, readDigest } from "./chain.js";
import { Copies } from "./copies.js";
import { readDigestName } from "./digest-file.js";
import { heldFiles } from "./held-file.js";
import { isQueryFile, QueryResultFiles, type QueryResults } from "./query-results.js";
import { isSideFile, SideFiles } from "./side-files.js";
import { type Judged, notCovered } from "./verdict.js";

/** What CloudTrail signed, and what the evidence holds of it. */
export interface DigestValidation {
  chains: DigestChain[];
  /** Saved results of CloudTrail Lake queries, by sign file. */
  queries: QueryResults[];
  /** CloudTrail log files in the evidence that no digest lists. */
  notCovered: Judged[];
  /** Results of queries that no sign file lists. */
  unsignedResults: Judged[];
  /** Names of the files that the public keys are from; how they were collected is all that vouches for them. */
  keyFiles: string[];
  problems: string[];
}

const LOG_FILE = /_CloudTrail(?:-[A-Za-z]+)?_[a-z0-9-]+_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json(?:\.gz)?$/;

/**
 * Validates CloudTrail digest chains and the log files that they list on sealed copies, by the rules of
 * `aws cloudtrail validate-logs`, which needs the original bucket; saved query results of CloudTrail Lake, too. Beyond those
 * rules it compares previousDigestHashValue, judges every copy, looks into zips, and keeps "moved" apart from "changed".
 */
export async function validateDigests(held: Case): Promise<DigestValidation> {
  const problems: string[] = [];
  const side = new SideFiles(problems);
  const copies = new Copies();
  const queries = new QueryResultFiles();
  const digests: Digest[] = [];
  const logs: { name: string; path: string }[] = [];
  const isWanted = (name: string) =>
    readDigestName(name) !== null || LOG_FILE.test(name) || isSideFile(name) || isQueryFile(name);
  for await (const file of heldFiles(held, isWanted, problems)) {
    const digest = await readDigest(file);
    if (digest !== null) digests.push(digest);
    else if (isQueryFile(file.name)) await queries.add(file);
    else if (!(await side.take(file))) {
      await copies.add(file);
      if (LOG_FILE.test(file.name)) logs.push({ name: file.name, path: file.path });
    }
  }
  const listed = new Set<string>();
  const chains: DigestChain[] = [];
  for (const group of chainsOf(digests)) chains.push(await judgeChain(group, { side, copies, listed }));
  const { signed, notCovered: unsignedResults } = queries.judge(side);
  return {
    chains,
    queries: signed,
    notCovered: notCovered(logs, listed, "no digest lists it"),
    unsignedResults,
    keyFiles: side.keyFiles,
    problems,
  };
}
