import { execFile } from "node:child_process";
import { chmod, lstat, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import {
  type AcquisitionProgress,
  acquire,
  listArtifacts,
  readCustody,
  verifyCustody,
  verifyEvidence,
} from "../../../src/evidence/index.js";
import { fixed, readJsonLines, scratchCase, scratchFolder, scratchTree } from "./scratch.js";

const run = promisify(execFile);

const TREE = {
  "AWSLogs/111122223333/CloudTrail/trail.json": '{"Records":[]}',
  "AWSLogs/111122223333/CloudTrail/empty.json": "",
  "s3-access/2026-03-01": "a line\n",
};

describe("acquire", () => {
  it("seals a folder and says what it did", async () => {
    const held = await scratchCase();
    const result = await acquire(held, [await scratchTree(TREE)], fixed);
    expect(result).toEqual({
      id: "0001",
      path: "evidence/0001",
      files: 3,
      bytes: 21,
      outcomes: { copied: 2, empty: 1 },
      problems: [],
    });
    expect(await verifyEvidence(held)).toEqual({
      bags: 1,
      files: 3,
      bytes: 21,
      problems: [],
      custody: [],
      notes: [],
    });
  });

  it("makes a bag that sha256sum accepts without us", async () => {
    const held = await scratchCase();
    await acquire(held, [await scratchTree(TREE)], fixed);
    const bag = join(held.dir, "evidence/0001");
    for (const manifest of ["manifest-sha256.txt", "tagmanifest-sha256.txt"]) {
      const { stdout } = await run("sha256sum", ["--strict", "-c", manifest], { cwd: bag });
      expect(stdout).toMatch(/: OK\n/);
      expect(stdout).not.toMatch(/FAILED/);
    }
  });

  it("writes tag files as RFC 8493 wants them", async () => {
    const held = await scratchCase();
    const source = await scratchTree(TREE);
    await acquire(held, [source], fixed);
    const bag = join(held.dir, "evidence/0001");
    expect(await readFile(join(bag, "bagit.txt"), "utf8")).toBe(
      "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
    );
    expect((await readFile(join(bag, "bag-info.txt"), "utf8")).split("\n")).toEqual([
      "Source-Organization: Example Org",
      "Contact-Name: Ana Example",
      "External-Description: Acquisition 0001 of the case Bright Harbour",
      "External-Identifier: case-7/0001",
      "Bagging-Date: 2026-03-04",
      "Payload-Oxum: 21.3",
      "Bag-Software-Agent: coldtrail 0.0.0-test",
      `Source: ${source}`,
      "",
    ]);
  });

  it("records facts of the source, sorted by path, and no time of copying", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "b.log": "b", "a/c.log": "c", "a-b.log": "x" });
    await chmod(join(source, "b.log"), 0o640);
    await utimes(join(source, "b.log"), 1_700_000_000, 1_700_000_000);
    await acquire(held, [source], fixed);
    const lines = await readJsonLines(join(held.dir, "evidence/0001/acquisition.jsonl"));
    expect(lines.map((line) => line.path)).toEqual([
      "data/evidence-disk/a-b.log",
      "data/evidence-disk/a/c.log",
      "data/evidence-disk/b.log",
    ]);
    expect(lines[2]).toEqual({
      path: "data/evidence-disk/b.log",
      original: "evidence-disk/b.log",
      origin: "disk",
      source: 1,
      outcome: "copied",
      size: 1,
      sha256: "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
      mtime: "2023-11-14T22:13:20.000Z",
      mode: "0640",
    });
  });

  it("seals read-only", async () => {
    const held = await scratchCase();
    await acquire(held, [await scratchTree(TREE)], fixed);
    const mode = async (path: string) => (await lstat(join(held.dir, "evidence/0001", path))).mode & 0o777;
    for (const folder of ["", "data", "data/evidence-disk/s3-access"]) expect(await mode(folder)).toBe(0o555);
    for (const file of ["bagit.txt", "acquisition.jsonl", "data/evidence-disk/s3-access/2026-03-01"])
      expect(await mode(file)).toBe(0o444);
  });

  it("numbers acquisitions and artifacts on", async () => {
    const held = await scratchCase();
    await acquire(held, [await scratchTree({ b: "1", a: "2" })], fixed);
    await acquire(held, [await scratchTree({ c: "3" })], fixed);
    expect(
      (await listArtifacts(held)).map(({ artifactId, path, original, size }) => [
        artifactId,
        path,
        original,
        size,
      ]),
    ).toEqual([
      [1, "evidence/0001/data/evidence-disk/a", "evidence-disk/a", 1],
      [2, "evidence/0001/data/evidence-disk/b", "evidence-disk/b", 1],
      [3, "evidence/0002/data/evidence-disk/c", "evidence-disk/c", 1],
    ]);
  });

  it("takes several sources, and keeps those apart that have the same name", async () => {
    const held = await scratchCase();
    const [one, two] = [await scratchTree({ "x.log": "1" }), await scratchTree({ "x.log": "2" })];
    await acquire(held, [one, two, join(two, "x.log")], fixed);
    const files = await listArtifacts(held);
    expect(files.map((file) => file.path.replace(/~[0-9a-f]{16}/, "~"))).toEqual([
      "evidence/0001/data/evidence-disk/x.log",
      "evidence/0001/data/evidence-disk~/x.log",
      "evidence/0001/data/x.log",
    ]);
    expect(new Set(files.map((file) => file.original))).toEqual(new Set(["evidence-disk/x.log", "x.log"]));
  });

  it("tells the custody log what was sealed", async () => {
    const held = await scratchCase();
    const source = await scratchTree(TREE);
    await acquire(held, [source], fixed);
    const bag = join(held.dir, "evidence/0001");
    const digest = async (name: string) => (await run("sha256sum", [join(bag, name)])).stdout.slice(0, 64);
    expect((await readCustody(held)).at(-1)).toMatchObject({
      action: "acquire",
      examiner: "Ana Example",
      detail: {
        acquisition: "0001",
        sources: [source],
        files: 3,
        bytes: 21,
        outcomes: { copied: 2, empty: 1 },
        manifest_sha256: await digest("manifest-sha256.txt"),
        tagmanifest_sha256: await digest("tagmanifest-sha256.txt"),
      },
    });
    expect(await verifyCustody(held)).toEqual([]);
  });

  it("reports progress that ends at the totals", async () => {
    const held = await scratchCase();
    const seen: AcquisitionProgress[] = [];
    await acquire(held, [await scratchTree(TREE)], { ...fixed, progress: (progress) => seen.push(progress) });
    for (const phase of ["copy", "seal"])
      expect(seen.findLast((progress) => progress.phase === phase)).toEqual({
        phase,
        files: 3,
        bytes: 21,
        totalFiles: 3,
        totalBytes: 21,
      });
  });

  it("copies large files whole", async () => {
    const held = await scratchCase();
    const large = Buffer.alloc(5_000_001, "abcdefghijk");
    await acquire(held, [await scratchTree({ "large.bin": large })], fixed);
    const copy = await readFile(join(held.dir, "evidence/0001/data/evidence-disk/large.bin"));
    expect(copy.equals(large)).toBe(true);
  });

  it("names every source that cannot be used, and starts nothing", async () => {
    const held = await scratchCase();
    const folder = await scratchFolder();
    await run("mkfifo", [join(folder, "pipe")]);
    const sources = [join(folder, "nowhere"), join(folder, "pipe"), held.dir];
    await expect(acquire(held, sources, fixed)).rejects.toMatchObject({
      code: "source-unusable",
      exitCode: 2,
      message: expect.stringMatching(/nowhere: it does not exist.*pipe: is neither.*contain one another/s),
    });
    expect(await listArtifacts(held)).toEqual([]);
  });

  it("says so when there is nothing to acquire", async () => {
    const held = await scratchCase();
    await expect(acquire(held, [await scratchTree({})], fixed)).rejects.toMatchObject({
      code: "nothing-to-acquire",
    });
    expect(await verifyEvidence(held)).toMatchObject({ bags: 0, problems: [] });
  });
});
