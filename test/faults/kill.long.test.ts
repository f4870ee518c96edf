import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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

/** Runs the built command line, whose clock is the real one; kills it without warning after so many milliseconds if told to. */
function run(args: string[], killAfter?: number): Promise<{ code: number | null; printed: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const keep = (data: Buffer) => {
      printed += data.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, printed });
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

/** So many that they are copied in threads. */
const SMALL_FILES = 1_000;

test("acquire killed at any moment goes on and seals what an undisturbed run seals", async () => {
  const small = join(work, "small");
  await mkdir(small);
  for (let file = 0; file < SMALL_FILES; file++)
    await writeFile(join(small, `${file}`), `small ${file}\n`.repeat(file));
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(work, `acquire-${round}`);
    await run(["init", folder, "--title", "T", "--examiner", "E"]);
    const acquire = ["acquire", folder, join(work, "evidence"), small];
    await run(acquire, 80 + round * 12);
    // Either the first run got to the end, or this one finishes it. A bag may have its number before the custody log knows.
    const first = await run(["verify", folder]);
    if (first.code !== 0 || !first.printed.includes("verified 1 bag")) {
      const again = await run(acquire);
      expect(again.code, again.printed).toBe(0);
    }
    const { code, printed } = await run(["verify", folder]);
    expect(printed).toContain(`verified 1 bag, ${(FILES + SMALL_FILES).toLocaleString("en-US")} files`);
    expect(code, printed).toBe(0);
    await rm(folder, { recursive: true, force: true });
  }
});

test("ingest killed at any moment goes on and ends with exactly the rows of an undisturbed run", async () => {
  const folder = await acquired(join(work, "ingest"), join(work, "evidence"));
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 3 === 0) await rm(join(folder, "case.duckdb"), { force: true });
    await run(["ingest", folder], 150 + round * 40);
    if (round % 3 < 2) continue;
    const { code, notes } = await coldtrail("ingest", folder);
    expect(code, notes).toBe(0);
    expect(await rowsOf(folder)).toBe(undisturbed);
  }
  expect((await coldtrail("ingest", folder)).code).toBe(0);
  expect(await rowsOf(folder)).toBe(undisturbed);
});
