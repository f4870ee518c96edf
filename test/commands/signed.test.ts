import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type Files, QUERY, signedResults, signedTrail, signingKey } from "../unit/evidence/signed-trail.js";
import { coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-signed-"));
afterAll(() => rm(work, { recursive: true, force: true }));
const key = signingKey();

async function ingested(name: string, files: Files): Promise<string> {
  const source = join(work, `${name}-evidence`);
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), bytes);
  }
  const folder = join(work, name);
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, source);
  await coldtrail("ingest", folder, "--max-rejects", "10");
  return folder;
}

test("what CloudTrail signed is counted by verify and status, and lies in integrity_verdict", async () => {
  const folder = await ingested("good", new Map([...signedTrail({ key }), ...signedResults(key)]));
  const { code, out, notes } = await coldtrail("verify", folder);
  expect({ code, out }).toEqual({ code: 0, out: "" });
  expect(notes).toContain("CloudTrail digests: 3 valid; log files: 3 valid");
  expect(notes).toContain("CloudTrail Lake sign files: 1 valid; result files: 2 valid");
  expect(notes).toMatch(
    /checked with the public keys of .*list-public-keys.*rests on how they were collected/,
  );
  const { integrity } = JSON.parse((await coldtrail("status", folder, "--json")).out);
  expect(integrity).toEqual([
    { kind: "digest", region: "us-east-1", verdict: "valid", objects: 3 },
    { kind: "lake-result", region: "us-east-1", verdict: "valid", objects: 2 },
    { kind: "lake-sign", region: "us-east-1", verdict: "valid", objects: 1 },
    { kind: "log", region: "us-east-1", verdict: "valid", objects: 3 },
  ]);
});

test("what is not what CloudTrail signed is named with the reason, and exit code 3", async () => {
  const files = new Map([...signedTrail({ key }), ...signedResults(key)]);
  files.set(`${QUERY}/result_2.csv.gz`, gzipSync("eventid,eventname\nb,ForgedByAttacker\n"));
  const log = [...files.keys()].find((name) => name.includes("T1015Z")) as string;
  files.set(log, gzipSync('{"Records":[]}'));
  const folder = await ingested("bad", files);
  const { code, out, notes } = await coldtrail("verify", folder);
  expect(code).toBe(3);
  expect(out).toMatch(/result_2\.csv\.gz: invalid: its sha256 is [0-9a-f]{64}, result_sign\.json says/);
  expect(out).toMatch(/T1015Z_[0-9a-f]+\.json\.gz: invalid: sha256 of its content is/);
  expect(notes).toContain("all as it was sealed");
  const { out: rows } = await coldtrail(
    "sql",
    folder,
    "select kind, regexp_extract(object, '[^/]+$') as object from integrity_verdict where verdict = 'invalid' order by kind",
    "--json",
  );
  expect(JSON.parse(rows)).toEqual([
    { kind: "lake-result", object: "result_2.csv.gz" },
    { kind: "log", object: expect.stringContaining("T1015Z") },
  ]);
});
