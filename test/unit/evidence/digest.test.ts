import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type DigestValidation, validateDigests } from "../../../src/evidence/digest/validate.js";
import { acquire, type Case, initCase, openCase } from "../../../src/evidence/index.js";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const BUCKET = "acme-trail-111122223333";
const FOLDER = "AWSLogs/111122223333";
const hash = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

let work: string;
let files: Map<string, Buffer | string>;
let rounds = 0;

/** A trail of three hours with one log file each, signed as CloudTrail signs. */
function trail(keyFormat: "pkcs1" | "spki" = "pkcs1"): Map<string, Buffer | string> {
  const der = publicKey.export({ format: "der", type: keyFormat });
  const fingerprint = createHash("md5").update(der).digest("hex");
  const made = new Map<string, Buffer | string>([
    [
      "collected/list-public-keys.json",
      JSON.stringify({ PublicKeyList: [{ Value: der.toString("base64"), Fingerprint: fingerprint }] }),
    ],
  ]);
  let previous: { object: string; hash: string; signature: string } | null = null;
  for (const hour of ["09", "10", "11"]) {
    const log = JSON.stringify({ Records: [{ eventID: hour }] });
    const logKey = `${FOLDER}/CloudTrail/us-east-1/2026/03/11/111122223333_CloudTrail_us-east-1_20260311T${hour}15Z_AAAAAAAAAAAAAAAA.json.gz`;
    const object = `${FOLDER}/CloudTrail-Digest/us-east-1/2026/03/11/111122223333_CloudTrail-Digest_us-east-1_acme_trail.1_us-east-1_20260311T${hour}0000Z.json.gz`;
    const end = `2026-03-11T${hour}:00:00Z`;
    const content: string = JSON.stringify({
      awsAccountId: "111122223333",
      digestStartTime: `2026-03-11T${String(Number(hour) - 1).padStart(2, "0")}:00:00Z`,
      digestEndTime: end,
      digestS3Bucket: BUCKET,
      digestS3Object: object,
      digestPublicKeyFingerprint: fingerprint,
      digestSignatureAlgorithm: "SHA256withRSA",
      previousDigestS3Bucket: previous === null ? null : BUCKET,
      previousDigestS3Object: previous?.object ?? null,
      previousDigestHashValue: previous?.hash ?? null,
      previousDigestHashAlgorithm: previous === null ? null : "SHA-256",
      previousDigestSignature: previous?.signature ?? null,
      logFiles: [{ s3Bucket: BUCKET, s3Object: logKey, hashValue: hash(log), hashAlgorithm: "SHA-256" }],
    });
    const signed: string = `${end}\n${BUCKET}/${object}\n${hash(content)}\n${previous?.signature ?? "null"}`;
    const signature: string = sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("hex");
    made.set(`${BUCKET}/${logKey}`, gzipSync(log));
    made.set(`${BUCKET}/${object}`, gzipSync(content));
    made.set(
      `${BUCKET}/${object}.metadata.json`,
      JSON.stringify({ Metadata: { signature, "signature-algorithm": "SHA256withRSA" } }),
    );
    previous = { object, hash: hash(content), signature };
  }
  return made;
}

const named = (part: string): string => {
  const found = [...files.keys()].find((name) => name.includes(part));
  if (found === undefined) throw new Error(`no file with ${part}`);
  return found;
};

async function validated(): Promise<DigestValidation> {
  const source = join(work, `evidence-${++rounds}`);
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), bytes);
  }
  const folder = join(work, `case-${rounds}`);
  const at = { now: () => new Date(0), version: "0" };
  await initCase(folder, { title: "T", examiner: "E" }, { ...at, newId: () => "c" });
  const held: Case = await openCase(folder);
  await acquire(held, [source], at);
  return validateDigests(held);
}

const verdicts = (found: DigestValidation, kind: "digests" | "logs"): string[] =>
  found.chains.flatMap((chain) => chain[kind].map(({ verdict }) => verdict));

work = await mkdtemp(join(tmpdir(), "coldtrail-digest-"));
afterAll(() => rm(work, { recursive: true, force: true }));
beforeEach(() => {
  files = trail();
});

test("an untouched chain is valid, digest by digest and log file by log file", async () => {
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "valid", "valid"]);
  expect(verdicts(found, "logs")).toEqual(["valid", "valid", "valid"]);
  expect(found).toMatchObject({
    notCovered: [],
    problems: [],
    chains: [{ trail: "acme_trail.1_us-east-1", gaps: [] }],
  });
});

test("a key in SubjectPublicKeyInfo serves as well", async () => {
  files = trail("spki");
  expect(verdicts(await validated(), "digests")).toEqual(["valid", "valid", "valid"]);
});

test("the metadata of the newest digest is enough: each digest repeats the signature of the one before", async () => {
  for (const hour of ["T090000Z", "T100000Z"]) files.delete(named(`${hour}.json.gz.metadata.json`));
  expect(verdicts(await validated(), "digests")).toEqual(["valid", "valid", "valid"]);
});

test("without any signature of the newest digest it cannot be verified, and says why", async () => {
  files.delete(named("T110000Z.json.gz.metadata.json"));
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "valid", "unverifiable"]);
  expect(found.chains[0]?.digests[2]?.reason).toContain("metadata of the S3 object");
});

test("without the public key nothing is called valid", async () => {
  files.delete("collected/list-public-keys.json");
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["unverifiable", "unverifiable", "unverifiable"]);
  expect(found.chains[0]?.digests[0]?.reason).toContain("list-public-keys");
});

test("a public key that is not what its fingerprint says is refused", async () => {
  const key = JSON.parse(String(files.get("collected/list-public-keys.json")));
  key.PublicKeyList[0].Fingerprint = "0".repeat(32);
  files.set("collected/list-public-keys.json", JSON.stringify(key));
  const found = await validated();
  expect(found.problems[0]).toContain("claims the fingerprint");
});

test("a changed log file is invalid and the others stay valid", async () => {
  files.set(named("T1015Z"), gzipSync('{"Records":[]}'));
  const found = await validated();
  expect(verdicts(found, "logs")).toEqual(["valid", "invalid", "valid"]);
  expect(found.chains[0]?.logs[1]?.reason).toMatch(/sha256 of its content is [0-9a-f]{64}, the digest says/);
});

test("bytes after the gzip stream of a log file make it invalid", async () => {
  const name = named("T1015Z");
  files.set(name, Buffer.concat([files.get(name) as Buffer, Buffer.from("smuggled")]));
  const found = await validated();
  expect(found.chains[0]?.logs[1]).toMatchObject({
    verdict: "invalid",
    reason: expect.stringContaining("not one whole gzip stream"),
  });
});

test("a digest rewritten to fit a changed log file is found by its signature and by the digest after it", async () => {
  const name = named("T100000Z.json.gz");
  const { gunzipSync } = await import("node:zlib");
  const content = JSON.parse(gunzipSync(files.get(name) as Buffer).toString());
  content.logFiles[0].hashValue = hash('{"Records":[]}');
  files.set(name, gzipSync(JSON.stringify(content)));
  files.set(named("T1015Z"), gzipSync('{"Records":[]}'));
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "invalid", "invalid"]);
});

test("a missing log file, a missing digest and a log file that no digest lists are each called so", async () => {
  files.delete(named("T0915Z"));
  files.delete(named("T100000Z.json.gz"));
  const found = await validated();
  expect(verdicts(found, "logs")).toEqual(["missing", "valid"]);
  expect(found.chains[0]?.gaps[0]).toContain("a digest is missing");
  expect(found.notCovered).toMatchObject([
    { verdict: "not-covered", object: expect.stringContaining("T1015Z") },
  ]);
});

test("copies in another place are valid, with the location said apart", async () => {
  files = new Map([...files].map(([name, bytes]) => [name.replace(BUCKET, "my-copy"), bytes]));
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid-moved", "valid-moved", "valid-moved"]);
  expect(verdicts(found, "logs")).toEqual(["valid-moved", "valid-moved", "valid-moved"]);
});
