import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Database } from "../../src/index.js";
import { coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-formats-"));
const folder = join(work, "case");
const KEY = "AKIAEXAMPLESVCRAGSYN";

beforeAll(async () => {
  const evidence = join(work, "evidence");
  await mkdir(evidence);
  const Records = Array.from({ length: 5_000 }, (_, i) => ({
    eventVersion: "1.11",
    userIdentity: { type: "IAMUser", arn: "arn:aws:iam::111122223333:user/svc", accessKeyId: KEY },
    eventTime: `2026-03-11T09:${String(Math.floor(i / 60) % 60).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}Z`,
    eventSource: "iam.amazonaws.com",
    eventName: "ListUsers",
    awsRegion: "us-east-1",
    sourceIPAddress: "198.51.100.23",
    userAgent: i === 0 ? '=cmd() "quoted",\u001b[2J' : "Boto3",
    eventID: `e-${i}`,
    eventType: "AwsApiCall",
    recipientAccountId: "111122223333",
  }));
  await writeFile(join(evidence, "a.json"), JSON.stringify({ Records }));
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, evidence);
  expect((await coldtrail("ingest", folder)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Asks for the timeline in a file with one thread and with eight; the bytes of the second are held against those of the first. */
async function written(name: string, ...args: string[]): Promise<Buffer> {
  const [first, second] = [join(work, name), join(work, `again-${name}`)];
  for (const [file, threads] of [
    [first, "1"],
    [second, "8"],
  ] as const) {
    const answer = await coldtrail("timeline", folder, "--out", file, "--threads", threads, ...args);
    expect(answer.code).toBe(0);
  }
  const bytes = await readFile(first);
  expect(bytes.equals(await readFile(second))).toBe(true);
  return bytes;
}

test("Parquet holds every row in order, and DuckDB reads it", async () => {
  await written("t.parquet");
  const database = await Database.openForIngest(join(work, "other.duckdb"), { readFolders: [work] });
  const [row] = await database.rows(
    `select count(*) as n, count(distinct record_no) as records, min(event_time) as first from '${join(work, "t.parquet")}'`,
  );
  database.close();
  expect(row).toEqual({ n: 5_000, records: 5_000, first: "2026-03-11T09:00:00Z" });
});

test("Arrow IPC keeps times, numbers and nulls as what they are", async () => {
  const table = tableFromIPC(await written("t.arrow"));
  expect(table.numRows).toBe(5_000);
  const row = table.get(0);
  expect(row?.event_time).toBe(Date.parse("2026-03-11T09:00:00Z"));
  expect(row?.record_no).toBe(1n);
  expect(row?.bytes).toBeNull();
  expect(row?.credential).toBe(KEY);
});

test("JSON Lines, JSON and CSV hold the same rows", async () => {
  const lines = String(await written("t.jsonl"))
    .trimEnd()
    .split("\n");
  expect(lines).toHaveLength(5_000);
  const { out } = await coldtrail("timeline", folder, "--json");
  expect(JSON.parse(out)).toEqual(lines.map((line) => JSON.parse(line)));
  const csv = String(await written("t.csv"))
    .trimEnd()
    .split("\r\n");
  expect(csv).toHaveLength(5_001);
  expect(csv[1]).toContain('""quoted"",');
});

test("Timesketch gets message, datetime and timestamp_desc first", async () => {
  const { out } = await coldtrail(
    "timeline",
    folder,
    "--format",
    "timesketch-csv",
    "--to",
    "2026-03-11T09:00:01Z",
  );
  expect(out.split("\r\n")[0]).toMatch(/^message,datetime,timestamp_desc,timestamp,/);
  const lines = await coldtrail("timeline", folder, "--format", "timesketch-jsonl");
  expect(JSON.parse(lines.out.split("\n")[1] as string)).toMatchObject({
    message: expect.stringContaining("svc ListUsers"),
    datetime: "2026-03-11T09:00:00Z",
    timestamp_desc: "Event completed",
    timestamp: 1_773_219_600_000_000,
  });
});

test("a format without a file, an unknown format and a file that is there are refused", async () => {
  const inTerminal = await coldtrail("timeline", folder, "--format", "parquet");
  expect(inTerminal.notes).toContain("name a file with --out FILE");
  const unknown = await coldtrail("timeline", folder, "--format", "xlsx");
  expect(unknown.notes).toContain("a format is one of table, csv");
  const there = await coldtrail("timeline", folder, "--out", join(folder, "case.yaml"));
  expect([inTerminal.code, unknown.code, there.code]).toEqual([2, 2, 2]);
  expect(there.notes).toContain("is there already");
});

const OWN_HUNT = `-- ---
-- id: mine
-- version: 1.0.0
-- title: Mine
-- status: experimental
-- description: Finds calls by name. Misses the rest.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   name: {type: text, required: true, description: name of the call}
-- changelog:
--   1.0.0: first version
-- ---
select artifact_id, record_no from cloudtrail_event where event_name = $name::varchar order by all
`;

test("an analyst's own hunt runs from its file, and a saved run names query, parameters and evidence", async () => {
  const file = join(work, "mine.sql");
  await writeFile(file, OWN_HUNT);
  const { out } = await coldtrail("hunt", "run", folder, file, "--name", "ListUsers", "--json");
  expect(JSON.parse(out)).toHaveLength(5_000);
  const saved = await coldtrail("hunt", "run", folder, file, "--name", "ListUsers", "--save");
  const run = saved.out.trim();
  expect(JSON.parse(await readFile(join(run, "run.json"), "utf8"))).toMatchObject({
    query: { id: "mine", version: "1.0.0" },
    parameters: { name: "ListUsers" },
    evidence_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    rows: 5_000,
  });
  expect(await readFile(join(run, "query.sql"), "utf8")).toBe(OWN_HUNT);
  expect((await coldtrail("hunt", "run", folder, file, "--name", "ListUsers", "--save")).out.trim()).toBe(
    run,
  );
});

test("a hunt that DuckDB cannot parse is told with its file and the place, not as a bug of ours", async () => {
  const file = join(work, "broken.sql");
  await writeFile(file, OWN_HUNT.replace("id: mine", "id: broken").replace("order by all", "order order"));
  const { code, notes } = await coldtrail("hunt", "run", folder, file, "--name", "x");
  expect(code).toBe(5);
  expect(notes).toMatch(/broken\.sql: .*syntax error at or near "order"/);
});

test("a hunt of two statements, or one that breaks out of its SELECT, never runs", async () => {
  const file = join(work, "mine.sql");
  const target = join(work, "stolen.csv");
  for (const [index, attack] of [
    "select 1 as n; drop table cloudtrail_event",
    `select 1 as n) to '${target}' (format csv); --`,
  ].entries()) {
    await writeFile(file, OWN_HUNT.replace(/select artifact_id[^\n]*/, attack));
    const out = join(work, `attack-${index}.parquet`);
    const { code } = await coldtrail("hunt", "run", folder, file, "--name", "x", "--out", out);
    expect(code).not.toBe(0);
  }
  await expect(readFile(target)).rejects.toThrow("ENOENT");
});

test.each([
  ["hunt", "run", folder, "h-key-activity", "--access-key", KEY],
  ["summary", folder],
  ["search", folder, "Boto3"],
])("%s prints the same bytes with one thread and with eight", async (...question) => {
  for (const format of ["table", "json"]) {
    const one = await coldtrail(...question, "--format", format, "--threads", "1");
    const eight = await coldtrail(...question, "--format", format, "--threads", "8");
    expect(one.code).toBe(0);
    expect(one.out.length).toBeGreaterThan(50);
    expect(eight.out === one.out).toBe(true);
  }
});
