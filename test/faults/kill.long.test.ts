import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coldtrail } from "../commands/command-line.js";
import { acquired, rowsOf, writeTrail } from "./trail.js";

const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");
const ROUNDS = 25;
const FILES = 40;
const EVENTS = 1_500;

let work: string;
let undisturbed: string;

/** Runs the built command line and kills it without warning after so many milliseconds. */
function runAndKill(milliseconds: number, ...args: string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-kill-"));
  await writeTrail(join(work, "evidence"), FILES, EVENTS);
  const folder = await acquired(join(work, "undisturbed"), join(work, "evidence"));
  expect((await coldtrail("ingest", folder)).code).toBe(0);
  undisturbed = await rowsOf(folder);
});
afterAll(() => rm(work, { recursive: true, force: true }));

test("acquire killed at any moment goes on and seals what an undisturbed run seals", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(work, `acquire-${round}`);
    await coldtrail("init", folder, "--title", "T", "--examiner", "E");
    await runAndKill(80 + round * 12, "acquire", folder, join(work, "evidence"));
    // Either the first run got to the end, or this one finishes it. A bag may have its number before the custody log knows.
    const first = await coldtrail("verify", folder);
    if (first.code !== 0 || !first.notes.includes("verified 1 bag")) {
      expect((await coldtrail("acquire", folder, join(work, "evidence"))).code).toBe(0);
    }
    const { code, notes } = await coldtrail("verify", folder);
    expect(notes).toContain(`verified 1 bag, ${FILES} files`);
    expect(code).toBe(0);
    await rm(folder, { recursive: true, force: true });
  }
});

test("ingest killed at any moment goes on and ends with exactly the rows of an undisturbed run", async () => {
  const folder = await acquired(join(work, "ingest"), join(work, "evidence"));
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 3 === 0) await rm(join(folder, "case.duckdb"), { force: true });
    await runAndKill(150 + round * 40, "ingest", folder);
    if (round % 3 < 2) continue;
    const { code, notes } = await coldtrail("ingest", folder);
    expect(code, notes).toBe(0);
    expect(await rowsOf(folder)).toBe(undisturbed);
  }
  expect((await coldtrail("ingest", folder)).code).toBe(0);
  expect(await rowsOf(folder)).toBe(undisturbed);
});
