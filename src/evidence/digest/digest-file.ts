import { type KeyObject, verify } from "node:crypto";
import { z } from "zod";

const text = z.string();
const optional = text.nullish();

/** A digest file as CloudTrail delivers it; unknown keys are left alone. */
const DIGEST = z.looseObject({
  awsAccountId: optional,
  digestStartTime: text,
  digestEndTime: text,
  digestS3Bucket: text,
  digestS3Object: text,
  digestPublicKeyFingerprint: text,
  digestSignatureAlgorithm: optional,
  previousDigestS3Bucket: optional,
  previousDigestS3Object: optional,
  previousDigestHashValue: optional,
  previousDigestSignature: optional,
  logFiles: z
    .array(
      z.looseObject({
        s3Bucket: text,
        s3Object: text,
        hashValue: text,
        newestEventTime: optional,
        oldestEventTime: optional,
      }),
    )
    .default([]),
});

export type DigestContent = z.infer<typeof DIGEST>;

/** A log file as a digest lists it. */
export type ListedLog = DigestContent["logFiles"][number];

/** What a digest's key says: `…/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_<time>Z[_backfill].json.gz`. */
export interface DigestName {
  account: string;
  /** Region whose events the digest covers. */
  region: string;
  /** Trail and home region together: trail names may hold any of the separators. */
  trail: string;
  backfill: boolean;
}

const NAME =
  /(?:^|\/)(\d+)_CloudTrail-Digest_([a-z]{2}(?:-[a-z]+)+-\d)_(.+)_\d{8}T\d{6}Z(_backfill)?\.json(?:\.gz)?$/;

/** Reads the name of a digest file; null when it is none. */
export function readDigestName(key: string): DigestName | null {
  const found = NAME.exec(key);
  if (found === null) return null;
  const [, account = "", region = "", trail = "", backfill] = found;
  return { account, region, trail, backfill: backfill !== undefined };
}

/** Parses uncompressed digest bytes; a sentence when they are no digest, or signed in a way that we do not know. */
export function parseDigest(bytes: Buffer): DigestContent | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
  } catch {
    return "it is not JSON";
  }
  const digest = DIGEST.safeParse(parsed);
  if (!digest.success) return `it lacks what a digest has: ${z.prettifyError(digest.error).split("\n")[0]}`;
  const { digestSignatureAlgorithm: algorithm } = digest.data;
  return algorithm == null || algorithm === "SHA256withRSA"
    ? digest.data
    : `it names the signature algorithm ${JSON.stringify(algorithm)}, expected is SHA256withRSA`;
}

/**
 * Checks the signature of a digest: RSASSA-PKCS1-v1_5 with SHA-256 over four lines, as `aws cloudtrail validate-logs`
 * does. Format: AWS CloudTrail user guide, "CloudTrail digest file structure" and "Custom implementations".
 *
 * @param sha256 of the uncompressed content, as stored
 * @returns null when it is valid, else a sentence
 */
export function checkSignature(
  digest: DigestContent,
  sha256: string,
  signature: string,
  key: KeyObject,
): string | null {
  const signed = [
    digest.digestEndTime,
    `${digest.digestS3Bucket}/${digest.digestS3Object}`,
    sha256,
    digest.previousDigestSignature ?? "null",
  ].join("\n");
  return checkRsa(signed, signature, key);
}

/** Null when a signature in hexadecimal is that of the key over the text; else a sentence. */
export function checkRsa(signed: string, signature: string, key: KeyObject): string | null {
  if (!/^([0-9a-f]{2})+$/i.test(signature)) return "its signature is not hexadecimal";
  return verify("RSA-SHA256", Buffer.from(signed), key, Buffer.from(signature, "hex"))
    ? null
    : "its signature does not fit its content";
}
