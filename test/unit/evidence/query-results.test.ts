import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type DigestValidation, validateDigests } from "../../../src/evidence/index.js";
import { caseWith, type Files, hash, QUERY, signedResults, signingKey } from "./signed-trail.js";

const key = signingKey();
const results = (): Files => signedResults(key);
const validated = async (files: Files): Promise<DigestValidation> => validateDigests(await caseWith(files));
const verdictsOf = ({ queries }: DigestValidation) =>
  queries.map(({ sign, results: found }) => [sign.verdict, ...found.map(({ verdict }) => verdict)]);

test("untouched results are valid, sign file and result files", async () => {
  const found = await validated(results());
  expect(verdictsOf(found)).toEqual([["valid", "valid", "valid"]]);
  expect(found).toMatchObject({
    queries: [{ account: "111122223333", region: "us-east-1" }],
    unsignedResults: [],
    problems: [],
  });
});

test("a changed result file is invalid, and the other stays valid", async () => {
  const files = results();
  files.set(`${QUERY}/result_2.csv.gz`, gzipSync("eventid,eventname\n"));
  const found = await validated(files);
  expect(verdictsOf(found)).toEqual([["valid", "valid", "invalid"]]);
  expect(found.queries[0]?.results[1]?.reason).toMatch(
    /^its sha256 is [0-9a-f]{64}, result_sign\.json says [0-9a-f]{64}$/,
  );
});

test("the same content compressed anew is another file: the hash is over the compressed bytes", async () => {
  const files = results();
  files.set(`${QUERY}/result_1.csv.gz`, gzipSync("eventid,eventname\na,InvokeModel\n", { level: 1 }));
  files.set(`${QUERY}/result_2.csv.gz`, gzipSync("eventid,eventname\nb,GetObject\n", { level: 0 }));
  expect(verdictsOf(await validated(files))[0]?.slice(2)).toEqual(["invalid"]);
});

test("a sign file rewritten to fit a changed result is invalid, and its results cannot be verified", async () => {
  const files = results();
  const forged = gzipSync("eventid,eventname\n");
  files.set(`${QUERY}/result_2.csv.gz`, forged);
  const sign = JSON.parse(String(files.get(`${QUERY}/result_sign.json`)));
  sign.files[1].fileHashValue = hash(forged);
  files.set(`${QUERY}/result_sign.json`, JSON.stringify(sign));
  const found = await validated(files);
  expect(verdictsOf(found)).toEqual([["invalid", "unverifiable", "unverifiable"]]);
  expect(found.queries[0]?.sign.reason).toBe("its signature does not fit its content");
});

test("a missing result file, an inflated copy, and one that no sign file lists are each called so", async () => {
  const files = results();
  files.delete(`${QUERY}/result_1.csv.gz`);
  files.delete(`${QUERY}/result_2.csv.gz`);
  files.set(`${QUERY}/result_2.csv`, "eventid,eventname\nb,GetObject\n");
  files.set(`${QUERY}/result_3.csv.gz`, gzipSync("eventid\n"));
  const found = await validated(files);
  expect(verdictsOf(found)).toEqual([["valid", "missing", "missing"]]);
  expect(found.queries[0]?.results.map(({ reason }) => reason)).toEqual([
    "it is not in the evidence",
    "only an inflated copy is in the evidence, and the signature is over the compressed file",
  ]);
  expect(found.unsignedResults).toMatchObject([
    { object: `evidence/${QUERY}/result_3.csv.gz`, verdict: "not-covered" },
  ]);
});

test("results in another folder than their sign file are valid, with the location said apart", async () => {
  const files = new Map(
    [...results()].map(([name, bytes]) => [name.replace(`${QUERY}/result_1`, "mine/result_1"), bytes]),
  );
  const found = await validated(files);
  expect(verdictsOf(found)).toEqual([["valid", "valid-moved", "valid"]]);
  expect(found.unsignedResults).toEqual([]);
});

test("without the public key nothing is called valid", async () => {
  const files = results();
  files.delete("collected/list-public-keys.json");
  expect(verdictsOf(await validated(files))).toEqual([["unverifiable", "unverifiable", "unverifiable"]]);
});

test.each([
  ["no JSON", "[", "it is not JSON"],
  ["another kind of file", "{}", "it is no sign file of this kind"],
  ["another algorithm", '{"files":[],"signatureAlgorithm":"none"}', "it is no sign file of this kind"],
])("a sign file that is %s is invalid with the reason", async (_what, text, reason) => {
  const found = await validated(results().set(`${QUERY}/result_sign.json`, text));
  expect(found.queries[0]).toMatchObject({
    sign: { verdict: "invalid", reason: expect.stringContaining(reason) },
    results: [],
  });
  expect(found.unsignedResults).toHaveLength(2);
});
