import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { acquire, type Case } from "../../../src/evidence/index.js";
import { fixed, scratchCase, scratchFolder } from "./scratch.js";

export type Files = Map<string, Buffer | string>;

export const hash = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A key as `list-public-keys` gives it, and what it signs. */
export interface SigningKey {
  fingerprint: string;
  /** The answer of `list-public-keys`. */
  answer: string;
  sign(text: string): string;
}

/** A key of its own; CloudTrail gives PKCS#1, some documents show SubjectPublicKeyInfo. */
export function signingKey(format: "pkcs1" | "spki" = "pkcs1"): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = publicKey.export({ format: "der", type: format });
  const fingerprint = createHash("md5").update(der).digest("hex");
  return {
    fingerprint,
    answer: JSON.stringify({
      PublicKeyList: [{ Value: der.toString("base64"), Fingerprint: fingerprint }],
    }),
    sign: (text) => sign("RSA-SHA256", Buffer.from(text), privateKey).toString("hex"),
  };
}

/** Where and how a trail delivers. */
export interface Trail {
  key: SigningKey;
  bucket?: string;
  account?: string;
  region?: string;
  trail?: string;
  homeRegion?: string;
  organisation?: string;
  backfill?: boolean;
  /** Hours of the day, two digits, in which digests end; the first of them starts a chain. */
  hours?: string[];
  /** Hours without any log file. */
  quiet?: string[];
}

/** Digests hour by hour with one log file each, signed as CloudTrail signs, with the object metadata beside them. */
export function signedTrail({
  key,
  bucket = "acme-trail-111122223333",
  account = "111122223333",
  region = "us-east-1",
  trail = "acme_trail.1",
  homeRegion = "us-east-1",
  organisation,
  backfill = false,
  hours = ["09", "10", "11"],
  quiet = [],
}: Trail): Files {
  const files: Files = new Map([[`collected/list-public-keys.${key.fingerprint}.json`, key.answer]]);
  const folder = `AWSLogs/${organisation === undefined ? "" : `${organisation}/`}${account}`;
  const day = "2026/03/11";
  let previous: { object: string; hash: string; signature: string } | null = null;
  for (const hour of hours) {
    const log = JSON.stringify({ Records: [{ eventID: `${account} ${region} ${trail} ${hour}` }] });
    const unique = hash(`${trail}${hour}`).slice(0, 16);
    const logKey = `${folder}/CloudTrail/${region}/${day}/${account}_CloudTrail_${region}_20260311T${hour}15Z_${unique}.json.gz`;
    const suffix = backfill ? "_backfill" : "";
    const object = `${folder}/CloudTrail-Digest/${region}/${day}/${account}_CloudTrail-Digest_${region}_${trail}_${homeRegion}_20260311T${hour}0000Z${suffix}.json.gz`;
    const end = `2026-03-11T${hour}:00:00Z`;
    const logFiles = quiet.includes(hour)
      ? []
      : [{ s3Bucket: bucket, s3Object: logKey, hashValue: hash(log), hashAlgorithm: "SHA-256" }];
    const content: string = JSON.stringify({
      awsAccountId: account,
      digestStartTime: `2026-03-11T${String(Number(hour) - 1).padStart(2, "0")}:00:00Z`,
      digestEndTime: end,
      digestS3Bucket: bucket,
      digestS3Object: object,
      digestPublicKeyFingerprint: key.fingerprint,
      digestSignatureAlgorithm: "SHA256withRSA",
      previousDigestS3Bucket: previous === null ? null : bucket,
      previousDigestS3Object: previous?.object ?? null,
      previousDigestHashValue: previous?.hash ?? null,
      previousDigestHashAlgorithm: previous === null ? null : "SHA-256",
      previousDigestSignature: previous?.signature ?? null,
      logFiles,
    });
    const signature: string = key.sign(
      `${end}\n${bucket}/${object}\n${hash(content)}\n${previous?.signature ?? "null"}`,
    );
    if (logFiles.length > 0) files.set(`${bucket}/${logKey}`, gzipSync(log));
    files.set(`${bucket}/${object}`, gzipSync(content));
    files.set(
      `${bucket}/${object}.metadata.json`,
      JSON.stringify({ Metadata: { signature, "signature-algorithm": "SHA256withRSA" } }),
    );
    previous = { object, hash: hash(content), signature };
  }
  return files;
}

/** Folder of the saved results. */
export const QUERY = "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/03/12/5f0c";

/** The saved results of one query in two files, signed as CloudTrail Lake signs. */
export function signedResults(key: SigningKey): Files {
  const pages = ["eventid,eventname\na,InvokeModel\n", "eventid,eventname\nb,GetObject\n"];
  const files: Files = new Map([["collected/list-public-keys.json", key.answer]]);
  const listed = pages.map((page, index) => {
    const fileName = `result_${index + 1}.csv.gz`;
    const bytes = gzipSync(page);
    files.set(`${QUERY}/${fileName}`, bytes);
    return { fileHashValue: hash(bytes), fileName };
  });
  const sign = {
    version: "1.0",
    region: "us-east-1",
    files: listed,
    hashAlgorithm: "SHA-256",
    signatureAlgorithm: "SHA256withRSA",
    queryCompleteTime: "2026-03-12T08:00:00Z",
    hashSignature: key.sign(listed.map(({ fileHashValue }) => fileHashValue).join(" ")),
    publicKeyFingerprint: key.fingerprint,
  };
  return files.set(`${QUERY}/result_sign.json`, JSON.stringify(sign));
}

/** A case into which these files were acquired, each collection as an acquisition of its own. */
export async function caseWith(...collections: Files[]): Promise<Case> {
  const held = await scratchCase();
  for (const files of collections) {
    const source = join(await scratchFolder(), "evidence");
    for (const [name, bytes] of files) {
      await mkdir(dirname(join(source, name)), { recursive: true });
      await writeFile(join(source, name), bytes);
    }
    await acquire(held, [source], fixed);
  }
  return held;
}
