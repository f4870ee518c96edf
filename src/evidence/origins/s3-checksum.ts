import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc32c, crc64nvme, type RunningChecksum } from "./crc.js";
import type { S3Facts } from "./s3-facts.js";

/** What the bytes of an object turned out to be. */
export interface ChecksumVerdict {
  /** Values of S3 that the bytes match, by algorithm; `etag` where it is an MD5. */
  verified: string[];
  /** One clause for each value that they do not match. */
  mismatches: string[];
  /** The only mismatch is one that rests on a guess about the sizes of the parts. */
  isGuess: boolean;
}

/** One value to hold the bytes against: over the whole object, or over the checksums of its parts. */
interface Expectation {
  name: string;
  algorithm: string;
  value: string;
  encoding: "base64" | "hex";
  parts: number | undefined;
  running: RunningChecksum;
  ofParts: RunningChecksum | undefined;
}

/** Sizes of the parts an object was uploaded in; `isGuess` when they were concluded from the first. */
export interface PartSizes {
  sizes: number[];
  isGuess: boolean;
}

/**
 * Holds the bytes of an object against everything S3 says of them. An ETag is the MD5 of the content when S3 stores it in one
 * part and in plain or with its own keys (SSE-S3); of several parts it is the MD5 of their MD5s; with KMS keys it is neither.
 * Checksums are over the whole object (`FULL_OBJECT`) or over the checksums of its parts (`COMPOSITE`), which needs their sizes.
 */
export class ChecksumCheck {
  readonly #expected: Expectation[] = [];
  readonly #sizes: PartSizes | undefined;
  #part = 0;
  #left: number;

  constructor(facts: S3Facts, sizes: PartSizes | undefined) {
    this.#sizes = sizes;
    this.#left = sizes?.sizes[0] ?? Infinity;
    for (const claim of claimsOf(facts)) {
      const running = runningOf(claim.algorithm);
      if (running === undefined) continue;
      if (claim.parts !== undefined && claim.parts !== sizes?.sizes.length) continue;
      const ofParts = claim.parts === undefined ? undefined : runningOf(claim.algorithm);
      this.#expected.push({ ...claim, running, ofParts });
    }
  }

  update(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + this.#left);
      const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
      for (const { running, ofParts } of this.#expected)
        (ofParts === undefined ? running : ofParts).update(piece);
      this.#left -= piece.length;
      at = end;
      if (this.#left === 0) this.#endPart();
    }
  }

  verdict(): ChecksumVerdict {
    const verdict: ChecksumVerdict = { verified: [], mismatches: [], isGuess: false };
    let guesses = 0;
    for (const { name, value, encoding, parts, running } of this.#expected) {
      const found = running.digest().toString(encoding);
      if (found === value) verdict.verified.push(name);
      else {
        verdict.mismatches.push(`its ${name} is ${found}, S3 says ${value}`);
        if (parts !== undefined && this.#sizes?.isGuess) guesses++;
      }
    }
    verdict.verified.sort();
    verdict.isGuess = guesses > 0 && guesses === verdict.mismatches.length;
    return verdict;
  }

  #endPart(): void {
    for (const expected of this.#expected) {
      if (expected.ofParts === undefined) continue;
      expected.running.update(expected.ofParts.digest());
      expected.ofParts = runningOf(expected.algorithm);
    }
    this.#part++;
    this.#left = this.#sizes?.sizes[this.#part] ?? Infinity;
  }
}

/** How many parts have to be known to check an object, or undefined when a value over its whole content does without. */
export function partsToKnow(facts: S3Facts): number | undefined {
  const claims = claimsOf(facts);
  const isKnown = ({ algorithm }: { algorithm: string }) => runningOf(algorithm) !== undefined;
  if (claims.some((claim) => claim.parts === undefined && isKnown(claim))) return undefined;
  return claims.find(isKnown)?.parts;
}

function claimsOf(facts: S3Facts): Omit<Expectation, "running" | "ofParts">[] {
  const claims: Omit<Expectation, "running" | "ofParts">[] = [];
  const [, md5, parts] = /^([0-9a-f]{32})(?:-(\d{1,5}))?$/.exec(facts.etag ?? "") ?? [];
  const algorithm = facts.encryption?.algorithm;
  if (md5 !== undefined && (algorithm === undefined || algorithm === "AES256"))
    claims.push({
      name: "etag",
      algorithm: "md5",
      value: md5,
      encoding: "hex",
      parts: parts === undefined ? undefined : Number(parts),
    });
  for (const [name, given] of Object.entries(facts.checksums ?? {})) {
    const [, value = given, count] = /^(.*)-(\d{1,5})$/.exec(given) ?? [];
    // Without its number of parts a composite checksum has that of the ETag.
    const isComposite = count !== undefined || facts.checksum_type === "COMPOSITE";
    const known = count ?? parts;
    if (isComposite && known === undefined) continue;
    claims.push({
      name,
      algorithm: name,
      value,
      encoding: "base64",
      parts: isComposite ? Number(known) : undefined,
    });
  }
  return claims;
}

/** Undefined for an algorithm that we cannot compute. */
function runningOf(algorithm: string): RunningChecksum | undefined {
  if (algorithm === "crc32c") return crc32c();
  if (algorithm === "crc64nvme") return crc64nvme();
  if (algorithm === "crc32") return zlibCrc32();
  if (!["md5", "sha1", "sha256", "sha512"].includes(algorithm)) return undefined;
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

function zlibCrc32(): RunningChecksum {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes;
    },
  };
}
