import { readdir } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { coldtrail } from "./command-line.js";

/** What the shell offers for the last word. */
async function offered(...words: string[]): Promise<string[]> {
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const { code, out, notes } = await coldtrail("--get-yargs-completions", "coldtrail", ...words);
    expect(code, notes).toBe(0);
    return [...out.split("\n"), ...print.mock.calls.flat()].filter((line) => line !== "");
  } finally {
    print.mockRestore();
  }
}

async function idsIn(kind: string, beginning: string): Promise<string[]> {
  const names = await readdir(new URL(`../../queries/${kind}`, import.meta.url));
  return names.map((name) => name.replace(/\.sql$/, "")).filter((id) => id.startsWith(beginning));
}

test("ids of hunts are completed where an id stands, and not where the case stands", async () => {
  const hunts = await idsIn("hunts", "h-k");
  expect(hunts.length).toBeGreaterThan(1);
  expect((await offered("hunt", "run", "case", "h-k")).sort()).toEqual(hunts.sort());
  expect((await offered("hunt", "show", "h-k")).sort()).toEqual(hunts);
  expect(await offered("hunt", "run", "h-k")).not.toContain(hunts[0]);
});

test("parameters of a hunt are completed as options", async () => {
  expect(await offered("hunt", "run", "case", "h-key-activity", "--acc")).toContain("--access-key");
});

test("ids of detections, scenarios and sequences are completed after their options", async () => {
  const detections = await idsIn("detections", "inv-t");
  expect((await offered("detect", "case", "--only", "inv-t")).sort()).toEqual(detections.sort());
  expect(await offered("investigate", "case", "--scenario", "mod")).toEqual(["model-tampering"]);
  expect(await offered("investigate", "case", "--sequence", "seq-ra")).toEqual([
    "seq-rag-poisoning",
    "seq-ransom",
  ]);
});

test("commands and options are completed", async () => {
  expect(await offered("")).toEqual(expect.arrayContaining(["detect", "hunt", "timeline"]));
  expect(await offered("timeline", "case", "--li")).toContain("--lineage");
});

test("the script asks coldtrail itself", async () => {
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  const { code, out } = await coldtrail("completion");
  const script = out + print.mock.calls.flat().join("\n");
  print.mockRestore();
  expect(code).toBe(0);
  expect(script).toContain("coldtrail --get-yargs-completions");
});
