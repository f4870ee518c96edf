import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { incidentCase } from "../sample/incident-case.js";
import { coldtrail } from "./command-line.js";

let folder: string;

beforeAll(async () => {
  folder = await incidentCase(join(import.meta.dirname, "../../sample-evidence"));
});
afterAll(() => rm(dirname(folder), { recursive: true, force: true }));

/** What a command line prints with one thread; held against what it prints with eight. */
async function printed(...args: string[]): Promise<string> {
  const one = await coldtrail(...args, "--threads", "1");
  const eight = await coldtrail(...args, "--threads", "8");
  expect([one.code, eight.code], one.notes).toEqual([0, 0]);
  expect(one.out.length).toBeGreaterThan(50);
  expect(eight.out === one.out, `${args.join(" ")} prints other bytes with eight threads`).toBe(true);
  return one.out;
}

test("detect, investigate and report write the same bytes with one thread and with eight", async () => {
  await printed("detect", folder, "--json");
  for (const scenario of [
    "unauthorized-model-access",
    "training-data-exfiltration",
    "model-tampering",
    "leaked-key",
    "seven-elements",
  ])
    await printed("investigate", folder, "--scenario", scenario, "--json");
  await printed("investigate", folder, "--sequence", "all", "--json");

  const reports = [];
  for (const threads of ["1", "8"]) {
    const { code, out, notes } = await coldtrail("report", folder, "--threads", threads);
    expect(code, notes).toBe(0);
    const written = dirname(out.trim());
    const names = (await readdir(written)).sort();
    reports.push(
      await Promise.all(names.map(async (name) => [name, await readFile(join(written, name), "latin1")])),
    );
  }
  const [one, eight] = reports as [string[][], string[][]];
  expect(one.map(([name]) => name)).toContain("report.html");
  const different = one.filter(([, text], index) => text !== eight[index]?.[1]).map(([name]) => name);
  expect(different).toEqual([]);
});
