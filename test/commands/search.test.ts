import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-search-"));
const folder = join(work, "case");

beforeAll(async () => {
  const evidence = join(work, "evidence");
  await mkdir(evidence);
  const event = (second: number, more: object): object => ({
    eventVersion: "1.11",
    userIdentity: {
      type: "IAMUser",
      arn: "arn:aws:iam::111122223333:user/svc",
      accessKeyId: "AKIAEXAMPLEONE",
    },
    eventTime: `2026-03-11T09:00:0${second}Z`,
    eventSource: "bedrock.amazonaws.com",
    eventName: "InvokeModel",
    awsRegion: "us-east-1",
    sourceIPAddress: "198.51.100.23",
    eventID: `e-${second}`,
    recipientAccountId: "111122223333",
    ...more,
  });
  const Records = [
    event(1, {
      readOnly: true,
      userAgent: "TruffleHog/3",
      requestParameters: { modelId: "anthropic.claude-v2" },
    }),
    event(2, { userAgent: "Boto3", requestParameters: { modelId: "anthropic.claude-v2:1" } }),
    event(3, {
      userAgent: "Boto3",
      errorCode: "AccessDenied",
      requestParameters: { modelId: "meta.llama3" },
    }),
  ];
  await writeFile(join(evidence, "a.json"), JSON.stringify({ Records }));
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, evidence);
  expect((await coldtrail("ingest", folder)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function found(...args: string[]): Promise<{ record_no: number; fields: string[]; excerpt: string }[]> {
  const { code, out, notes } = await coldtrail("search", folder, ...args, "--json");
  expect(code, notes).toBe(0);
  return JSON.parse(out);
}

test("a word is found in any column, whatever its case, with the field and the record", async () => {
  expect(await found("trufflehog")).toMatchObject([
    { source: "cloudtrail_event", record_no: 1, fields: ["user_agent"], excerpt: "TruffleHog/3" },
  ]);
});

test("times and truth values are searched as they are printed", async () => {
  expect(await found("09:00:02")).toMatchObject([{ record_no: 2, fields: ["event_time"] }]);
  expect(await found("2026-03-11 09:00:03+00")).toMatchObject([{ record_no: 3, fields: ["event_time"] }]);
  expect(await found("TRUE")).toMatchObject([{ record_no: 1, fields: ["read_only"] }]);
});

test("field:value is the whole value of a column or of a place in JSON", async () => {
  expect((await found("request_parameters.modelId:anthropic.claude-v2")).map((row) => row.record_no)).toEqual(
    [1],
  );
  expect((await found("error_code:accessdenied")).map((row) => row.record_no)).toEqual([3]);
});

test("a regular expression, and one that is none", async () => {
  expect((await found("--regex", "claude-v[0-9]$", "--source", "cloudtrail_event")).length).toBe(0);
  expect((await found("--regex", 'claude-v2(:1)?"')).map((row) => row.record_no)).toEqual([1, 2]);
  const { code, notes } = await coldtrail("search", folder, "--regex", "(");
  expect(code).not.toBe(0);
  expect(notes).toContain("missing )");
});

test("nothing found says how much was looked at", async () => {
  const { code, notes } = await coldtrail("search", folder, "nowhere");
  expect(code).toBe(0);
  expect(notes).toContain("looked in every column of 3 rows in 1 table");
});

test("a search of one field looks at the tables that have it, and says so", async () => {
  const { notes } = await coldtrail("search", folder, "user_agent:nowhere");
  expect(notes).toContain("looked in field user_agent of 3 rows in 1 table");
  const { code, notes: refusal } = await coldtrail("search", folder, "user_agent:x", "--source", "dns_query");
  expect(code).toBe(2);
  expect(refusal).toContain("--source dns_query: this table has no field user_agent");
});

test("a summary has one line for the identity and one for its key, the same every time", async () => {
  const { out } = await coldtrail("summary", folder, "--json");
  expect(JSON.parse(out)).toMatchObject([
    { kind: "identity", event_count: 3, denied_count: 1, regions: ["us-east-1"] },
    { kind: "key", name: "AKIAEXAMPLEONE", belongs_to: ["arn:aws:iam::111122223333:user/svc"] },
  ]);
  expect((await coldtrail("summary", folder, "--json")).out).toBe(out);
});
