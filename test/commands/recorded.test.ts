import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CustodyEntry } from "../../src/evidence/index.js";
import { type Answer, coldtrail } from "./command-line.js";

const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");
const hash = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const question = "select event_name, user_agent from cloudtrail_event order by record_no";

let work: string;
let folder: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-recorded-"));
  folder = join(work, "case");
  const event = {
    eventVersion: "1.11",
    eventTime: "2026-03-11T09:12:04Z",
    eventSource: "bedrock.amazonaws.com",
    eventName: "InvokeModel",
    eventID: "e-1",
    errorCode: "AccessDenied",
    recipientAccountId: "111122223333",
    userAgent: "caf\u00e9",
  };
  // One byte that is no UTF-8 in front of the name.
  const text = JSON.stringify({ Records: [event] }).replace("caf\u00e9", "caf#");
  const bytes = Buffer.from(text, "latin1").map((byte) => (byte === 0x23 ? 0xe9 : byte));
  await writeFile(join(work, "trail.json"), bytes);
  await coldtrail("init", folder, "--title", "T", "--examiner", "A. Examiner");
  await coldtrail("acquire", folder, join(work, "trail.json"));
  const loaded = await coldtrail("ingest", folder, "--max-rejects", "1");
  expect(loaded.code, loaded.notes).toBe(0);
  await coldtrail("detect", folder, "--only", "acc-*");
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function entries(): Promise<CustodyEntry[]> {
  return JSON.parse((await coldtrail("custody", "show", folder, "--json")).out);
}

/** Runs a command and gives it with the one entry that it appended. */
async function noted(...args: string[]): Promise<{ answer: Answer; entry: CustodyEntry }> {
  const before = await entries();
  const answer = await coldtrail(...args);
  const added = (await entries()).slice(before.length);
  expect(added).toHaveLength(1);
  return { answer, entry: added[0] as CustodyEntry };
}

test.each([
  { action: "status", args: ["status", "CASE"], detail: { format: "table" } },
  { action: "sql", args: ["sql", "CASE", question, "--csv"], detail: { query: question, rows: 1 } },
  {
    action: "hunt",
    args: ["hunt", "run", "CASE", "h-key-activity", "--access-key", "AKIAEXAMPLE"],
    detail: { id: "h-key-activity", parameters: { access_key: "AKIAEXAMPLE" } },
  },
  { action: "timeline", args: ["timeline", "CASE", "--json"], detail: { id: "t-all", format: "json" } },
  {
    action: "investigate",
    args: ["investigate", "CASE", "--scenario", "leaked-key"],
    detail: { format: "table", version: expect.any(String), sha256: expect.any(String) },
  },
  {
    action: "search",
    args: ["search", "CASE", "event_name:invoke", "--regex", "--source", "cloudtrail_event"],
    detail: {
      parameters: { text: "invoke" },
      text: "event_name:invoke",
      regex: true,
      source: "cloudtrail_event",
    },
  },
  { action: "summary", args: ["summary", "CASE"], detail: { id: "h-summary", format: "table" } },
  { action: "record", args: ["record", "CASE", "1", "1"], detail: { record: 1 } },
])(
  "$action is in the custody log: who, what, when, which tool, and the hash of what it printed",
  async ({ action, args, detail }) => {
    const { answer, entry } = await noted(...args.map((arg) => (arg === "CASE" ? folder : arg)));
    expect(answer.code, answer.notes).toBe(0);
    expect(entry).toMatchObject({
      action,
      examiner: "A. Examiner",
      time: "2026-03-12T08:00:00.000Z",
      tool: { name: "coldtrail", version: "0.0.0-test" },
      detail: { ...detail, output: { sha256: hash(answer.out), bytes: Buffer.byteLength(answer.out) } },
    });
  },
);

test("the hash of a detect run is that of what detect --json prints", async () => {
  const { answer, entry } = await noted("detect", folder, "--only", "acc-*", "--json");
  expect(entry.detail.sha256).toBe(hash(answer.out));
});

test("the hash of ingest changes with the records and not with the run", async () => {
  const again = (await noted("ingest", folder, "--max-rejects", "1")).entry.detail.accounts_sha256;
  const first = (await entries()).find(({ action }) => action === "ingest")?.detail.accounts_sha256;
  expect(again).toBe(first);
  expect(again).toMatch(/^[0-9a-f]{64}$/);
});

test("the hash of a report is that of its manifest, and reading in between does not change the report", async () => {
  const clock = ["--clock", "2026-03-12T08:00:00Z"];
  const first = await noted("report", folder, ...clock);
  const manifest = first.answer.out.trim().replace("report.html", "manifest-sha256.txt");
  expect(first.entry.detail["manifest-sha256.txt"]).toBe(hash(await readFile(manifest)));
  await coldtrail("sql", folder, question);
  await coldtrail("search", folder, "Invoke");
  await coldtrail("summary", folder);
  const second = await noted("report", folder, ...clock);
  expect(second.entry.detail).toEqual(first.entry.detail);
});

test("signing names the key and the signatures that it made", async () => {
  const key = join(work, "key");
  await coldtrail("keygen", key);
  const { entry } = await noted("sign", folder, "--key", key);
  const [bag] = entry.detail.signed as { signature: string; sha256: string }[];
  expect(bag?.sha256).toBe(hash(await readFile(join(folder, bag?.signature as string))));
  expect(entry.detail.public_key_sha256).toMatch(/^[0-9a-f]{64}$/);
});

test("a record printed raw has the bytes of the evidence, also those that are no text", async () => {
  const { answer, entry } = await noted("record", folder, "1", "1", "--raw");
  expect(Buffer.from(answer.out, "latin1").includes(Buffer.from([0x66, 0xe9]))).toBe(true);
  expect(entry.detail.output).toMatchObject({ sha256: hash(Buffer.from(answer.out, "latin1")) });
});

test("a reader that closes the pipe early is noted like any other", async () => {
  const before = (await entries()).length;
  const wide = "select repeat('x', 1000000) as x from range(50)";
  const child = spawn(process.execPath, [BIN, "sql", folder, wide, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout?.once("data", () => child.stdout?.destroy());
  expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
  const added = (await entries()).slice(before);
  expect(added).toMatchObject([{ action: "sql", detail: { rows: 50 } }]);
});

const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

test("a case that cannot be written is read and verified all the same, and says that its log does not tell of it", async () => {
  const before = await readFile(join(folder, "custody.jsonl"));
  await chmod(work, 0o755);
  await chmod(folder, 0o555);
  await chmod(join(folder, "case.duckdb"), 0o444);
  for (const args of [
    ["sql", folder, question],
    ["verify", folder],
  ]) {
    const { stderr } = await promisify(execFile)(process.execPath, [BIN, ...args], asNobody);
    expect(stderr).toContain(`the case cannot be written; its custody log does not tell of this ${args[0]}`);
  }
  await chmod(folder, 0o755);
  await chmod(join(folder, "case.duckdb"), 0o644);
  expect(await readFile(join(folder, "custody.jsonl"))).toEqual(before);
});
