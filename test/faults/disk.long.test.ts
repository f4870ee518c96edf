import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coldtrail } from "../commands/command-line.js";
import { acquired, rowsOf, writeTrail } from "./trail.js";

const run = promisify(execFile);
const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");
const MEGABYTE = 1 << 20;
const BLOCK = 1024;

let undisturbed: string;
let content: string;
const work = await mkdtemp(join(tmpdir(), "coldtrail-disk-"));
const mounts: string[] = [];
const evidence = join(work, "evidence");

async function mount(target: string, ...options: string[]): Promise<string> {
  await mkdir(target, { recursive: true });
  await run("mount", [...options, target]);
  mounts.push(target);
  return target;
}

const canMount = await mount(join(work, "probe"), "-t", "tmpfs", "-o", "size=1m", "coldtrail-test").then(
  () => true,
  () => false,
);
const canFail = canMount && (await failingDisk(join(work, "probe-disk"), null));
if (!canMount) console.warn("full disk: skipped, mounting a small disk is not permitted here");
if (!canFail) console.warn("read errors: skipped, they need loop devices, mkfs.ext4 and debugfs");

beforeAll(async () => {
  await writeTrail(evidence, 12, 4_000);
  const folder = await acquired(join(work, "undisturbed"), evidence);
  expect((await coldtrail("ingest", folder)).code).toBe(0);
  undisturbed = await rowsOf(folder);
  content = await rowsOf(folder, { places: false });
});
afterAll(async () => {
  for (const target of mounts.reverse()) await run("umount", [target]);
  await rm(work, { recursive: true, force: true });
});

/** Runs the built command line in a process of its own, which leaves nothing open on the disk. */
async function built(...args: string[]): Promise<{ code: number; notes: string }> {
  const ended = await run(process.execPath, [BIN, ...args]).catch((error: unknown) => error);
  const { code = 0, stderr } = ended as { code?: number; stderr: string };
  return { code, notes: stderr };
}

/**
 * Mounts a disk with copies of two files that ends in the middle of the second: whatever is behind gives EIO. With null only
 * tries whether such a disk can be had.
 */
async function failingDisk(target: string, failing: string | null): Promise<boolean> {
  const image = `${target}.img`;
  try {
    await writeFile(image, "");
    await truncate(image, 64 * MEGABYTE);
    await run("mkfs.ext4", ["-q", "-b", String(BLOCK), "-O", "^has_journal", image]);
    await mount(target, "-o", "loop", image);
    for (const name of failing === null ? [] : ["0.json.gz", failing])
      await cp(join(evidence, name), join(target, name));
    await run("umount", [target]);
    mounts.pop();
    const { stdout: block } = await run("debugfs", ["-R", `bmap /${failing} 40`, image]);
    await mount(target, "-o", "ro,loop", image);
    if (failing === null) return true;
    // What was read stays in the cache: names, and the file that is to stay readable, wherever on the disk they lie.
    await run("ls", ["-lR", target]);
    await readFile(join(target, "0.json.gz"));
    await truncate(image, Number(block) * BLOCK);
    return true;
  } catch (error) {
    if (failing !== null) throw error;
    return false;
  }
}

describe.skipIf(!canMount)("a full disk", () => {
  test.each([1, 4])(
    "with %i MB to spare stops ingest in one sentence; with space it goes on to the same rows",
    async (spare) => {
      const disk = await mount(
        join(work, `small-${spare}`),
        "-t",
        "tmpfs",
        "-o",
        "size=200m",
        "coldtrail-test",
      );
      const folder = await acquired(join(disk, "case"), evidence);
      const { stdout } = await run("df", ["--output=used", "-B1", disk]);
      const used = Number(stdout.trim().split("\n").at(-1));
      await run("mount", ["-o", `remount,size=${used + spare * MEGABYTE}`, disk]);
      const { code, notes } = await built("ingest", folder);
      expect(notes).toMatch(/^coldtrail: .*the disk is full.* again/m);
      expect(notes).not.toContain("this is a bug");
      expect(code).toBe(2);
      expect((await coldtrail("verify", folder)).code).toBe(0);
      await run("mount", ["-o", "remount,size=200m", disk]);
      expect(await built("ingest", folder)).toMatchObject({ code: 0 });
      expect(await rowsOf(folder)).toBe(undisturbed);
    },
  );

  test.each([0, 2])(
    "at %i blocks beyond the evidence stops acquire or its seal; with space it seals the same",
    async (spare) => {
      const disk = await mount(
        join(work, `tight-${spare}`),
        "-t",
        "tmpfs",
        "-o",
        "size=200m",
        "coldtrail-test",
      );
      const folder = join(disk, "case");
      await coldtrail("init", folder, "--title", "T", "--examiner", "E");
      const { stdout } = await run("du", ["-sB1", evidence]);
      const { stdout: df } = await run("df", ["--output=used", "-B1", disk]);
      const used = Number(df.trim().split("\n").at(-1)) + Number(stdout.split("\t")[0]);
      await run("mount", ["-o", `remount,size=${used + spare * 8192}`, disk]);
      const { code, notes } = await coldtrail("acquire", folder, evidence);
      expect(notes).toContain("the disk is full; free space there and run the same command again");
      expect(code).toBe(2);
      await run("mount", ["-o", "remount,size=200m", disk]);
      expect((await coldtrail("acquire", folder, evidence)).code).toBe(0);
      const verified = await coldtrail("verify", folder);
      expect(verified.notes).toContain("verified 1 bag, 12 files");
      expect(verified.code).toBe(0);
      expect(await built("ingest", folder)).toMatchObject({ code: 0 });
      expect(await rowsOf(folder)).toBe(undisturbed);
    },
  );
});

describe.skipIf(!canFail)("a disk that fails half-way through a file", () => {
  const failing = "5.json.gz";

  test("acquire keeps nothing of that file and says so; from a good copy the rows are complete", async () => {
    const disk = join(work, "bad-source");
    await failingDisk(disk, failing);
    const folder = join(work, "case-source");
    await coldtrail("init", folder, "--title", "T", "--examiner", "E");
    const first = await coldtrail("acquire", folder, disk);
    expect(first.notes).toContain(
      `bad-source/${failing}: the device reports a read or write error (EIO); not copied`,
    );
    const bag = await readdir(join(folder, "evidence/0001/data"), { recursive: true });
    expect(bag.some((name) => name.endsWith(failing))).toBe(false);
    expect((await coldtrail("verify", folder)).code).toBe(0);
    expect((await coldtrail("ingest", folder)).code).toBe(0);
    expect(await rowsOf(folder, { places: false })).not.toBe(content);
    await coldtrail("acquire", folder, evidence);
    expect((await coldtrail("verify", folder)).code).toBe(0);
    expect((await coldtrail("ingest", folder)).code).toBe(0);
    // The second acquisition has other numbers for the same files.
    expect(await rowsOf(folder, { places: false })).toBe(content);
  });

  test("ingest and verify name the sealed file that cannot be read; once it can be, the rows are complete", async () => {
    const disk = join(work, "bad-case");
    await failingDisk(disk, failing);
    const folder = await acquired(join(work, "case-evidence"), evidence);
    const sealed = `evidence/0001/data/evidence/${failing}`;
    await run("mount", ["--bind", join(disk, failing), join(folder, sealed)]);
    mounts.push(join(folder, sealed));
    const { code, notes } = await coldtrail("ingest", folder);
    expect(notes).toContain(sealed);
    expect(notes).toContain("EIO");
    expect(notes).not.toContain("this is a bug");
    expect(code).not.toBe(0);
    const verified = await coldtrail("verify", folder);
    expect(verified.out).toContain(sealed);
    expect(verified.code).toBe(3);
    await run("umount", [join(folder, sealed)]);
    mounts.pop();
    expect((await coldtrail("verify", folder)).code).toBe(0);
    expect((await coldtrail("ingest", folder)).code).toBe(0);
    expect(await rowsOf(folder)).toBe(undisturbed);
  });
});
