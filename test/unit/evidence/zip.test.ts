import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { openZipMembers, ZIP_BOUNDS, type ZipBounds } from "../../../src/evidence/index.js";
import { scratchFolder } from "./scratch.js";
import { type ZipPart, zipOf } from "./zip-writer.js";

/** Name and content of each member, or the code of the error that reading it ends with. */
async function readAll(zip: string | Buffer, bounds?: ZipBounds): Promise<[string, string][]> {
  const members: [string, string][] = [];
  for await (const member of openZipMembers(zip, bounds)) {
    const content = await member
      .open()
      .then(buffer)
      .then(
        (bytes) => bytes.toString("latin1"),
        (error: { code: string }) => error.code,
      );
    members.push([member.name, content]);
  }
  return members;
}

const part = (name: string | Buffer, content: string, more: Partial<ZipPart> = {}): ZipPart => ({
  name,
  content: Buffer.from(content),
  ...more,
});

describe("openZipMembers", () => {
  it("reads deflated and stored members from a file and from bytes", async () => {
    const zip = zipOf([
      part("a.json", "aaaa"),
      part("folder/", "", { method: 0 }),
      part("folder/b", "b", { method: 0 }),
    ]);
    const file = join(await scratchFolder(), "x.zip");
    await writeFile(file, zip);
    const expected = [
      ["a.json", "aaaa"],
      ["folder/b", "b"],
    ];
    expect(await readAll(zip)).toEqual(expected);
    expect(await readAll(file)).toEqual(expected);
  });

  it("gives hostile names as they are", async () => {
    const names = ["../../etc/passwd", "/abs", "C:\\x", "a\nb", ""];
    expect((await readAll(zipOf(names.map((name) => part(name, "x"))))).map(([name]) => name)).toEqual(names);
  });

  it("decodes names as their flag says, and keeps bytes that decoding lost", async () => {
    const zip = zipOf([part(Buffer.from([0x81]), "x", { flags: 0 }), part(Buffer.from([0xff]), "x")]);
    const members = [];
    for await (const member of openZipMembers(zip)) members.push([member.name, member.nameBytes]);
    expect(members).toEqual([
      ["ü", Buffer.from([0x81])],
      ["\ufffd", Buffer.from([0xff])],
    ]);
  });

  it("refuses what inflates beyond the ratio, before reading it", async () => {
    const bomb = part("bomb", "x", { claims: { size: 150_000_000 } });
    expect(await readAll(zipOf([bomb, part("ok", "ok")]))).toEqual([
      ["bomb", "zip-member-refused"],
      ["ok", "ok"],
    ]);
  });

  it("refuses members that together inflate beyond measure by sharing their bytes", async () => {
    const kernel = { name: "0", content: Buffer.alloc(40_000) };
    const shares = Array.from({ length: 9 }, (_, n) => ({ ...kernel, name: `${n + 1}`, sharesWith: 0 }));
    const read = await readAll(zipOf([kernel, ...shares]), {
      ratio: 100,
      freeBytes: 100_000,
      totalBytes: 1e9,
    });
    expect(read.filter(([, content]) => content === "zip-member-refused").length).toBeGreaterThan(0);
    expect(read[0]?.[1]).toHaveLength(40_000);
  });

  it("refuses what inflates beyond the total, whatever the ratio", async () => {
    const zip = zipOf([part("a", "a".repeat(60)), part("b", "b".repeat(60))]);
    expect(await readAll(zip, { ...ZIP_BOUNDS, totalBytes: 100 })).toEqual([
      ["a", "a".repeat(60)],
      ["b", "zip-member-refused"],
    ]);
  });

  it("stops a member that inflates to more than the zip claims, or less, or to other content", async () => {
    const zip = zipOf([
      part("more", "x".repeat(1000), { claims: { size: 10 } }),
      part("less", "x", { claims: { size: 10 } }),
      part("stored", "xx", { method: 0, claims: { size: 1 } }),
      part("other", "x", { claims: { crc32: 7 } }),
      part("fine", "fine"),
    ]);
    expect((await readAll(zip)).map(([, content]) => content)).toEqual([
      "zip-member-broken",
      "zip-member-broken",
      "zip-member-broken",
      "zip-member-broken",
      "fine",
    ]);
  });

  it("says that a member is encrypted or compressed in an unknown way", async () => {
    const zip = zipOf([part("secret", "x", { flags: 1 }), part("zstd", "x", { method: 93 })]);
    expect((await readAll(zip)).map(([, content]) => content)).toEqual([
      "zip-member-encrypted",
      "zip-member-unsupported",
    ]);
  });

  it("says that a zip is broken, whatever was cut off", async () => {
    const zip = zipOf([part("a", "aaaa"), part("b", "bbbb")]);
    for (const cut of [zip.subarray(0, 10), zip.subarray(0, -5), Buffer.alloc(0), Buffer.from("PK")])
      await expect(readAll(cut)).rejects.toMatchObject({ code: "zip-broken" });
  });

  it("can be left before the end", async () => {
    for await (const member of openZipMembers(zipOf([part("a", "a"), part("b", "b")]))) {
      expect(member.name).toBe("a");
      break;
    }
  });
});
