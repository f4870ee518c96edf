import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coldtrail } from "./command-line.js";

const run = promisify(execFile);
const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);
let work: string;
let folder: string;
let key: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-custody-"));
  folder = join(work, "case");
  key = join(work, "examiner");
  await writeFile(join(work, "trail.json"), "[]");
  await coldtrail("init", folder, "--title", "<script>alert(1)</script>", "--examiner", "E");
  await coldtrail("acquire", folder, join(work, "trail.json"));
  expect((await coldtrail("keygen", key)).code).toBe(0);
  expect((await coldtrail("sign", folder, "--key", key)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

test("signatures of bags and of the custody log hold, also after more was done", async () => {
  await coldtrail("custody", "note", folder, "handed over");
  const { code, notes } = await coldtrail("custody", "verify", folder, "--key", `${key}.pub`);
  expect(notes).toContain("valid: bag 0001");
  expect(notes).toContain("valid: custody log up to entry 2");
  expect(code).toBe(0);
});

test.skipIf(!hasOpenssl)("openssl alone verifies a bag, as the README says", async () => {
  const { stdout } = await run("openssl", [
    "pkeyutl",
    "-verify",
    "-pubin",
    "-inkey",
    `${key}.pub`,
    "-rawin",
    "-in",
    join(folder, "evidence/0001/tagmanifest-sha256.txt"),
    "-sigfile",
    join(folder, "signatures/0001.tagmanifest-sha256.txt.sig"),
  ]);
  expect(stdout).toContain("Signature Verified Successfully");
});

test("a key is never replaced", async () => {
  const { code, notes } = await coldtrail("keygen", key);
  expect(code).toBe(2);
  expect(notes).toContain("never replaced");
});

test("another key, or a signature that was changed, is exit code 3", async () => {
  await coldtrail("keygen", join(work, "other"));
  const wrong = await coldtrail("custody", "verify", folder, "--key", join(work, "other.pub"));
  expect(wrong.code).toBe(3);
  expect(wrong.out).toContain("does not fit");
  const signature = join(folder, "signatures/0001.tagmanifest-sha256.txt.sig");
  const bytes = await readFile(signature);
  await chmod(signature, 0o644);
  await writeFile(signature, Buffer.from(bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))));
  expect((await coldtrail("custody", "verify", folder, "--key", `${key}.pub`)).code).toBe(3);
  await writeFile(signature, bytes);
});

test("rewriting the whole log, hashes and all, is found by the signature of its head", async () => {
  const log = join(folder, "custody.jsonl");
  const before = await readFile(log);
  await writeFile(log, before.toString().replaceAll('"examiner":"E"', '"examiner":"X"'));
  const { code, out } = await coldtrail("custody", "verify", folder, "--key", `${key}.pub`);
  expect(code).toBe(3);
  expect(out).toContain("is not the one that was signed");
  await writeFile(log, before);
});

test("the form is one page without script, whatever the title says", async () => {
  const { code, out } = await coldtrail("custody", "show", folder, "--html");
  expect(code).toBe(0);
  expect(out).toContain("Chain of custody");
  expect(out).toContain("default-src 'none'");
  expect(out).not.toContain("<script");
  expect(out).toContain("checked when this form was made: unbroken");
});

test("the form leaves nothing out, however long, and names what is wrong with the log", async () => {
  const note = `${"a very long note ".repeat(400)}end of the note`;
  await coldtrail("custody", "note", folder, note);
  const { out } = await coldtrail("custody", "show", folder, "--html");
  expect(out).toContain(note);
  const log = join(folder, "custody.jsonl");
  const before = await readFile(log, "utf8");
  const lines = before.split("\n");
  await writeFile(log, [lines[0], ...lines.slice(2)].join("\n"));
  const broken = await coldtrail("custody", "show", folder, "--html");
  expect(broken.out).toContain("The log is not as it was written: 1 problem");
  expect(broken.out).toContain("entry 2 is missing before this line; lines were dropped");
  await writeFile(log, before);
});
