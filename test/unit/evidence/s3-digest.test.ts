import { afterAll, beforeAll, expect, it } from "vitest";
import { acquire, validateDigests } from "../../../src/evidence/index.js";
import { type S3Server, startS3Server } from "./s3-server.js";
import { fixed, scratchCase } from "./scratch.js";
import { signedTrail, signingKey } from "./signed-trail.js";

let server: S3Server;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" });
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  server = await startS3Server();
});

afterAll(() => server.close());

const BUCKET = "acme-trail-111122223333";

/** The newest digest of a chain: no later one repeats its signature, which stands only in the metadata of its object. */
async function validated(tamper: (signature: string) => string) {
  const files = signedTrail({ key: signingKey(), hours: ["10"] });
  const contentOf = (name: string) => Buffer.from(files.get(name) ?? "");
  const objects = [...files.keys()]
    .filter((name) => !name.endsWith(".metadata.json"))
    .map((name) => {
      const metadata = files.get(`${name}.metadata.json`);
      const object = { key: name.replace(`${BUCKET}/`, ""), content: contentOf(name) };
      if (metadata === undefined) return object;
      const { signature } = JSON.parse(String(metadata)).Metadata;
      return { ...object, headers: { "x-amz-meta-signature": tamper(signature) } };
    });
  server.buckets.set(BUCKET, objects);
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
  expect(chains).toMatchObject([{ digests: [{ verdict: "invalid" }], logs: [{ verdict: "unverifiable" }] }]);
});
