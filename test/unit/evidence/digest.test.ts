import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { type DigestValidation, validateDigests } from "../../../src/evidence/index.js";
import { caseWith, type Files, hash, signedTrail, signingKey } from "./signed-trail.js";
import { zipOf } from "./zip-writer.js";

const BUCKET = "acme-trail-111122223333";
const key = signingKey();
let files: Files;

const named = (part: string): string => {
  const found = [...files.keys()].find((name) => name.includes(part));
  if (found === undefined) throw new Error(`no file with ${part}`);
  return found;
};

const validated = async (...others: Files[]): Promise<DigestValidation> =>
  validateDigests(await caseWith(files, ...others));

const verdicts = (found: DigestValidation, kind: "digests" | "logs"): string[] =>
  found.chains.flatMap((chain) => chain[kind].map(({ verdict }) => verdict));

const keyFile = (): string => named("list-public-keys");

beforeEach(() => {
  files = signedTrail({ key });
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
  files = signedTrail({ key: signingKey("spki") });
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
  files.delete(keyFile());
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["unverifiable", "unverifiable", "unverifiable"]);
  expect(found.chains[0]?.digests[0]?.reason).toContain("list-public-keys");
  // A hash is worth what the digest that states it is worth.
  expect(verdicts(found, "logs")).toEqual(["unverifiable", "unverifiable", "unverifiable"]);
});

test("a public key that is not what its fingerprint says is refused", async () => {
  const answer = JSON.parse(String(files.get(keyFile())));
  answer.PublicKeyList[0].Fingerprint = "0".repeat(32);
  files.set(keyFile(), JSON.stringify(answer));
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

test("a digest rewritten to fit a changed log file is found by its signature, and taints no other", async () => {
  const name = named("T100000Z.json.gz");
  const content = JSON.parse(gunzipSync(files.get(name) as Buffer).toString());
  content.logFiles[0].hashValue = hash('{"Records":[]}');
  files.set(name, gzipSync(JSON.stringify(content)));
  files.set(named("T1015Z"), gzipSync('{"Records":[]}'));
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "invalid", "valid"]);
  expect(found.chains[0]?.logs[1]).toMatchObject({
    verdict: "unverifiable",
    reason: "the digest that lists it is invalid",
  });
});

test("a missing log file, a missing digest and a log file that no digest lists are each called so", async () => {
  files.delete(named("T0915Z"));
  files.delete(named("T100000Z.json.gz"));
  const found = await validated();
  expect(verdicts(found, "logs")).toEqual(["missing", "valid"]);
  expect(found.chains[0]?.gaps).toEqual([
    expect.stringMatching(
      /^a digest is missing: .*T100000Z.*; 2026-03-11T09:00:00Z to 2026-03-11T10:00:00Z is not covered$/,
    ),
  ]);
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

test("a digest whose bytes were swapped for another valid digest is found by its own location", async () => {
  files.set(named("T100000Z.json.gz"), files.get(named("T090000Z.json.gz")) as Buffer);
  const found = await validated();
  // It is a genuine digest, of another hour: the signature proves its content, the name is not the one it was signed for.
  expect(verdicts(found, "digests")).toEqual(["valid", "valid-moved", "valid"]);
  expect(found.chains[0]?.gaps).toEqual([expect.stringContaining("a digest is missing")]);
});

test("an hour without log files is positive evidence: its digest is valid and lists nothing", async () => {
  files = signedTrail({ key, quiet: ["10"] });
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "valid", "valid"]);
  expect(verdicts(found, "logs")).toEqual(["valid", "valid"]);
});

test("a chain that begins anew is said, with the time that nothing covers", async () => {
  const later = signedTrail({ key, hours: ["14", "15"] });
  const found = await validated(later);
  expect(verdicts(found, "digests")).toEqual(Array(5).fill("valid"));
  expect(found.chains).toHaveLength(1);
  expect(found.chains[0]?.gaps).toEqual([
    expect.stringMatching(
      /^a new chain starts .*; 2026-03-11T11:00:00Z to 2026-03-11T13:00:00Z is not covered$/,
    ),
  ]);
});

test("evidence that begins in the middle of a chain says which digest came before", async () => {
  files.delete(named("T090000Z.json.gz"));
  const found = await validated();
  expect(found.chains[0]?.gaps).toEqual([expect.stringContaining("the evidence begins after")]);
  expect(verdicts(found, "digests")).toEqual(["valid", "valid"]);
});

test("backfilled digests form a chain of their own", async () => {
  const found = await validated(
    signedTrail({ key, backfill: true, hours: ["10", "11"], quiet: ["10", "11"] }),
  );
  expect(found.chains.map(({ backfill, digests, gaps }) => [backfill, digests.length, gaps])).toEqual([
    [false, 3, []],
    [true, 2, []],
  ]);
  expect(verdicts(found, "digests")).toEqual(Array(5).fill("valid"));
});

test("several trails, regions, accounts of an organisation: a chain each, with the keys of each region", async () => {
  const found = await validated(
    signedTrail({ key, trail: "second_trail_us-east-1", bucket: "other-bucket" }),
    signedTrail({ key: signingKey(), region: "eu-west-1", trail: "acme_trail.1" }),
    signedTrail({ key, account: "444455556666", organisation: "o-exampleorg", trail: "org-trail" }),
    signedTrail({ key, account: "777788889999", organisation: "o-exampleorg", trail: "org-trail" }),
  );
  expect(found.chains.map(({ account, region, trail }) => `${account} ${region} ${trail}`)).toEqual([
    "111122223333 eu-west-1 acme_trail.1_us-east-1",
    "111122223333 us-east-1 acme_trail.1_us-east-1",
    "111122223333 us-east-1 second_trail_us-east-1_us-east-1",
    "444455556666 us-east-1 org-trail_us-east-1",
    "777788889999 us-east-1 org-trail_us-east-1",
  ]);
  expect(verdicts(found, "digests")).toEqual(Array(15).fill("valid"));
  expect(verdicts(found, "logs")).toEqual(Array(15).fill("valid"));
  expect(found).toMatchObject({ notCovered: [], problems: [] });
});

test("every copy of a log file is judged: one that was changed does not hide behind a good one", async () => {
  const name = named("T1015Z");
  const found = await validated(new Map([[name, gzipSync('{"Records":[]}')]]));
  expect(found.chains[0]?.logs.map(({ path, verdict }) => [path?.slice(9, 13), verdict])).toEqual([
    ["0001", "valid"],
    ["0001", "valid"],
    ["0002", "invalid"],
    ["0001", "valid"],
  ]);
});

test("one digest acquired twice, with one copy changed: the good one stays valid and so do its log files", async () => {
  const name = named("T100000Z.json.gz");
  const content = gunzipSync(files.get(name) as Buffer)
    .toString()
    .replace('"hashAlgorithm":"SHA-256"', '"hashAlgorithm":"SHA-1"');
  const found = await validated(new Map([[name, gzipSync(content)]]));
  expect(found.chains[0]?.digests.map(({ path, verdict }) => [path?.slice(9, 13), verdict])).toEqual([
    ["0001", "valid"],
    ["0001", "valid"],
    ["0002", "invalid"],
    ["0001", "valid"],
  ]);
  expect(verdicts(found, "logs")).toEqual(["valid", "valid", "valid"]);
});

test("digests and log files inside a zip are validated like others", async () => {
  const parts = [...files].map(([name, bytes]) => ({ name, content: Buffer.from(bytes) }));
  const changed = parts.map((part) =>
    part.name.includes("T1015Z") ? { ...part, content: gzipSync('{"Records":[]}') } : part,
  );
  const found = await validateDigests(await caseWith(new Map([["bucket.zip", zipOf(changed)]])));
  expect(verdicts(found, "digests")).toEqual(["valid", "valid", "valid"]);
  expect(verdicts(found, "logs")).toEqual(["valid", "invalid", "valid"]);
  expect(found.keyFiles).toEqual([expect.stringMatching(/bucket\.zip\/collected\/list-public-keys/)]);
});

test("public keys are known by their content, whatever the file is called", async () => {
  const answer = files.get(keyFile()) as string;
  files.delete(keyFile());
  files.set("collected/answer-17.json", JSON.stringify(JSON.parse(answer), null, 4));
  const found = await validated();
  expect(verdicts(found, "digests")).toEqual(["valid", "valid", "valid"]);
  expect(found.keyFiles).toEqual(["evidence/collected/answer-17.json"]);
});

test("what is no digest, and a digest signed in an unknown way, are invalid with the reason", async () => {
  files.set(named("T090000Z.json.gz"), gzipSync("[".repeat(100_000)));
  files.set(named("T100000Z.json.gz"), gzipSync('{"digestEndTime":"2026-03-11T10:00:00Z"}'));
  const last = named("T110000Z.json.gz");
  const content = gunzipSync(files.get(last) as Buffer).toString();
  files.set(last, gzipSync(content.replace("SHA256withRSA", "none")));
  const found = await validated();
  expect(found.chains[0]?.digests.map(({ verdict, reason }) => [verdict, reason])).toEqual([
    ["invalid", "the digest cannot be read: it is not JSON"],
    ["invalid", expect.stringContaining("it lacks what a digest has")],
    ["invalid", expect.stringContaining('the signature algorithm "none"')],
  ]);
});

test("a sealed log file that is gone, or a list of files that was changed, ends no validation", async () => {
  const held = await caseWith(files);
  const { chmod, writeFile } = await import("node:fs/promises");
  const log = (await validateDigests(held)).chains[0]?.logs[0]?.path as string;
  await chmod(join(held.dir, log, ".."), 0o755);
  await rm(join(held.dir, log));
  expect((await validateDigests(held)).chains[0]?.logs[0]).toMatchObject({
    verdict: "invalid",
    reason: "it cannot be read: it does not exist (ENOENT)",
  });
  const manifest = join(held.dir, "evidence/0001/manifest-sha256.txt");
  await chmod(manifest, 0o644);
  await writeFile(manifest, "nonsense\n");
  expect(await validateDigests(held)).toMatchObject({
    chains: [],
    problems: [expect.stringContaining("nothing that CloudTrail signed was checked")],
  });
});
