import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listArtifacts, type SealedFile } from "../artifact.js";
import type { Case } from "../case.js";
import { inParallel } from "../parallel.js";
import {
  checkSignature,
  type DigestContent,
  type DigestName,
  parseDigest,
  readDigestName,
  sha256,
} from "./digest-file.js";
import { inflateOnce } from "./inflate.js";
import { readPublicKeys } from "./public-key.js";

/**
 * `valid` · `valid-moved` (content valid, location not the original) · `invalid` · `missing` (listed and not in the
 * evidence) · `not-covered` (in the evidence and listed by no digest) · `unverifiable` (key or signature is not there).
 */
export type DigestVerdict = "valid" | "valid-moved" | "invalid" | "missing" | "not-covered" | "unverifiable";

export interface Judged {
  /** Bucket and key for what a digest names, else the name in the origin. */
  object: string;
  /** Sealed file, relative to the case; null when it is not in the evidence. */
  path: string | null;
  verdict: DigestVerdict;
  /** One sentence; null for plainly valid. */
  reason: string | null;
}

/** Digests of one account, region and trail: one chain when nothing went wrong. */
export interface DigestChain {
  account: string;
  region: string;
  trail: string;
  backfill: boolean;
  from: string;
  to: string;
  digests: Judged[];
  logs: Judged[];
  /** Sentences on new chains and on digests that the chain points to and the evidence lacks. */
  gaps: string[];
}

export interface DigestValidation {
  chains: DigestChain[];
  /** CloudTrail log files in the evidence that no digest lists. */
  notCovered: Judged[];
  problems: string[];
}

interface Digest extends DigestName {
  file: SealedFile;
  content: DigestContent | string;
  sha256: string;
  bytes: Buffer;
}

const LOG_FILE =
  /_CloudTrail(?:-Insight|-NetworkActivity|-Aggregated)?_[a-z0-9-]+_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json(?:\.gz)?$/;
const METADATA = ".metadata.json";

/**
 * Validates CloudTrail digest chains and the log files that they list on sealed copies, by the rules of
 * `aws cloudtrail validate-logs`, which needs the original bucket. Beyond those rules it compares previousDigestHashValue
 * and keeps "moved" apart from "changed".
 */
export async function validateDigests(held: Case): Promise<DigestValidation> {
  const files = await listArtifacts(held);
  const problems: string[] = [];
  const keys = new Map<string, KeyObject>();
  const signatures = new Map<string, string>();
  for (const file of files) await readSideFile(held, file, keys, signatures, problems);
  const digests = await readDigests(held, files);
  const evidence = new EvidenceIndex(files);
  const listed = new Set<string>();
  const chains: DigestChain[] = [];
  for (const group of groupsOf(digests))
    chains.push(await judgeChain(held, group, { keys, signatures, evidence, listed }));
  const notCovered = files
    .filter((file) => LOG_FILE.test(file.original) && !listed.has(file.path))
    .map(
      (file): Judged => ({
        object: file.original,
        path: file.path,
        verdict: "not-covered",
        reason: "no digest lists it",
      }),
    );
  return { chains, notCovered, problems };
}

/** Public keys, and the object metadata that holds a digest's signature. */
async function readSideFile(
  held: Case,
  file: SealedFile,
  keys: Map<string, KeyObject>,
  signatures: Map<string, string>,
  problems: string[],
): Promise<void> {
  const isMetadata =
    file.original.endsWith(METADATA) && readDigestName(file.original.slice(0, -METADATA.length)) !== null;
  if (!isMetadata && !/public-?keys?[^/]*\.json$/i.test(file.original)) return;
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(await readFile(join(held.dir, file.path), "utf8")) as Record<string, unknown>;
  } catch {
    problems.push(`${file.original}: it is not JSON; what it says of digests was not used`);
    return;
  }
  if (!isMetadata) readPublicKeys(json, keys, problems);
  const metadata = (json.Metadata ?? json.metadata) as Record<string, string> | undefined;
  if (isMetadata && metadata?.signature !== undefined) {
    signatures.set(file.original.slice(0, -METADATA.length), metadata.signature);
  }
}

async function readDigests(held: Case, files: SealedFile[]): Promise<Digest[]> {
  const digests: Digest[] = [];
  await inParallel(files, 8, async (file) => {
    const name = readDigestName(file.original);
    if (name === null) return;
    const { bytes, problem } = inflateOnce(await readFile(join(held.dir, file.path)));
    digests.push({
      ...name,
      file,
      content: problem ?? parseDigest(bytes),
      sha256: sha256(bytes),
      bytes,
    });
  });
  return digests;
}

function groupsOf(digests: Digest[]): Digest[][] {
  const groups = new Map<string, Digest[]>();
  for (const digest of digests) {
    const key = `${digest.account} ${digest.region} ${digest.trail} ${digest.backfill}`;
    groups.set(key, [...(groups.get(key) ?? []), digest]);
  }
  const endOf = ({ content, file }: Digest): string =>
    typeof content === "string" ? file.original : content.digestEndTime;
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group.sort((a, b) => (endOf(a) < endOf(b) ? -1 : 1)));
}

/** Finds sealed files by the bucket and key that a digest names. */
class EvidenceIndex {
  readonly #byName = new Map<string, SealedFile[]>();

  constructor(files: SealedFile[]) {
    for (const file of files) {
      const name = file.original.slice(file.original.lastIndexOf("/") + 1);
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), file]);
    }
  }

  /** The file at the original location, or one of the same name elsewhere. */
  find(bucket: string, key: string): { file: SealedFile; moved: boolean } | null {
    const candidates = this.#byName.get(key.slice(key.lastIndexOf("/") + 1)) ?? [];
    const exact = candidates.find((file) => `/${file.original}`.endsWith(`/${bucket}/${key}`));
    const file =
      exact ?? candidates.find((other) => `/${other.original}`.endsWith(`/${key}`)) ?? candidates[0];
    return file === undefined ? null : { file, moved: exact === undefined };
  }
}

interface Knowledge {
  keys: Map<string, KeyObject>;
  signatures: Map<string, string>;
  evidence: EvidenceIndex;
  /** Paths of log files that some digest lists; filled on the way. */
  listed: Set<string>;
}

async function judgeChain(held: Case, group: Digest[], known: Knowledge): Promise<DigestChain> {
  const [first] = group as [Digest, ...Digest[]];
  const readable = group.filter(
    (digest): digest is Digest & { content: DigestContent } => typeof digest.content !== "string",
  );
  const byObject = new Map(readable.map((digest) => [digest.content.digestS3Object, digest]));
  const chain: DigestChain = {
    account: first.account,
    region: first.region,
    trail: first.trail,
    backfill: first.backfill,
    from: readable[0]?.content.digestStartTime ?? "",
    to: readable.at(-1)?.content.digestEndTime ?? "",
    digests: [],
    logs: [],
    gaps: [],
  };
  // A digest repeats the signature of the one before it, so that only the newest needs its object metadata.
  const repeated = new Map(
    readable.flatMap(({ content }) =>
      content.previousDigestS3Object != null && content.previousDigestSignature != null
        ? [[content.previousDigestS3Object, content.previousDigestSignature] as const]
        : [],
    ),
  );
  for (const [index, digest] of group.entries()) {
    chain.digests.push(judgeDigest(digest, repeated, byObject, known));
    if (typeof digest.content === "string") continue;
    chain.gaps.push(...gapsBefore(digest.content, index, byObject));
    for (const log of digest.content.logFiles) chain.logs.push(await judgeLog(held, log, known));
  }
  return chain;
}

function judgeDigest(
  digest: Digest,
  repeated: Map<string, string>,
  byObject: Map<string, Digest>,
  known: Knowledge,
): Judged {
  const { content, file } = digest;
  const judged = (object: string, verdict: DigestVerdict, reason: string | null): Judged => ({
    object,
    path: file.path,
    verdict,
    reason,
  });
  if (typeof content === "string") return judged(file.original, "invalid", content);
  const object = `${content.digestS3Bucket}/${content.digestS3Object}`;
  const previous =
    content.previousDigestS3Object == null ? undefined : byObject.get(content.previousDigestS3Object);
  if (
    previous !== undefined &&
    content.previousDigestHashValue != null &&
    previous.sha256 !== content.previousDigestHashValue
  ) {
    return judged(
      object,
      "invalid",
      "the digest before it has another hash than this one says; one of the two was changed",
    );
  }
  const signature =
    file.metadata?.signature ?? known.signatures.get(file.original) ?? repeated.get(content.digestS3Object);
  if (signature === undefined) {
    return judged(
      object,
      "unverifiable",
      "its signature is in the metadata of the S3 object, which was not collected, and no later digest repeats it",
    );
  }
  if (!known.keys.has(content.digestPublicKeyFingerprint.toLowerCase())) {
    return judged(
      object,
      "unverifiable",
      `the public key ${content.digestPublicKeyFingerprint} is not in the evidence; collect it with list-public-keys`,
    );
  }
  const flaw = checkSignature(content, digest.bytes, signature, known.keys);
  if (flaw !== null) return judged(object, "invalid", flaw);
  if (!`/${file.original}`.endsWith(`/${object}`)) {
    return judged(object, "valid-moved", "content valid, location not original");
  }
  return judged(object, "valid", null);
}

function gapsBefore(content: DigestContent, index: number, byObject: Map<string, Digest>): string[] {
  if (content.previousDigestS3Object == null) {
    return index === 0
      ? []
      : [
          `a new chain starts with the digest that ends ${content.digestEndTime}: logging or validation was switched off and on before it`,
        ];
  }
  if (byObject.has(content.previousDigestS3Object)) return [];
  const what = index === 0 ? "the evidence begins after" : "a digest is missing:";
  return [
    `${what} ${content.previousDigestS3Object}, which the digest that ends ${content.digestEndTime} follows`,
  ];
}

async function judgeLog(
  held: Case,
  log: DigestContent["logFiles"][number],
  known: Knowledge,
): Promise<Judged> {
  const object = `${log.s3Bucket}/${log.s3Object}`;
  const found = known.evidence.find(log.s3Bucket, log.s3Object);
  if (found === null) return { object, path: null, verdict: "missing", reason: "it is not in the evidence" };
  const { file, moved } = found;
  known.listed.add(file.path);
  const { bytes, problem } = inflateOnce(await readFile(join(held.dir, file.path)));
  if (problem !== null) return { object, path: file.path, verdict: "invalid", reason: problem };
  const hash = sha256(bytes);
  if (hash !== log.hashValue) {
    return {
      object,
      path: file.path,
      verdict: "invalid",
      reason: `sha256 of its content is ${hash}, the digest says ${log.hashValue}`,
    };
  }
  return moved
    ? { object, path: file.path, verdict: "valid-moved", reason: "content valid, location not original" }
    : { object, path: file.path, verdict: "valid", reason: null };
}
