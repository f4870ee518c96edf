import { execFile } from "node:child_process";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { perform, SMALL_FILE } from "../../../src/evidence/file-work.js";
import { sha256 } from "../../../src/evidence/hash.js";
import { scratchFolder } from "./scratch.js";

let folder: string;
let places: { partial: string; target: string };

beforeEach(async () => {
  folder = await scratchFolder();
  await mkdir(join(folder, "bag"));
  places = { partial: join(folder, "bag/^partial-1"), target: join(folder, "bag/copy") };
});

const copyOf = async (name: string, { ino }: { ino?: bigint } = {}) => {
  const location = join(folder, name);
  const listed = ino ?? (await lstat(location, { bigint: true }).catch(() => undefined))?.ino;
  return perform({ kind: "copy", from: { location, ino: listed }, ...places });
};

describe("a small file", () => {
  it.each([0, 1, 3, 4_096, SMALL_FILE])("of %i bytes is copied, read-only and whole", async (size) => {
    const content = Buffer.alloc(size, "PKab\xe9f");
    await writeFile(join(folder, "file"), content);
    expect(await copyOf("file")).toEqual({
      size,
      sha256: sha256(content),
      magic: content.toString("latin1", 0, 4),
      changed: undefined,
    });
    expect((await readFile(places.target)).equals(content)).toBe(true);
    expect((await lstat(places.target)).mode & 0o777).toBe(0o444);
    expect(await readdir(join(folder, "bag"))).toEqual(["copy"]);
  });

  it("that has grown beyond that is left to others", async () => {
    await writeFile(join(folder, "file"), Buffer.alloc(SMALL_FILE + 1));
    expect(await copyOf("file")).toBe("grown");
    expect(await readdir(join(folder, "bag"))).toEqual([]);
  });

  it("that was replaced since it was listed is copied as it was read, and that is said", async () => {
    await writeFile(join(folder, "file"), "other");
    expect(await copyOf("file", { ino: 1n })).toMatchObject({
      size: 5,
      changed: "it was replaced by another file after it was listed",
    });
  });

  it("that is gone, or a link or a pipe by now, is lost and leaves nothing", async () => {
    await symlink("/etc/passwd", join(folder, "link"));
    await promisify(execFile)("mkfifo", [join(folder, "pipe")]);
    expect(await copyOf("file")).toEqual({
      lost: { outcome: "missing", message: "it was listed and gone when it was to be read" },
    });
    expect(await copyOf("link")).toMatchObject({ lost: { outcome: "unreadable" } });
    expect(await copyOf("pipe")).toEqual({
      lost: {
        outcome: "unreadable",
        message: "it was replaced by something that is no file after it was listed",
      },
    });
    expect(await readdir(join(folder, "bag"))).toEqual([]);
  });

  it("that cannot be written is no fact about the file, and leaves nothing", async () => {
    await writeFile(join(folder, "file"), "content");
    places.target = join(folder, "nowhere/copy");
    await expect(copyOf("file")).rejects.toMatchObject({ code: "ENOENT", syscall: "rename" });
    expect(await readdir(join(folder, "bag"))).toEqual([]);
  });
});

describe("hashing", () => {
  it("reads a file of any size and follows no link", async () => {
    const content = Buffer.alloc(2 * SMALL_FILE + 7, "abcdefghijk");
    await writeFile(join(folder, "file"), content);
    await symlink("file", join(folder, "link"));
    const expected = { sha256: sha256(content), size: content.length };
    expect(perform({ kind: "hash", path: join(folder, "file") })).toEqual(expected);
    expect(() => perform({ kind: "hash", path: join(folder, "link") })).toThrow(/ELOOP/);
  });
});
