import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { acquire, type Case, initCase, readCustody, verifyEvidence } from "../../../src/evidence/index.js";
import { fixed, scratchCase, scratchFolder, scratchTree, snapshot } from "./scratch.js";
import { zipOf } from "./zip-writer.js";

const run = promisify(execFile);
const child = fileURLToPath(new URL("acquire-child.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;

const files: Record<string, Buffer> = { "big.bin": Buffer.alloc(30_000_000, "0123456789abcdef!") };
for (let n = 0; n < 300; n++) files[`AWSLogs/${n % 7}/${n}.json`] = Buffer.from(`{"n":${n}}`.repeat(n + 1));
files["logs.zip"] = zipOf(
  Array.from({ length: 50 }, (_, n) => ({ name: `m${n}`, content: Buffer.alloc(20_000, n) })),
);

let source: string;
let undisturbed: string;

beforeEach(async () => {
  source = await scratchTree(files);
  await symlink("big.bin", join(source, "link"));
  const held = await scratchCase();
  await acquire(held, [source], fixed);
  undisturbed = await snapshot(join(held.dir, "evidence/0001"));
});

/** The only thing left is one sealed bag with the bytes of an undisturbed run, told of once. */
async function expectAsUndisturbed(held: Case): Promise<void> {
  expect(await readdir(join(held.dir, "evidence"))).toEqual(["0001"]);
  expect(await snapshot(join(held.dir, "evidence/0001"))).toBe(undisturbed);
  expect((await readCustody(held)).map((entry) => entry.action)).toEqual(["init", "acquire"]);
  expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [], notes: [] });
}

/** Stops the acquisition when `files` are copied. */
async function stopAfter(held: Case, files: number): Promise<void> {
  const stop = new AbortController();
  const interrupted = acquire(held, [source], {
    ...fixed,
    signal: stop.signal,
    progress: (progress) => {
      if (progress.phase === "copy" && progress.files >= files) stop.abort();
    },
  });
  await expect(interrupted).rejects.toMatchObject({ code: "interrupted", exitCode: 130 });
}

const incomingOf = async (held: Case) =>
  join(
    held.dir,
    "evidence",
    (await readdir(join(held.dir, "evidence"))).find((name) => name.startsWith(".incoming-")) ?? "",
  );

describe("an interrupted acquisition", () => {
  it("seals nothing, is noted by verify, and goes on to the same bytes", async () => {
    const held = await scratchCase();
    await stopAfter(held, 100);
    const { bags, problems, notes } = await verifyEvidence(held);
    expect({ bags, problems }).toEqual({ bags: 0, problems: [] });
    expect(notes[0]).toMatch(/an acquisition that was not finished \(\d+ files copied\)/);
    await acquire(held, [source], fixed);
    await expectAsUndisturbed(held);
  });

  it("does not copy again what was copied", async () => {
    const held = await scratchCase();
    await stopAfter(held, 200);
    const bag = join(await incomingOf(held), "bag");
    await run("find", [bag, "-type", "f", "-exec", "touch", "-d", "2001-01-01", "{}", "+"]);
    await acquire(held, [source], fixed);
    const { stdout } = await run("find", [
      join(held.dir, "evidence/0001/data"),
      "-type",
      "f",
      "!",
      "-newermt",
      "2002-01-01",
    ]);
    expect(stdout.split("\n").length).toBeGreaterThan(190);
    await expectAsUndisturbed(held);
  });

  it("trusts no copy that changed in between", async () => {
    const held = await scratchCase();
    await stopAfter(held, 250);
    const incoming = await incomingOf(held);
    const { stdout } = await run("find", [join(incoming, "bag"), "-name", "*.json"]);
    const [first = "", second = "", third = ""] = stdout.split("\n");
    await run("chmod", ["u+w", first, second]);
    await writeFile(first, "flipped");
    await appendFile(second, "longer");
    await rm(third);
    await acquire(held, [source], fixed);
    await expectAsUndisturbed(held);
  });

  it("clears what was planted or half-written in its work folder", async () => {
    const held = await scratchCase();
    await stopAfter(held, 250);
    const incoming = await incomingOf(held);
    const data = join(incoming, "bag/data/evidence-disk");
    await writeFile(join(data, "^partial-1"), "half");
    await writeFile(join(data, "stray.json"), "copied and never noted");
    await mkdir(join(data, "stray-folder/deep"), { recursive: true });
    await symlink("/etc/passwd", join(data, "stray-link"));
    await writeFile(join(incoming, "bag/manifest-sha256.txt"), "half");
    await appendFile(join(incoming, "journal.jsonl"), '{"line":{"path":"data/evide');
    await acquire(held, [source], fixed);
    await expectAsUndisturbed(held);
  });

  it("keeps the copy of a file that is gone from the source by now, and says so", async () => {
    const held = await scratchCase();
    await stopAfter(held, 250);
    const journal = await readFile(join(await incomingOf(held), "journal.jsonl"), "utf8");
    const path = /"path":"data\/evidence-disk\/(AWSLogs[^"]+)"/.exec(journal)?.[1] ?? "";
    await rm(join(source, path));
    const { problems, outcomes } = await acquire(held, [source], fixed);
    expect(problems).toEqual([
      `evidence-disk/${path}: is gone from the source since it was copied; the copy is kept`,
    ]);
    expect(outcomes.copied).toBe(302);
    expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [] });
  });

  it("takes over a lock that a kill left without a word in it", async () => {
    const held = await scratchCase();
    await stopAfter(held, 10);
    await writeFile(`${await incomingOf(held)}.lock`, "");
    await acquire(held, [source], fixed);
    await expectAsUndisturbed(held);
  });

  it("copies again what changed in the source in between", async () => {
    const held = await scratchCase();
    await stopAfter(held, 302);
    await writeFile(join(source, "AWSLogs/1/1.json"), "new content");
    await acquire(held, [source], fixed);
    expect(await readFile(join(held.dir, "evidence/0001/data/evidence-disk/AWSLogs/1/1.json"), "utf8")).toBe(
      "new content",
    );
  });

  it("is not disturbed by a second run on the same sources, which is refused", async () => {
    const held = await scratchCase();
    const [first, second] = await Promise.allSettled([
      acquire(held, [source], fixed),
      acquire(held, [source], fixed),
    ]);
    const failed = [first, second].filter((run) => run.status === "rejected");
    if (failed.length > 0) expect(failed[0]?.reason).toMatchObject({ code: "lock-held" });
    expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [], notes: [] });
  });

  it("two acquisitions at once get numbers of their own", async () => {
    const held = await scratchCase();
    const other = await scratchTree({ a: "1" });
    const results = await Promise.all([acquire(held, [source], fixed), acquire(held, [other], fixed)]);
    expect(results.map((result) => result.id).sort()).toEqual(["0001", "0002"]);
    expect(await verifyEvidence(held)).toMatchObject({ bags: 2, problems: [], custody: [] });
  });
});

describe("a seal that was killed", () => {
  const sealRecord = async (held: Case) => {
    const detail = (await readCustody(held)).at(-1)?.detail as Record<string, never>;
    return JSON.stringify({
      seal: {
        id: "0001",
        manifestSha256: detail.manifest_sha256,
        tagManifestSha256: detail.tagmanifest_sha256,
        files: detail.files,
        bytes: detail.bytes,
        outcomes: detail.outcomes,
        problems: [],
      },
    });
  };

  /** Brings a sealed case into the state before the custody log was told, as a kill at that point leaves it. */
  async function unwind(held: Case, to: "renamed" | "noted"): Promise<string> {
    const record = await sealRecord(held);
    if (to === "renamed") {
      const { dir } = held;
      await chmod(join(dir, "evidence/0001"), 0o755);
      await rename(join(dir, "evidence/0001"), join(dir, "bag"));
      await run("sh", ["-c", `cd '${dir}' && rm -rf evidence reports reference custody.* case.yaml`]);
      const again = await initCase(
        join(dir, "again"),
        { title: held.title, examiner: held.examiner, organisation: "Example Org" },
        { ...fixed, newId: () => held.id },
      );
      for (const name of await readdir(again.dir)) await rename(join(again.dir, name), join(dir, name));
      await rm(join(dir, "again"), { recursive: true });
      await rename(join(dir, "bag"), join(dir, "evidence/0001"));
    }
    return record;
  }

  it.each(["renamed", "noted"] as const)("after the bag was %s is finished by the next run", async (to) => {
    const held = await scratchCase();
    await stopAfter(held, 10);
    const name = (await incomingOf(held)).slice(-26);
    await acquire(held, [source], fixed);
    const record = await unwind(held, to);
    const incoming = join(held.dir, "evidence", name);
    await mkdir(incoming);
    await writeFile(join(incoming, "journal.jsonl"), `\n${record}\n`);
    expect(await verifyEvidence(held)).toMatchObject({
      problems: [],
      custody: [],
      notes: [
        expect.stringMatching(
          /^evidence\/0001: .* ended while it was sealing.* run acquire .* to finish it\.$/,
        ),
      ],
    });
    expect(await acquire(held, [source], fixed)).toMatchObject({ id: "0001", files: 302 });
    await expectAsUndisturbed(held);
  });
});

describe("kill -9", () => {
  it("at many moments, then started again, ends with the bytes of an undisturbed run", async () => {
    const held = await scratchCase();
    let kills = 0;
    // Ever later, so that the kills spread over copying and sealing; the journal carries the work forward.
    for (let delay = 0; !(await readdir(join(held.dir, "evidence"))).includes("0001"); delay += 30) {
      const started = spawn(process.execPath, ["--import", "tsx", child, held.dir, source], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (await isKilled(started, delay)) kills++;
    }
    expect(kills).toBeGreaterThan(2);
    const isFinished = (await readdir(join(held.dir, "evidence"))).every(
      (name) => !name.startsWith(".incoming-"),
    );
    if (!isFinished) await acquire(held, [source], fixed);
    await expectAsUndisturbed(held);
  });

  async function isKilled(started: ChildProcess, delay: number): Promise<boolean> {
    const ended = once(started, "exit");
    await Promise.race([once(started.stdout!, "data"), ended]);
    await Promise.race([sleep(delay), ended]);
    started.kill("SIGKILL");
    const [, signal] = await ended;
    return signal === "SIGKILL";
  }
});

describe("a case that cannot be written", () => {
  it("full disk: one sentence, nothing half-sealed, and space makes it go on", async (context) => {
    const mount = join(await scratchFolder(), "small");
    await mkdir(mount);
    const isMounted = await run("mount", ["-t", "tmpfs", "-o", "size=8m", "coldtrail-test", mount]).then(
      () => true,
      () => false,
    );
    if (!isMounted) context.skip("a small disk needs the right to mount one");
    try {
      const statement = { title: "Bright Harbour", examiner: "Ana Example", organisation: "Example Org" };
      const held = await initCase(join(mount, "case"), statement, { ...fixed, newId: () => "case-7" });
      await expect(acquire(held, [source], fixed)).rejects.toMatchObject({
        code: "case-not-writable",
        message: expect.stringMatching(
          /evidence: the disk is full; free space there and run the same command again \(ENOSPC\)\.$/,
        ),
      });
      expect(await verifyEvidence(held)).toMatchObject({ bags: 0, problems: [], custody: [] });
      await run("mount", ["-o", "remount,size=80m", mount]);
      await acquire(held, [source], fixed);
      await expectAsUndisturbed(held);
    } finally {
      await run("umount", [mount]);
    }
  });

  it("no permission on the case: one sentence; unreadable evidence: an outcome", async (context) => {
    if (!isRoot) context.skip("only root can run the acquisition as another user");
    const held = await scratchCase();
    const small = await scratchTree({ "a.log": "1", "secret.log": "2", "locked/b.log": "3" });
    await chmod(join(small, "secret.log"), 0o600);
    await chmod(join(small, "locked"), 0o700);
    const asNobody = async () => {
      const options = {
        uid: 65534,
        gid: 65534,
        cwd: process.cwd(),
        env: { PATH: process.env.PATH, TMPDIR: await openFolder() },
      };
      const { stdout } = await run(process.execPath, ["--import", "tsx", child, held.dir, small], options);
      return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    };
    expect(await asNobody()).toEqual({
      code: "case-not-writable",
      message: expect.stringMatching(
        /evidence: permission is denied; run as a user who may read and write there \(EACCES\)\.$/,
      ),
    });
    await run("chown", ["-R", "65534:65534", held.dir]);
    expect(await asNobody()).toMatchObject({
      outcomes: { copied: 1, unreadable: 2 },
      problems: [
        "evidence-disk/locked: permission is denied; run as a user who may read and write there (EACCES); not copied",
        "evidence-disk/secret.log: permission is denied; run as a user who may read and write there (EACCES); not copied",
      ],
    });
    expect(await verifyEvidence(held)).toMatchObject({ bags: 1, problems: [], custody: [] });
  });

  async function openFolder(): Promise<string> {
    const folder = await scratchFolder();
    await chown(folder, 65534, 65534);
    return folder;
  }
});
