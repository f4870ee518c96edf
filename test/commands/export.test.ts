import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-export-"));
const folder = join(work, "case");

beforeAll(async () => {
  const evidence = join(work, "evidence");
  await mkdir(evidence);
  const Records = [2, 1].map((second) => ({
    eventVersion: "1.11",
    eventTime: `2026-03-11T09:00:0${second}Z`,
    eventSource: "bedrock.amazonaws.com",
    eventName: "InvokeModel",
    eventID: `e-${second}`,
    userAgent: "=cmd()",
  }));
  await writeFile(join(evidence, "a.json"), JSON.stringify({ Records }));
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, evidence);
  expect((await coldtrail("ingest", folder)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

test("all rows of a table in the order of their records, the same bytes each time, and the custody log knows", async () => {
  const first = await coldtrail("export", folder, "cloudtrail_event", "--format", "jsonl");
  expect(first.code, first.notes).toBe(0);
  const rows = first.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.map(({ record_no, event_id }) => [record_no, event_id])).toEqual([
    [1, "e-2"],
    [2, "e-1"],
  ]);
  expect((await coldtrail("export", folder, "cloudtrail_event", "--format", "jsonl")).out).toBe(first.out);
  const { out } = await coldtrail("custody", "show", folder);
  expect(out).toContain("export");
});

test("a view goes to a Parquet file, and a file that is there is never written over", async () => {
  const file = join(work, "events.parquet");
  const written = await coldtrail("export", folder, "v_event", "--format", "parquet", "--out", file);
  expect(written.code, written.notes).toBe(0);
  expect((await readFile(file)).subarray(0, 4).toString()).toBe("PAR1");
  expect((await coldtrail("export", folder, "v_event", "--format", "parquet", "--out", file)).code).toBe(2);
});

test("cells that a spreadsheet would run are made text, and an unknown table names those there are", async () => {
  const { out } = await coldtrail("export", folder, "cloudtrail_event", "--csv");
  expect(out).toContain("'=cmd()");
  const wrong = await coldtrail("export", folder, "knowledge; drop table finding");
  expect(wrong.code).toBe(2);
  expect(wrong.notes).toContain("there is no table knowledge; drop table finding; there are api_snapshot");
});
