import { execFile } from "node:child_process";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appendCustody, type Case, readCustody, verifyCustody } from "../../../src/evidence/index.js";
import { fixed, scratchCase } from "./scratch.js";

const log = (held: Case) => join(held.dir, "custody.jsonl");

async function caseWithEntries(count: number): Promise<{ held: Case; lines: string[] }> {
  const held = await scratchCase();
  for (let n = 2; n <= count; n++)
    await appendCustody(held, { action: "note", detail: { text: `note ${n}` } }, fixed);
  return { held, lines: (await readFile(log(held), "utf8")).split("\n").slice(0, -1) };
}

async function problemsOf(held: Case, lines: string[]): Promise<string[]> {
  await writeFile(log(held), lines.map((line) => `${line}\n`).join(""));
  return (await verifyCustody(held)).map(({ kind, line }) => `${kind} ${line}`);
}

describe("appendCustody", () => {
  it("links each line to the bytes of the line before", async () => {
    const { held, lines } = await caseWithEntries(4);
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      'sed -n 3p "$1" | tr -d "\\n" | sha256sum',
      "sh",
      log(held),
    ]);
    expect(JSON.parse(lines[3] ?? "").previous).toBe(stdout.slice(0, 64));
    expect(await verifyCustody(held)).toEqual([]);
  });

  it("writes keys in one order, however the caller ordered them", async () => {
    const held = await scratchCase();
    await appendCustody(held, { action: "note", detail: { b: { d: 1, c: [{ f: 1, e: 2 }] }, a: 2 } }, fixed);
    expect(await readFile(log(held), "utf8")).toContain(
      '"detail":{"a":2,"b":{"c":[{"e":2,"f":1}],"d":1}},"tool"',
    );
  });

  it("keeps the chain when many append at once", async () => {
    const held = await scratchCase();
    const appends = Array.from({ length: 25 }, (_, n) =>
      appendCustody(held, { action: "note", detail: { n } }, fixed),
    );
    await Promise.all(appends);
    expect((await readCustody(held)).map((entry) => entry.seq)).toEqual(
      Array.from({ length: 26 }, (_, n) => n + 1),
    );
    expect(await verifyCustody(held)).toEqual([]);
  });

  it("takes over a lock whose owner is dead", async () => {
    const held = await scratchCase();
    const dead = await promisify(execFile)(process.execPath, [
      "-p",
      "[require('os').hostname(), process.pid].join('\\n')",
    ]);
    const [host, pid] = dead.stdout.trim().split("\n");
    await writeFile(`${log(held)}.lock`, JSON.stringify({ host, pid: Number(pid), started: "1", turn: 1 }));
    await appendCustody(held, { action: "note", detail: {} }, fixed);
    expect(await verifyCustody(held)).toEqual([]);
  });

  it("takes over a lock that a killed process left without a word in it", async () => {
    const held = await scratchCase();
    await writeFile(`${log(held)}.lock`, "");
    await appendCustody(held, { action: "note", detail: {} }, fixed);
    expect(await readCustody(held)).toHaveLength(2);
  });

  it("completes an append that was killed at any byte, and no problem remains", async () => {
    const { held, lines } = await caseWithEntries(3);
    const head = await readFile(join(held.dir, "custody.head"), "utf8");
    await appendCustody(held, { action: "note", detail: { text: "the killed one" } }, fixed);
    const last = (await readFile(log(held), "utf8")).split("\n")[3] ?? "";
    for (const written of [0, 1, 20, last.length, last.length + 1]) {
      await writeFile(log(held), lines.map((line) => `${line}\n`).join("") + `${last}\n`.slice(0, written));
      await writeFile(join(held.dir, "custody.head"), head);
      await writeFile(join(held.dir, "custody.pending"), last);
      expect(await verifyCustody(held)).toEqual([]);
      await appendCustody(held, { action: "note", detail: { text: "the next one" } }, fixed);
      expect((await readCustody(held)).map((entry) => entry.detail.text)).toEqual([
        undefined,
        "note 2",
        "note 3",
        "the killed one",
        "the next one",
      ]);
      expect(await verifyCustody(held)).toEqual([]);
    }
  });

  it("records a half-written last line as a problem and never hides it", async () => {
    const { held } = await caseWithEntries(3);
    await appendFile(log(held), '{"seq":4,"time":"20');
    await appendCustody(held, { action: "note", detail: { text: "after" } }, fixed);
    expect((await readCustody(held)).map((entry) => entry.action)).toEqual([
      "init",
      "note",
      "note",
      "custody-damaged",
      "note",
    ]);
    expect((await verifyCustody(held)).map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      "unparsable 4",
      "recorded-damage 5",
    ]);
  });

  it("does not heal a log whose last line was cut off by appending to it", async () => {
    const { held, lines } = await caseWithEntries(4);
    await writeFile(log(held), `${lines.slice(0, 3).join("\n")}\n`);
    await appendCustody(held, { action: "note", detail: {} }, fixed);
    const problems = await verifyCustody(held);
    expect(problems.map((problem) => problem.kind)).toContain("dropped");
    expect(problems.map((problem) => problem.message).join()).toContain(
      "entry 4 is missing before this line",
    );
  });

  it("says in one sentence that the log cannot be written", async () => {
    const held = await scratchCase();
    await rm(held.dir, { recursive: true });
    await expect(appendCustody(held, { action: "note", detail: {} }, fixed)).rejects.toMatchObject({
      code: "custody-not-writable",
      message: expect.stringMatching(/custody\.jsonl: it does not exist/),
    });
  });
});

describe("verifyCustody", () => {
  it("names an edited line", async () => {
    const { held, lines } = await caseWithEntries(5);
    lines[2] = lines[2]!.replace("note 3", "note 9");
    expect(await problemsOf(held, lines)).toEqual(["edited 3"]);
  });

  it("names an edited last line", async () => {
    const { held, lines } = await caseWithEntries(5);
    lines[4] = lines[4]!.replace("note 5", "note 9");
    expect(await problemsOf(held, lines)).toEqual(["edited 5"]);
  });

  it("names a dropped line and says which", async () => {
    const { held, lines } = await caseWithEntries(5);
    lines.splice(2, 1);
    expect(await problemsOf(held, lines)).toEqual(["dropped 3"]);
    expect((await verifyCustody(held))[0]?.message).toBe(
      "custody.jsonl line 3: entry 3 is missing before this line; lines were dropped.",
    );
  });

  it("names a dropped first line", async () => {
    const { held, lines } = await caseWithEntries(3);
    expect(await problemsOf(held, lines.slice(1))).toEqual(["dropped 1"]);
  });

  it("names lines cut off the end", async () => {
    const { held, lines } = await caseWithEntries(5);
    expect(await problemsOf(held, lines.slice(0, 3))).toEqual(["truncated 3"]);
  });

  it("names a last line that does not end", async () => {
    const { held, lines } = await caseWithEntries(3);
    await writeFile(log(held), lines.join("\n").slice(0, -10));
    expect((await verifyCustody(held)).map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      "truncated 3",
      "truncated 3",
    ]);
  });

  it("names reordered lines", async () => {
    const { held, lines } = await caseWithEntries(5);
    [lines[2], lines[3]] = [lines[3]!, lines[2]!];
    expect(await problemsOf(held, lines)).toEqual(["reordered 4"]);
  });

  it("names an inserted line", async () => {
    const { held, lines } = await caseWithEntries(5);
    lines.splice(3, 0, lines[2]!.replace("note 3", "forged"));
    expect(await problemsOf(held, lines)).toEqual(["inserted 4"]);
  });

  it("names a line added at the end by something else, though its link is right", async () => {
    const { held, lines } = await caseWithEntries(3);
    const forged = await scratchCase();
    await writeFile(log(forged), `${lines.join("\n")}\n`);
    await appendCustody(forged, { action: "note", detail: { text: "forged" } }, fixed);
    await writeFile(log(held), await readFile(log(forged)));
    expect((await verifyCustody(held)).map((problem) => problem.kind)).toContain("inserted");
  });

  it("names a line that is not an entry", async () => {
    const { held, lines } = await caseWithEntries(4);
    lines[1] = "not json";
    expect(await problemsOf(held, lines)).toContain("unparsable 2");
  });

  it("names a time that goes backwards", async () => {
    const held = await scratchCase();
    const earlier = { ...fixed, now: () => new Date("2026-03-04T05:06:06.000Z") };
    await appendCustody(held, { action: "note", detail: {} }, earlier);
    expect((await verifyCustody(held)).map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      "time-backwards 2",
    ]);
  });

  it("says that a log is missing", async () => {
    const held = await scratchCase();
    await rm(log(held));
    expect((await verifyCustody(held)).map(({ kind, line }) => `${kind} ${line}`)).toEqual(["missing 0"]);
  });

  it("finds any single byte changed, any line dropped, and any two lines swapped", async () => {
    const { held, lines } = await caseWithEntries(6);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const isFound = async (tampered: Buffer | string) => {
      await writeFile(log(held), tampered);
      return (await verifyCustody(held)).length > 0;
    };
    const text = (some: string[]) => some.map((line) => `${line}\n`).join("");
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const tampered = Buffer.from(bytes);
        tampered[at] = tampered[at]! ^ flip;
        expect(await isFound(tampered)).toBe(true);
      }),
      { numRuns: 300 },
    );
    for (let a = 0; a < lines.length; a++) {
      expect(await isFound(text(lines.toSpliced(a, 1)))).toBe(true);
      expect(await isFound(text(lines.toSpliced(a, 0, lines[a]!)))).toBe(true);
      for (let b = a + 1; b < lines.length; b++)
        expect(await isFound(text(lines.with(a, lines[b]!).with(b, lines[a]!)))).toBe(true);
    }
    for (let cut = 0; cut < bytes.length; cut += 7) expect(await isFound(bytes.subarray(0, cut))).toBe(true);
    expect(await isFound(bytes)).toBe(false);
  });

  it("never lets a forged entry send control characters to a terminal", async () => {
    const { held, lines } = await caseWithEntries(3);
    lines[2] = JSON.stringify({
      ...JSON.parse(lines[2]!),
      action: "custody-damaged",
      detail: { found: "\u001b[2Jfine" },
    });
    await problemsOf(held, lines);
    for (const { message } of await verifyCustody(held)) expect(message).not.toMatch(/\p{Cc}/u);
  });
});
