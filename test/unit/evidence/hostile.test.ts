import { execFile } from "node:child_process";
import { appendFileSync, rmSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { acquire, type Case, listArtifacts, verifyEvidence } from "../../../src/evidence/index.js";
import { fixed, readJsonLines, scratchCase, scratchFolder, scratchTree } from "./scratch.js";
import { zipOf } from "./zip-writer.js";

const run = promisify(execFile);
const acquired = (held: Case) => readJsonLines(join(held.dir, "evidence/0001/acquisition.jsonl"));

async function expectSealed(held: Case): Promise<void> {
  expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [] });
  const cwd = join(held.dir, "evidence/0001");
  await run("sha256sum", ["--quiet", "--strict", "-c", "manifest-sha256.txt"], { cwd });
}

describe("hostile names", () => {
  it("newline, escape sequence, quote and percent in a name", async () => {
    const names = [
      "a\nb.log",
      "\u001b[2Jclear.log",
      "100%.log",
      "%0A.log",
      "\\backslash",
      'qu"ote',
      " lead",
      "-rf",
      "^2E",
    ];
    const held = await scratchCase();
    await acquire(held, [await scratchTree(Object.fromEntries(names.map((name) => [name, name])))], fixed);
    const files = await listArtifacts(held);
    expect(files.map((file) => file.original).sort()).toEqual(
      names.map((name) => `evidence-disk/${name}`).sort(),
    );
    for (const file of files) {
      expect(file.path).not.toMatch(/[\p{Cc}%\\"]/u);
      expect(await readFile(join(held.dir, file.path), "utf8")).toBe(
        file.original.replace("evidence-disk/", ""),
      );
    }
    await expectSealed(held);
  });

  it("names that are reserved on Windows, or end in a dot or blank", async () => {
    const held = await scratchCase();
    await acquire(
      held,
      [await scratchTree({ "CON/aux.txt": "1", nul: "2", "dot.": "3", "blank ": "4", "...": "5" })],
      fixed,
    );
    expect(
      (await listArtifacts(held))
        .map((file) => file.path.slice("evidence/0001/data/evidence-disk/".length))
        .sort(),
    ).toEqual(["^2E^2E^2E", "^43ON/^61ux.txt", "^6Eul", "blank^20", "dot^2E"].sort());
    await expectSealed(held);
  });

  it("names that differ only in case or Unicode form", async () => {
    const names = ["Log", "LOG", "log", "caf\u00e9/x", "cafe\u0301/x", "stra\u00dfe", "STRASSE"];
    const held = await scratchCase();
    await acquire(held, [await scratchTree(Object.fromEntries(names.map((name) => [name, name])))], fixed);
    const files = await listArtifacts(held);
    const folded = files.map((file) => file.path.normalize("NFKD").toLowerCase().toUpperCase());
    expect(new Set(folded).size).toBe(names.length);
    for (const file of files)
      expect(`evidence-disk/${await readFile(join(held.dir, file.path), "utf8")}`).toBe(file.original);
    await expectSealed(held);
  });

  it("names that are not UTF-8", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "plain.log": "1" });
    const raw = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x6c, 0xff, 0x67])]);
    await writeFile(raw, "2");
    await acquire(held, [source], fixed);
    const line = (await acquired(held)).find((one) => one.original_base64 !== undefined);
    expect(line).toMatchObject({ path: "data/evidence-disk/l^FFg", original: "evidence-disk/l\ufffdg" });
    expect(Buffer.from(String(line?.original_base64), "base64")).toEqual(
      Buffer.concat([Buffer.from("evidence-disk/l"), Buffer.from([0xff]), Buffer.from("g")]),
    );
    await expectSealed(held);
  });

  it("names of 255 bytes that grow when escaped, and paths deeper than a bag can hold", async () => {
    const held = await scratchCase();
    const source = await scratchTree({
      [`${"%".repeat(250)}.json`]: "1",
      [`${`${"d".repeat(200)}/`.repeat(8)}deep.json`]: "2",
    });
    await acquire(held, [source], fixed);
    const files = await listArtifacts(held);
    expect(files).toHaveLength(2);
    for (const { path } of files) {
      expect(path).toMatch(/\.json$/);
      expect(Buffer.byteLength(path)).toBeLessThan(900);
      for (const part of path.split("/")) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
    }
    await expectSealed(held);
  });

  it("line separators that some readers take for line ends", async () => {
    const held = await scratchCase();
    await acquire(held, [await scratchTree({ "a\u2028b": "1", "c\u0085d": "2", "e\rf": "3" })], fixed);
    expect((await listArtifacts(held)).map((file) => file.original).sort()).toEqual(
      ["evidence-disk/a\u2028b", "evidence-disk/c\u0085d", "evidence-disk/e\rf"].sort(),
    );
    await expectSealed(held);
  });

  it("a case title that tries to write fields of its own into bag-info", async () => {
    const held = {
      ...(await scratchCase()),
      title: "x\nPayload-Oxum: 0.0",
      examiner: "E\r\nContact-Email: e@example.com",
    };
    await acquire(held, [await scratchTree({ a: "1" })], fixed);
    const info = await readFile(join(held.dir, "evidence/0001/bag-info.txt"), "utf8");
    expect(info.match(/^Payload-Oxum/gm)).toHaveLength(1);
    expect(info).not.toMatch(/^Contact-Email/m);
  });
});

describe("hostile files", () => {
  it("symbolic links: recorded with their target, never followed", async () => {
    const held = await scratchCase();
    const outside = await scratchTree({ "secret.txt": "SECRET" });
    const source = await scratchTree({ "real.log": "1" });
    await symlink(join(outside, "secret.txt"), join(source, "out.log"));
    await symlink(outside, join(source, "folder"));
    await symlink("loop", join(source, "loop"));
    await symlink("/nowhere", join(source, "dangling"));
    const { outcomes, problems, files } = await acquire(held, [source], fixed);
    expect({ outcomes, problems, files }).toEqual({
      outcomes: { copied: 1, symlink: 4 },
      problems: [],
      files: 1,
    });
    const links = (await acquired(held)).filter((line) => line.outcome === "symlink");
    expect(links.map((line) => [line.original, line.target, line.size, line.sha256])).toEqual([
      ["evidence-disk/dangling", "/nowhere", 0, undefined],
      ["evidence-disk/folder", outside, 0, undefined],
      ["evidence-disk/loop", "loop", 0, undefined],
      ["evidence-disk/out.log", join(outside, "secret.txt"), 0, undefined],
    ]);
    expect((await run("grep", ["-rl", "SECRET", held.dir]).catch((error) => error)).stdout).toBe("");
    await expectSealed(held);
  });

  it("a source that is itself a symbolic link is refused with the path it leads to", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ a: "1" });
    const link = join(await scratchFolder(), "link");
    await symlink(source, link);
    await expect(acquire(held, [link], fixed)).rejects.toThrow(
      `is a symbolic link to ${source}; name that path itself`,
    );
  });

  it("pipes, sockets and devices: recorded, never read", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "real.log": "1" });
    await run("mkfifo", [join(source, "pipe")]);
    const { outcomes, problems } = await acquire(held, [source], fixed);
    expect(outcomes).toEqual({ copied: 1, special: 1 });
    expect(problems).toEqual(["evidence-disk/pipe: it is a pipe, which has no content to copy; not copied"]);
    await expectSealed(held);
  });

  it("a file that vanishes before its turn is missing, and the rest goes on", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "a.log": "1", "z.log": "2" });
    const { outcomes, problems } = await acquire(held, [source], {
      ...fixed,
      concurrency: 1,
      progress: ({ phase, files }) => {
        if (phase === "copy" && files === 1) rmSync(join(source, "z.log"), { force: true });
      },
    });
    expect(outcomes).toEqual({ copied: 1, missing: 1 });
    expect(problems).toEqual([
      "evidence-disk/z.log: it was listed and gone when it was to be read; not copied",
    ]);
    await expectSealed(held);
  });

  it("a file that grows while it is copied is kept as read and marked", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "growing.log": Buffer.alloc(3_000_000, "x") });
    let grown = false;
    const { outcomes, problems } = await acquire(held, [source], {
      ...fixed,
      progress: ({ phase, bytes }) => {
        if (phase !== "copy" || bytes === 0 || grown) return;
        grown = true;
        appendFileSync(join(source, "growing.log"), "more");
      },
    });
    expect(outcomes).toEqual({ changed: 1 });
    expect(problems[0]).toMatch(/^evidence-disk\/growing\.log: .*; copied as it was read$/);
    await expectSealed(held);
  });

  it("a zip is sealed as it is; its members are listed and never extracted, slip or not", async () => {
    const held = await scratchCase();
    const zip = zipOf([
      { name: "../../evil.sh", content: Buffer.from("rm -rf /") },
      { name: "/etc/passwd", content: Buffer.from("root::0:0") },
      { name: "C:\\win.ini", content: Buffer.from("x") },
      { name: "folder/", content: Buffer.alloc(0), method: 0 },
      { name: "ok.json", content: Buffer.from("{}"), method: 0 },
    ]);
    const { outcomes } = await acquire(held, [await scratchTree({ "logs.zip": zip })], fixed);
    expect(outcomes).toEqual({ copied: 1, member: 4 });
    const lines = await acquired(held);
    expect(lines.map((line) => [line.path, line.member, line.outcome, line.size])).toEqual([
      ["data/evidence-disk/logs.zip", undefined, "copied", zip.length],
      ["data/evidence-disk/logs.zip", "../../evil.sh", "member", 8],
      ["data/evidence-disk/logs.zip", "/etc/passwd", "member", 9],
      ["data/evidence-disk/logs.zip", "C:\\win.ini", "member", 1],
      ["data/evidence-disk/logs.zip", "ok.json", "member", 2],
    ]);
    expect(lines[4]).toMatchObject({
      crc32: "a3a6bf43",
      compressed_size: 2,
      sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    });
    expect((await listArtifacts(held)).map((file) => file.original)).toEqual(["evidence-disk/logs.zip"]);
    await expectSealed(held);
  });

  it("a zip bomb is refused member by member, and the zip sealed", async () => {
    const held = await scratchCase();
    const bomb = { name: "bomb", content: Buffer.alloc(10), claims: { size: 200_000_000 } };
    const zip = zipOf([bomb, { name: "ok", content: Buffer.from("ok") }]);
    const { outcomes, problems } = await acquire(held, [await scratchTree({ "bomb.zip": zip })], fixed);
    expect(outcomes).toEqual({ copied: 1, member: 1, refused: 1 });
    expect(problems).toEqual([
      expect.stringMatching(
        /^evidence-disk\/bomb\.zip » bomb: it would inflate \d+ bytes to 200000000, more than 1000 to 1; not read$/,
      ),
    ]);
    await expectSealed(held);
  });

  it("broken and encrypted zips say so, and the acquisition goes on", async () => {
    const held = await scratchCase();
    const good = zipOf([{ name: "a", content: Buffer.from("aaaa") }]);
    const { outcomes, files } = await acquire(
      held,
      [
        await scratchTree({
          "cut.zip": good.subarray(0, -10),
          "not-a-zip.zip": "hello",
          "wrong-crc.zip": zipOf([{ name: "a", content: Buffer.from("a"), claims: { crc32: 1 } }]),
          "encrypted.zip": zipOf([{ name: "a", content: Buffer.from("a"), flags: 0x801 }]),
          "deflate64.zip": zipOf([{ name: "a", content: Buffer.from("a"), method: 9 }]),
          "last.log": "x",
        }),
      ],
      fixed,
    );
    expect(files).toBe(6);
    expect(outcomes).toEqual({ copied: 6, broken: 3, encrypted: 1, unsupported: 1 });
    await expectSealed(held);
  });

  it("a folder that may not be read is unreadable with the reason, and the rest goes on", async (context) => {
    if (process.getuid?.() === 0)
      context.skip("root may read everything: covered by the run as another user");
    const held = await scratchCase();
    const source = await scratchTree({ "a.log": "1", "locked/b.log": "2" });
    await chmod(join(source, "locked"), 0);
    const { outcomes } = await acquire(held, [source], fixed);
    await chmod(join(source, "locked"), 0o755);
    expect(outcomes).toEqual({ copied: 1, unreadable: 1 });
  });

  it("a tree of many levels does not exhaust the stack", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "top.log": "1" });
    await mkdir(join(source, "d/".repeat(1500)), { recursive: true });
    await writeFile(join(source, "d/".repeat(1500), "bottom.log"), "2");
    expect((await acquire(held, [source], fixed)).outcomes).toEqual({ copied: 2 });
    await expectSealed(held);
  });
});
