import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-detect-"));
const folder = join(work, "case");
const KEY = "AKIAEXAMPLESVCRAGSYN";
const USER = "arn:aws:iam::111122223333:user/svc";

const event = (n: number, time: string, more: object): object => ({
  eventVersion: "1.11",
  userIdentity: { type: "IAMUser", arn: USER, accountId: "111122223333", userName: "svc", accessKeyId: KEY },
  eventTime: time,
  awsRegion: "us-east-1",
  sourceIPAddress: "198.51.100.23",
  userAgent: "Boto3/1.34",
  eventID: `e-${n}`,
  recipientAccountId: "111122223333",
  ...more,
});
const denied = (n: number, time: string, eventName: string) =>
  event(n, time, { eventSource: "bedrock.amazonaws.com", eventName, errorCode: "AccessDenied" });

beforeAll(async () => {
  const evidence = join(work, "evidence");
  await mkdir(evidence);
  const Records = [
    denied(1, "2026-03-09T09:00:00Z", "ListFoundationModels"),
    denied(2, "2026-03-11T09:00:00Z", "ListFoundationModels"),
    event(3, "2026-03-11T10:00:00Z", {
      eventSource: "bedrock.amazonaws.com",
      eventName: "DeleteGuardrail",
      requestParameters: { guardrailIdentifier: "grd4acme0001" },
      readOnly: false,
    }),
  ];
  await writeFile(join(evidence, "a.json"), JSON.stringify({ Records }));
  await coldtrail(
    ...["init", folder, "--title", "T", "--examiner", "E"],
    ...["--from", "2026-03-11", "--to", "2026-03-12"],
  );
  await appendFile(join(folder, "reference", "cidr.csv"), "192.0.2.0/24,corp,\n");
  await coldtrail("acquire", folder, evidence);
  expect((await coldtrail("ingest", folder)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

const detect = (...args: string[]): Promise<Answer> => coldtrail("detect", folder, ...args);

interface Result {
  id: string;
  element: string;
  severity: string;
  status: string;
  reason: string | null;
  findings: { severity: string; suppressed_by: string | null; actor: string }[];
  suppressed: number;
}

async function results(...args: string[]): Promise<Map<string, Result>> {
  const { out } = await detect(...args, "--json");
  return new Map((JSON.parse(out) as Result[]).map((result) => [result.id, result]));
}

test("--element and --severity run the detections of an element and from a severity on", async () => {
  const some = [...(await results("--element", "ai-changes", "--severity", "high")).values()];
  expect(some.length).toBeGreaterThan(3);
  expect(new Set(some.map(({ element }) => element))).toEqual(new Set(["ai-changes"]));
  expect(some.every(({ severity }) => ["high", "critical"].includes(severity))).toBe(true);
  expect(some.map(({ id }) => id)).toContain("aic-guardrail-deleted");
  const { code, notes } = await detect("--element", "network");
  expect(code).toBe(2);
  expect(notes).toContain("ai-changes");
});

test("every status says what it rests on", async () => {
  const all = await results();
  expect(all.get("aic-guardrail-deleted")?.status).toBe("fired");
  expect([...all.values()].some(({ status, reason }) => status === "not_fired" && reason === null)).toBe(
    true,
  );
  expect(all.get("dst-training-bulk-download")).toMatchObject({
    status: "not_evaluable",
    reason: expect.stringContaining("s3_access is empty"),
  });
  const partial = [...all.values()].filter(({ status }) => status === "partial");
  expect(partial.length).toBeGreaterThan(0);
  for (const { reason } of partial) expect(reason).toMatch(/\S/);
});

test("the exit code of --fail-on counts what is as severe and not suppressed", async () => {
  const only = ["--only", "acc-access-denied-ai"];
  expect((await detect(...only, "--fail-on", "low")).code).toBe(1);
  expect((await detect(...only, "--fail-on", "critical")).code).toBe(0);
  const allow = join(folder, "reference", "allow.csv");
  const before = await readFile(allow, "utf8");
  await appendFile(allow, "acc-access-denied-ai,*,,,known tool,CHG-7\n");
  const suppressed = await detect(...only, "--fail-on", "low");
  expect(suppressed.code).toBe(0);
  // Counted and listed, not gone.
  expect(suppressed.notes).toMatch(/1 finding.*1 of them suppressed by reference\/allow\.csv/);
  expect(suppressed.out).toContain("[suppressed:");
  expect((await results(...only)).get("acc-access-denied-ai")).toMatchObject({
    status: "fired",
    suppressed: 1,
  });
  await writeFile(allow, before);
});

test("--since-baseline leaves out what the baseline knows, and says how much", async () => {
  const { out, notes } = await detect("--since-baseline", "--only", "acc-access-denied-ai", "--csv");
  expect(notes).toContain("since the baseline, which ends 2026-03-11T00:00:00Z: 1 finding left out");
  expect(out.trim().split("\n")).toHaveLength(1);
  expect((await detect("--only", "acc-access-denied-ai", "--csv")).out.trim().split("\n")).toHaveLength(2);
});

test("what a first run finds can be named as the attacker's, and the next run knows it", async () => {
  const only = ["--only", "acc-principal-sprawl", "--only", "aic-guardrail-deleted"];
  const first = await results(...only);
  const sprawl = first.get("acc-principal-sprawl");
  expect(sprawl).toMatchObject({ status: "not_evaluable", reason: expect.stringContaining("ioc.csv") });
  expect(first.get("aic-guardrail-deleted")?.findings[0]?.actor).toBe(USER);
  const proposals = JSON.parse((await coldtrail("hunt", "run", folder, "h-flag-proposal", "--json")).out);
  expect(proposals).toContainEqual(expect.objectContaining({ kind: "access_key", value: KEY }));
  await appendFile(join(folder, "reference", "ioc.csv"), `access_key,${KEY},accepted\n`);
  expect((await results(...only)).get("acc-principal-sprawl")?.status).not.toBe("not_evaluable");
  const later = JSON.parse((await coldtrail("hunt", "run", folder, "h-flag-proposal", "--json")).out);
  expect(later).not.toContainEqual(expect.objectContaining({ value: KEY }));
});
