import { type Copies, isAt } from "./copies.js";
import {
  checkSignature,
  type DigestContent,
  type DigestName,
  type ListedLog,
  parseDigest,
  readDigestName,
} from "./digest-file.js";
import { contentOf, type HeldFile } from "./held-file.js";
import type { SideFiles } from "./side-files.js";
import { type Judged, MOVED, Verdicts } from "./verdict.js";

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

/** A digest file as it was read; `content` is a sentence when it is none. */
export interface Digest extends DigestName {
  file: Pick<HeldFile, "name" | "path" | "metadata">;
  content: DigestContent | string;
  sha256: string;
}

type Readable = Digest & { content: DigestContent };

/** Reads a digest file; null when its name is that of none. */
export async function readDigest(file: HeldFile): Promise<Digest | null> {
  const name = readDigestName(file.name);
  if (name === null) return null;
  const { bytes, sha256, problem } = await contentOf(file);
  const { path, metadata } = file;
  const of = { name: file.name, path, ...(metadata && { metadata }) };
  return { ...name, file: of, content: problem ?? parseDigest(bytes), sha256 };
}

/** Digests by account, region, trail and kind, each group in the order of the time it covers. */
export function chainsOf(digests: Digest[]): [Digest, ...Digest[]][] {
  const groups = new Map<string, [Digest, ...Digest[]]>();
  for (const digest of digests) {
    const key = `${digest.account} ${digest.region} ${digest.trail} ${digest.backfill}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [digest]);
    else group.push(digest);
  }
  const endOf = ({ content, file }: Digest): string =>
    typeof content === "string" ? file.name : content.digestEndTime;
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group.sort((a, b) => (endOf(a) < endOf(b) ? -1 : 1)));
}

/** What a chain is held against. */
export interface Knowledge {
  side: SideFiles;
  copies: Copies;
  /** Paths and names of log files that some digest lists; filled on the way. */
  listed: Set<string>;
}

/**
 * Judges the digests of one group and the log files that they list. A digest is proven by its signature alone; that the next
 * one repeats signature and hash proves that nothing was slipped in between.
 */
export async function judgeChain(group: [Digest, ...Digest[]], known: Knowledge): Promise<DigestChain> {
  const [{ account, region, trail, backfill }] = group;
  const readable = group.filter((digest): digest is Readable => typeof digest.content !== "string");
  const claims = claimsOf(readable);
  const judged = new Map(group.map((digest) => [digest, judgeDigest(digest, claims, known.side)] as const));
  const gaps = [...gapsOf(readable), ...compareHashes(readable, judged)];
  const logs = new Verdicts();
  for (const digest of readable)
    for (const log of digest.content.logFiles)
      for (const verdict of await judgeLog(log, judged.get(digest) as Judged, known)) logs.add(verdict);
  return {
    account,
    region,
    trail,
    backfill,
    from: readable[0]?.content.digestStartTime ?? "",
    to: readable.at(-1)?.content.digestEndTime ?? "",
    digests: [...judged.values()],
    logs: logs.all,
    gaps,
  };
}

/** The signatures by which later digests repeat those of the ones before them, by object. */
function claimsOf(readable: Readable[]): Map<string, Set<string>> {
  const claims = new Map<string, Set<string>>();
  for (const { content } of readable) {
    const { previousDigestS3Object: object, previousDigestSignature: signature } = content;
    if (object == null || signature == null) continue;
    const known = claims.get(object) ?? new Set();
    claims.set(object, known.add(signature));
  }
  return claims;
}

function judgeDigest(
  { content, file, sha256 }: Digest,
  claims: Map<string, Set<string>>,
  side: SideFiles,
): Judged {
  const { path } = file;
  if (typeof content === "string")
    return { object: file.name, path, verdict: "invalid", reason: `the digest cannot be read: ${content}` };
  const object = `${content.digestS3Bucket}/${content.digestS3Object}`;
  const judged = (verdict: Judged["verdict"], reason: string | null): Judged => ({
    object,
    path,
    verdict,
    reason,
  });
  const signatures = new Set([
    ...(file.metadata?.signature === undefined ? [] : [file.metadata.signature]),
    ...side.signaturesOf(file.name),
    ...side.signaturesOf(content.digestS3Object),
    ...(claims.get(content.digestS3Object) ?? []),
  ]);
  if (signatures.size === 0)
    return judged(
      "unverifiable",
      "its signature is in the metadata of the S3 object, which was not collected, and no later digest repeats it",
    );
  const key = side.keys.get(content.digestPublicKeyFingerprint.toLowerCase());
  if (key === undefined)
    return judged(
      "unverifiable",
      `the public key ${content.digestPublicKeyFingerprint} is not in the evidence; collect it with list-public-keys`,
    );
  // Any signature of the key over this content proves it, whoever kept it.
  const flaws = [...signatures].map((signature) => checkSignature(content, sha256, signature, key));
  if (!flaws.includes(null)) return judged("invalid", flaws[0] ?? null);
  return isAt(file.name, object) ? judged("valid", null) : judged("valid-moved", MOVED);
}

const isProven = ({ verdict }: Judged): boolean => verdict === "valid" || verdict === "valid-moved";

/**
 * Holds each digest against the hash that the next one says it has, and corrects the verdicts: of two that differ, the one whose
 * signature holds is right. Returns a sentence for each pair in which both signatures hold.
 */
function compareHashes(readable: Readable[], judged: Map<Digest, Judged>): string[] {
  const byObject = new Map<string, Readable[]>();
  for (const digest of readable) {
    const { digestS3Object } = digest.content;
    byObject.set(digestS3Object, [...(byObject.get(digestS3Object) ?? []), digest]);
  }
  const sentences = new Set<string>();
  for (const next of readable) {
    const { previousDigestS3Object: object, previousDigestHashValue: hash } = next.content;
    const copies = object == null ? [] : (byObject.get(object) ?? []);
    if (hash == null || copies.length === 0) continue;
    const differing = copies.filter(({ sha256 }) => sha256 !== hash.toLowerCase());
    const own = judged.get(next) as Judged;
    for (const copy of differing) {
      const other = judged.get(copy) as Judged;
      if (isProven(own) && isProven(other))
        sentences.add(`${own.object} follows another version of ${object} than the evidence holds`);
      else if (isProven(own))
        judged.set(copy, {
          ...other,
          verdict: "invalid",
          reason:
            other.verdict === "invalid"
              ? other.reason
              : `the digest after it, whose signature holds, says its sha256 is ${hash}`,
        });
      else if (differing.length === copies.length && own.verdict !== "invalid")
        judged.set(next, {
          ...own,
          verdict: "invalid",
          reason: isProven(other)
            ? "the digest before it, whose signature holds, has another hash than this one says"
            : "the digest before it has another hash than this one says; one of the two was changed",
        });
    }
  }
  return [...sentences];
}

function gapsOf(readable: Readable[]): string[] {
  const present = new Set(readable.map(({ content }) => content.digestS3Object));
  const sentences = new Set<string>();
  let [before, current]: (DigestContent | undefined)[] = [];
  for (const { content } of readable) {
    if (content.digestS3Object !== current?.digestS3Object) [before, current] = [current, content];
    const { digestStartTime, digestEndTime, previousDigestS3Object: previous } = content;
    const end = before?.digestEndTime;
    const uncovered =
      end !== undefined && end < digestStartTime ? `; ${end} to ${digestStartTime} is not covered` : "";
    if (previous == null) {
      if (before !== undefined)
        sentences.add(
          `a new chain starts with the digest that ends ${digestEndTime}: logging or validation was switched off and on before it${uncovered}`,
        );
    } else if (!present.has(previous))
      sentences.add(
        before === undefined
          ? `the evidence begins after ${previous}, which the digest that ends ${digestEndTime} follows`
          : `a digest is missing: ${previous}, which the digest that ends ${digestEndTime} follows${uncovered}`,
      );
  }
  return [...sentences];
}

/** Judges every copy of a listed log file that the evidence holds. A hash is worth what the digest that states it is worth. */
async function judgeLog(log: ListedLog, digest: Judged, { copies, listed }: Knowledge): Promise<Judged[]> {
  const object = `${log.s3Bucket}/${log.s3Object}`;
  const found = copies.of(log.s3Bucket, log.s3Object);
  if (found.length === 0)
    return [{ object, path: null, verdict: "missing", reason: "it is not in the evidence" }];
  const verdicts: Judged[] = [];
  for (const { copy, moved } of found) {
    listed.add(copy.name);
    const { sha256, problem } = await copy.content();
    const judged = (verdict: Judged["verdict"], reason: string | null) =>
      verdicts.push({ object, path: copy.path, verdict, reason });
    if (digest.verdict === "invalid") judged("unverifiable", "the digest that lists it is invalid");
    else if (problem !== null) judged("invalid", problem);
    else if (sha256 !== log.hashValue.toLowerCase())
      judged("invalid", `sha256 of its content is ${sha256}, the digest says ${log.hashValue}`);
    else if (digest.verdict === "unverifiable")
      judged("unverifiable", "its hash is the one that the digest says, and the digest cannot be verified");
    else judged(moved ? "valid-moved" : "valid", moved ? MOVED : null);
  }
  return verdicts;
}
