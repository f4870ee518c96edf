import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { acquire, validateDigests } from "../../../src/evidence/index.js";
import { type S3Server, startS3Server } from "./s3-server.js";
import { fixed, scratchCase } from "./scratch.js";

let server: S3Server;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" });
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  server = await startS3Server();
});

afterAll(() => server.close());

const BUCKET = "acme-trail-111122223333";
const FOLDER = "AWSLogs/111122223333";
const hash = (bytes: string): string => createHash("sha256").update(bytes).digest("hex");

/** The newest digest of a chain: no later one repeats its signature, which stands only in the metadata of its object. */
async function validated(tamper: (signature: string) => string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = publicKey.export({ format: "der", type: "pkcs1" });
  const fingerprint = createHash("md5").update(der).digest("hex");
  const log = JSON.stringify({ Records: [{ eventID: "1" }] });
  const logKey = `${FOLDER}/CloudTrail/us-east-1/2026/03/11/111122223333_CloudTrail_us-east-1_20260311T0915Z_AAAAAAAAAAAAAAAA.json.gz`;
  const object = `${FOLDER}/CloudTrail-Digest/us-east-1/2026/03/11/111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20260311T100000Z.json.gz`;
  const end = "2026-03-11T10:00:00Z";
  const content = JSON.stringify({
    awsAccountId: "111122223333",
    digestStartTime: "2026-03-11T09:00:00Z",
    digestEndTime: end,
    digestS3Bucket: BUCKET,
    digestS3Object: object,
    digestPublicKeyFingerprint: fingerprint,
    digestSignatureAlgorithm: "SHA256withRSA",
    previousDigestS3Object: null,
    logFiles: [{ s3Bucket: BUCKET, s3Object: logKey, hashValue: hash(log), hashAlgorithm: "SHA-256" }],
  });
  const signed = `${end}\n${BUCKET}/${object}\n${hash(content)}\nnull`;
  const signature = tamper(sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("hex"));
  const keys = JSON.stringify({
    PublicKeyList: [{ Value: der.toString("base64"), Fingerprint: fingerprint }],
  });
  server.buckets.set(BUCKET, [
    { key: logKey, content: gzipSync(log) },
    { key: object, content: gzipSync(content), headers: { "x-amz-meta-signature": signature } },
    { key: "collected/list-public-keys.json", content: Buffer.from(keys) },
  ]);
  const held = await scratchCase();
  const access = { endpoint: server.endpoint, pathStyle: true, region: "us-east-1" };
  await acquire(held, [`s3://${BUCKET}`], { ...fixed, s3: access });
  return validateDigests(held);
}

it("a digest from S3 is validated by the signature in its object's metadata", async () => {
  const { chains, notCovered, problems } = await validated((signature) => signature);
  expect(problems).toEqual([]);
  expect(notCovered).toEqual([]);
  expect(chains).toMatchObject([
    { digests: [{ verdict: "valid" }], logs: [{ verdict: "valid", reason: null }] },
  ]);
});

it("a signature that was tampered with is invalid", async () => {
  const { chains } = await validated((signature) =>
    signature.replace(/^../, (byte) => (byte === "00" ? "01" : "00")),
  );
  expect(chains).toMatchObject([{ digests: [{ verdict: "invalid" }] }]);
});
