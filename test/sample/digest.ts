import { createHash, createPublicKey, createSign } from "node:crypto";
import { type Archive, printed } from "./archive.js";
import { compactSecond, dayPath, HOUR, iso, localTime, MINUTE, utc } from "./clock.js";
import type { LogFile } from "./cloudtrail-delivery.js";
import { gzip } from "./gzip.js";
import { sha256 } from "./identifier.js";
import { ACCOUNT, BUCKET, HOME, REGIONS, TRAIL, WEST } from "./place.js";
import { SIGNING_KEY } from "./signing-key.js";
import type { Tally } from "./tally.js";

// Digest files, one a region and hour, chained and signed (formats.md 2).

interface Link {
  readonly object: string;
  readonly hash: string;
  readonly signature: string;
}

/** DER form (PKCS#1) of the public key, and its fingerprint: MD5 of that, in hex. */
const PUBLIC_KEY = createPublicKey(SIGNING_KEY).export({ type: "pkcs1", format: "der" });
const FINGERPRINT = createHash("md5").update(PUBLIC_KEY).digest("hex");

/** The text that is signed: end time, location, hash and the signature before, one a line. */
function stringToSign(endTime: string, location: string, hash: string, previous: string | null): string {
  return [endTime, location, hash, previous ?? "null"].join("\n");
}

/** Writes the digest chains of all regions. */
export class DigestDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  readonly #last = new Map<string, Link>();

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  /** Writes the digests of the hour that begins at `from`; the last hour's metadata is kept in every region. */
  write(from: number, delivered: ReadonlyMap<string, readonly LogFile[]>, last: boolean): void {
    for (const region of REGIONS) this.#digest(region, from, delivered.get(region) ?? [], last);
  }

  /** Writes what `list-public-keys` answers in every region. */
  publicKeys(folder: (region: string) => string, from: number): void {
    const key = {
      Value: PUBLIC_KEY.toString("base64"),
      ValidityStartTime: localTime(from - 24 * HOUR),
      ValidityEndTime: localTime(utc("2026-04-01")),
      Fingerprint: FINGERPRINT,
    };
    for (const region of REGIONS) {
      this.#archive.write(
        `${folder(region)}/cloudtrail/list-public-keys.json`,
        printed({ PublicKeyList: [key] }),
      );
    }
  }

  #digest(region: string, from: number, files: readonly LogFile[], last: boolean): void {
    const end = from + HOUR;
    const previous = this.#last.get(region) ?? null;
    const name = `${ACCOUNT}_CloudTrail-Digest_${region}_${TRAIL}_${HOME}_${compactSecond(end)}.json.gz`;
    const object = `AWSLogs/${ACCOUNT}/CloudTrail-Digest/${region}/${dayPath(end)}/${name}`;
    const times = files.flatMap((file) => [file.newestEventTime, file.oldestEventTime]).sort();
    const content = JSON.stringify({
      awsAccountId: ACCOUNT,
      digestStartTime: iso(from),
      digestEndTime: iso(end),
      digestS3Bucket: BUCKET.trail,
      digestS3Object: object,
      digestPublicKeyFingerprint: FINGERPRINT,
      digestSignatureAlgorithm: "SHA256withRSA",
      newestEventTime: times.at(-1) ?? null,
      oldestEventTime: times[0] ?? null,
      previousDigestS3Bucket: previous ? BUCKET.trail : null,
      previousDigestS3Object: previous?.object ?? null,
      previousDigestHashValue: previous?.hash ?? null,
      previousDigestHashAlgorithm: previous ? "SHA-256" : null,
      previousDigestSignature: previous?.signature ?? null,
      logFiles: files.map((file) => ({
        s3Bucket: file.s3Bucket,
        s3Object: file.s3Object,
        hashValue: file.hashValue,
        hashAlgorithm: "SHA-256",
        newestEventTime: file.newestEventTime,
        oldestEventTime: file.oldestEventTime,
      })),
    });
    const hash = sha256(content);
    const text = stringToSign(iso(end), `${BUCKET.trail}/${object}`, hash, previous?.signature ?? null);
    const signature = createSign("RSA-SHA256").update(text).sign(SIGNING_KEY, "hex");
    const bytes = gzip(content);
    this.#archive.write(`${BUCKET.trail}/${object}`, bytes);
    this.#tally.digests++;
    // The unused regions keep the metadata of the newest digest only: an older signature stands in the next digest.
    if (last || region === HOME || region === WEST) this.#metadata(object, bytes, signature, end);
    this.#last.set(region, { object, hash, signature });
  }

  #metadata(object: string, bytes: Buffer, signature: string, end: number): void {
    this.#archive.write(
      `${BUCKET.trail}/${object}.metadata.json`,
      printed({
        AcceptRanges: "bytes",
        LastModified: localTime(end + 9 * MINUTE),
        ContentLength: bytes.length,
        ETag: `"${createHash("md5").update(bytes).digest("hex")}"`,
        ContentType: "application/json",
        ContentEncoding: "gzip",
        ServerSideEncryption: "AES256",
        Metadata: { signature, "signature-algorithm": "SHA256withRSA" },
      }),
    );
  }
}
