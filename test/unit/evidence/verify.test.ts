import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import {
  acquire,
  appendCustody,
  type Case,
  listArtifacts,
  verifyEvidence,
} from "../../../src/evidence/index.js";
import { fixed, scratchCase, scratchTree } from "./scratch.js";

const run = promisify(execFile);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let held: Case;
let bag: string;
const data = (name: string) => join(bag, "data/evidence-disk", name);

beforeEach(async () => {
  held = await scratchCase();
  await acquire(held, [await scratchTree({ "a.log": "aaa", "b.log": "bbb", "c/d.log": "ddd" })], fixed);
  bag = join(held.dir, "evidence/0001");
  await run("chmod", ["-R", "u+w", bag]); // what somebody who tampers does first
});

const found = async () => (await verifyEvidence(held)).problems.map(({ kind, path }) => `${kind} ${path}`);

/** Changes a tag file and hides it from the bag's own manifest, as somebody does who knows BagIt. */
async function rewriteTagManifest(): Promise<void> {
  const { stdout } = await run(
    "sha256sum",
    ["acquisition.jsonl", "bag-info.txt", "bagit.txt", "manifest-sha256.txt"],
    { cwd: bag },
  );
  await writeFile(join(bag, "tagmanifest-sha256.txt"), stdout);
}

describe("verifyEvidence", () => {
  it("finds nothing wrong with what was sealed", async () => {
    expect(await verifyEvidence(held)).toEqual({
      bags: 1,
      files: 3,
      bytes: 9,
      problems: [],
      custody: [],
      notes: [],
    });
  });

  it("names every missing, unexpected and changed file in one run", async () => {
    await writeFile(data("a.log"), "aXa");
    await rm(data("b.log"));
    await writeFile(data("new\u001b.log"), "n");
    await writeFile(join(bag, "extra-tag.txt"), "t");
    expect(await found()).toEqual([
      "changed evidence/0001/data/evidence-disk/a.log",
      "missing evidence/0001/data/evidence-disk/b.log",
      "unexpected evidence/0001/data/evidence-disk/new\u001b.log",
      "unexpected evidence/0001/extra-tag.txt",
    ]);
    const { problems } = await verifyEvidence(held);
    expect(problems[0]?.message).toBe(
      `evidence/0001/data/evidence-disk/a.log: sha256 is ${sha256("aXa")}, manifest-sha256.txt says ${sha256("aaa")}; the file changed after it was sealed.`,
    );
    expect(problems[2]?.message).toMatch(/new\\u\{1b\}\.log: the file is in no manifest/);
  });

  it("finds a single flipped bit", async () => {
    const bytes = await readFile(data("c/d.log"));
    bytes[1] = bytes[1]! ^ 1;
    await writeFile(data("c/d.log"), bytes);
    expect(await found()).toEqual(["changed evidence/0001/data/evidence-disk/c/d.log"]);
  });

  it("finds a file cut short, and an empty one that grew", async () => {
    await truncate(data("a.log"), 1);
    expect(await found()).toEqual([
      "payload-oxum evidence/0001/bag-info.txt",
      "changed evidence/0001/data/evidence-disk/a.log",
    ]);
  });

  it("finds a symbolic link planted in place of a file, and beside one, without following it", async () => {
    await rename(data("a.log"), join(held.dir, "a.log"));
    await symlink(join(held.dir, "a.log"), data("a.log"));
    await symlink("/etc", data("etc"));
    expect(await found()).toEqual([
      "planted evidence/0001/data/evidence-disk/a.log",
      "missing evidence/0001/data/evidence-disk/a.log",
      "planted evidence/0001/data/evidence-disk/etc",
    ]);
  });

  it("finds a pipe planted in a bag and does not wait for it", async () => {
    await rm(data("a.log"));
    await run("mkfifo", [data("a.log")]);
    expect(await found()).toEqual([
      "planted evidence/0001/data/evidence-disk/a.log",
      "missing evidence/0001/data/evidence-disk/a.log",
    ]);
  });

  it("finds names that are not UTF-8", async () => {
    await writeFile(Buffer.concat([Buffer.from(data("x")), Buffer.from([0xff])]), "x");
    expect(await found()).toEqual(["unexpected evidence/0001/data/evidence-disk/x\ufffd"]);
  });

  it("finds changed tag files", async () => {
    await appendFile(join(bag, "acquisition.jsonl"), "{}\n");
    await writeFile(join(bag, "bagit.txt"), "BagIt-Version: 0.97\n");
    expect(await found()).toEqual([
      "changed evidence/0001/acquisition.jsonl",
      "changed evidence/0001/bagit.txt",
      "malformed evidence/0001/bagit.txt",
    ]);
  });

  it("finds a manifest line that is malformed, repeated, or leads out of the bag", async () => {
    const digest = sha256("x");
    const lines = `not a line\n${digest}  ../../case.yaml\n${digest}  bagit.txt\n${digest}  data/evidence-disk/a.log\n`;
    await appendFile(join(bag, "manifest-sha256.txt"), lines);
    await rewriteTagManifest();
    const problems = await found();
    expect(
      problems.filter((problem) => problem === "malformed evidence/0001/manifest-sha256.txt"),
    ).toHaveLength(4);
  });

  it("finds manifests that are gone", async () => {
    await rm(join(bag, "manifest-sha256.txt"));
    await rm(join(bag, "tagmanifest-sha256.txt"));
    expect(await found()).toEqual(
      expect.arrayContaining([
        "missing evidence/0001/tagmanifest-sha256.txt",
        "unexpected evidence/0001/data/evidence-disk/a.log",
      ]),
    );
  });

  it("finds a payload that does not add up to Payload-Oxum", async () => {
    const info = await readFile(join(bag, "bag-info.txt"), "utf8");
    await writeFile(join(bag, "bag-info.txt"), info.replace("9.3", "8.3"));
    await rewriteTagManifest();
    expect(await found()).toContain("payload-oxum evidence/0001/bag-info.txt");
  });

  it("finds a bag that was rewritten as a whole and is sound in itself", async () => {
    await writeFile(data("a.log"), "XXX");
    const { stdout } = await run("sh", ["-c", "find data -type f | LC_ALL=C sort | xargs sha256sum"], {
      cwd: bag,
    });
    await writeFile(join(bag, "manifest-sha256.txt"), stdout);
    await rewriteTagManifest();
    await run("sha256sum", ["--quiet", "-c", "manifest-sha256.txt", "tagmanifest-sha256.txt"], { cwd: bag });
    expect(await found()).toEqual(["custody evidence/0001", "custody evidence/0001"]);
    expect((await verifyEvidence(held)).problems[0]?.message).toMatch(
      /^evidence\/0001: sha256 of manifest-sha256\.txt is [0-9a-f]{64}, custody entry 2 says [0-9a-f]{64}; the bag was rewritten after it was sealed\.$/,
    );
  });

  it("finds a bag that was taken away, and does not give its number again", async () => {
    await rm(bag, { recursive: true });
    expect(await found()).toEqual(["custody evidence/0001"]);
    expect((await acquire(held, [await scratchTree({ a: "1" })], fixed)).id).toBe("0002");
  });

  it("finds a bag that was slipped in, and whatever else lies beside the bags", async () => {
    await cp(bag, join(held.dir, "evidence/0002"), { recursive: true });
    await writeFile(join(held.dir, "evidence/note.txt"), "x");
    await symlink("/", join(held.dir, "evidence/0003"));
    expect(await found()).toEqual(
      expect.arrayContaining([
        "custody evidence/0002",
        "unexpected evidence/note.txt",
        "planted evidence/0003",
      ]),
    );
  });

  it("reports what is wrong with the custody log beside the bags", async () => {
    await appendCustody(held, { action: "note", detail: {} }, fixed);
    const log = join(held.dir, "custody.jsonl");
    await writeFile(log, (await readFile(log, "utf8")).replace('"files":3', '"files":4'));
    const { problems, custody } = await verifyEvidence(held);
    expect(problems).toEqual([]);
    expect(custody.map(({ kind, line }) => `${kind} ${line}`)).toEqual(["edited 2"]);
  });

  it("does not change its mind about a case that was moved to another disk", async () => {
    const moved = join(held.dir, "..", "moved");
    await cp(held.dir, moved, { recursive: true });
    await chmod(join(moved, "evidence/0001"), 0o755);
    expect(await verifyEvidence({ dir: moved })).toMatchObject({ problems: [], custody: [] });
  });

  it("counts up to the number of files it was going to read", async () => {
    const seen: unknown[] = [];
    await verifyEvidence(held, { progress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ files: 3, bytes: 9, totalFiles: 3 });
  });
});

describe("listArtifacts", () => {
  it("refuses a bag whose lists do not agree, and says to verify", async () => {
    await writeFile(join(bag, "acquisition.jsonl"), "");
    await expect(listArtifacts(held)).rejects.toMatchObject({
      code: "evidence-not-intact",
      exitCode: 3,
      message: expect.stringMatching(
        /acquisition\.jsonl and manifest-sha256\.txt differ at data\/evidence-disk\/a\.log; run verify/,
      ),
    });
  });

  it("gives digests that the manifest gives", async () => {
    await mkdir(join(held.dir, "evidence/.incoming-0000000000000000"), { recursive: true });
    expect((await listArtifacts(held)).map((file) => file.sha256)).toEqual([
      sha256("aaa"),
      sha256("bbb"),
      sha256("ddd"),
    ]);
  });
});
