import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import type { Database, Value } from "../../../src/database/index.js";
import { loadLibrary } from "../../../src/queries/index.js";
import { wrap } from "../../../src/report/figure.js";
import { writeReport } from "../../../src/report/index.js";
import { readLineage } from "../../../src/report/lineage-content.js";
import { readOutflow, readTokens, readUnlogged } from "../../../src/report/traffic-content.js";
import { textOf } from "./page.js";
import { ADMIN, KEY_THIEF, openStory, ROWS, storyInput } from "./story.js";

const FUNCTION_ROLE = "arn:aws:iam::111122223333:role/lambda-ops-admin";
const NOTEBOOK = "arn:aws:iam::111122223333:role/ml-notebook-exec";
const at = (time: string) => Date.parse(time) / 1_000;
const DAY = { from: at("2026-03-11T09:00:00Z"), to: at("2026-03-11T13:00:00Z") };

const call = (time: string, name: string, changes: Record<string, Value>) => ({
  event_time: `2026-03-11T${time}Z`,
  event_source: "iam.amazonaws.com",
  event_name: name,
  aws_region: "us-east-1",
  recipient_account_id: "111122223333",
  principal_arn: KEY_THIEF,
  identity_type: "IAMUser",
  ...changes,
});

/** The story with what the pictures show: one identity makes the next, one address is used twice, tokens and flows. */
const DRAWN: Record<string, Record<string, Value>[]> = {
  ...ROWS,
  ref_ioc: [{ kind: "access_key", value: "AKIAEXAMPLESVCRAGSYN" }],
  ref_cidr: [{ cidr: "10.0.0.0/8", class: "own_vpc" }],
  cloudtrail_event: [
    ...(ROWS.cloudtrail_event ?? []),
    call("09:48:07", "CreateUser", {
      principal: KEY_THIEF,
      credential: "AKIAEXAMPLESVCRAGSYN",
      source_ip_address: "198.51.100.23",
      response_elements: { user: { arn: ADMIN } },
    }),
    call("09:48:09", "CreateAccessKey", {
      principal: KEY_THIEF,
      credential: "AKIAEXAMPLESVCRAGSYN",
      source_ip_address: "198.51.100.23",
      response_elements: { accessKey: { accessKeyId: "AKIAEXAMPLEKQWBXNUSR" } },
    }),
    call("10:00:00", "ListUsers", { principal: ADMIN, credential: "AKIAEXAMPLEKQWBXNUSR" }),
    call("12:58:00", "GetCallerIdentity", {
      principal: NOTEBOOK,
      credential: "ASIAEXAMPLENOTEBOOKX",
      source_ip_address: "198.51.100.23",
    }),
    // Somebody else's session, which is none of the attacker's business.
    call("11:00:00", "AssumeRole", {
      principal: "arn:aws:iam::111122223333:user/bob",
      credential: "AKIAEXAMPLEBOB000000",
      response_elements: { credentials: { accessKeyId: "ASIAEXAMPLEBOBSROLE0" } },
    }),
    {
      repeat: 3,
      every: "1 minute",
      ...call("12:00:00", "InvokeModel", { principal: ADMIN }),
      event_source: "bedrock.amazonaws.com",
      request_id: "unlogged-{i}",
    },
  ],
  bedrock_invocation: [
    {
      repeat: 4,
      every: "30 minutes",
      event_time: "2026-03-11T10:00:00Z",
      operation: "Converse",
      principal: FUNCTION_ROLE,
      input_tokens: 100,
      output_tokens: 11,
    },
  ],
  vpc_flow: [
    { dstaddr: "198.51.100.140", bytes: 700 },
    { dstaddr: "198.51.100.140", pkt_srcaddr: "10.0.0.9", bytes: 700 },
    { dstaddr: "198.51.100.200", bytes: 50 },
    { dstaddr: "10.0.0.7", bytes: 9_000 },
    { dstaddr: "203.0.113.9", pkt_dst_aws_service: "S3", bytes: 9_000 },
  ].map((flow) => ({ start_time: "2026-03-11T12:24:00Z", srcaddr: "10.0.0.1", action: "ACCEPT", ...flow })),
};

let database: Database;
let folder: string;
let page: string;

beforeAll(async () => {
  database = await openStory(DRAWN);
  folder = await mkdtemp(join(tmpdir(), "coldtrail-figures-"));
  const library = await loadLibrary(assetFolder("queries"));
  const scenarios = library.filter((query) => query.kind === "scenario");
  const sequences = library.filter((query) => query.kind === "sequence");
  const input = storyInput(database);
  await writeReport({ ...input, detections: { ...input.detections, scenarios, sequences } }, folder);
  page = await readFile(join(folder, "report.html"), "utf8");
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

describe("lineage", () => {
  test("steps lead from the named key to what it made, and over a shared address to whom it took", async () => {
    const { edges } = await readLineage(database, []);
    expect(edges.map(({ parent, via, child, isStrong }) => [parent, via, child, isStrong])).toEqual([
      [KEY_THIEF, "CreateUser", ADMIN, true],
      [KEY_THIEF, "CreateAccessKey", ADMIN, true],
      [KEY_THIEF, "used", "address 198.51.100.23", false],
      ["address 198.51.100.23", "used from there", NOTEBOOK, false],
    ]);
  });

  test("an identity bears its credentials, and whether the analyst named it", async () => {
    const { nodes } = await readLineage(database, []);
    const named = nodes.filter((node) => node.isNamed).map(({ id, credentials }) => [id, credentials]);
    expect(named).toEqual([[KEY_THIEF, ["AKIAEXAMPLESVCRAGSYN"]]]);
    expect(nodes.find(({ id }) => id === ADMIN)?.credentials).toEqual(["AKIAEXAMPLEKQWBXNUSR"]);
  });

  test("the graph and the table of the page tell the same steps", () => {
    const text = textOf(page);
    expect(text).toContain("3 identities hang together");
    expect(text).toContain(
      "user/svc-rag-sync to user/Kqwbxn482: CreateUser 09:48:07, CreateAccessKey 09:48:09.",
    );
    expect(page).toMatch(/<svg [^>]*aria-labelledby="lineage-graph-title/);
  });
});

describe("traffic", () => {
  const sum = (counts: number[]) => counts.reduce((left, right) => left + right, 0);

  test("bytes to the outside are counted once, ours and those to services of AWS are not", async () => {
    const { series, total, width } = await readOutflow(database, DAY);
    expect(series.map(({ name, total: bytes }) => [name, bytes])).toEqual([
      ["198.51.100.140", 700],
      ["198.51.100.200", 50],
    ]);
    expect([total, width]).toEqual([750, 300]);
    for (const one of series) expect(sum(one.counts)).toBe(one.total);
  });

  test("tokens are those of the log, by identity and time", async () => {
    const { series, from, width } = await readTokens(database, DAY);
    expect(series.map(({ name, total }) => [name, total])).toEqual([[FUNCTION_ROLE, 444]]);
    const slots = series[0]?.counts.flatMap((tokens, slot) => (tokens > 0 ? [from + slot * width] : []));
    expect(slots).toEqual(["10:00", "10:30", "11:00", "11:30"].map((time) => at(`2026-03-11T${time}:00Z`)));
  });

  test("what has no log record is counted by CloudTrail", async () => {
    const { series } = await readUnlogged(database, DAY);
    expect(series.map(({ name, total }) => [name, total])).toEqual([[ADMIN, 3]]);
  });

  test("series without a name of their own are one", async () => {
    const many = await openStory({
      bedrock_invocation: Array.from({ length: 9 }, (_, index) => ({
        event_time: "2026-03-11T10:00:00Z",
        principal: `role/${index}`,
        input_tokens: 10 + index,
        output_tokens: 0,
      })),
    });
    const { series, names } = await readTokens(many, DAY);
    many.close();
    expect(names).toBe(9);
    expect(series.map(({ name, total }) => [name, total])).toEqual([
      ["role/8", 18],
      ["role/7", 17],
      ["role/6", 16],
      ["role/5", 15],
      ["role/4", 14],
      [null, 46],
    ]);
  });
});

describe("answers", () => {
  test("every question stands with its verdict, its findings as links and what stays open", () => {
    const question = /<div class="answer (\S+)" id="answer-seven-elements-4">([\s\S]*?)\n<\/div>/.exec(page);
    expect(question?.[1]).toBe("yes");
    expect(question?.[2]).toContain('<a href="#finding-3">F3</a>');
    const open = /<div class="answer (\S+)" id="answer-seven-elements-5">([\s\S]*?)\n<\/div>/.exec(page);
    expect(open?.[1]).toBe("not-evaluable");
    expect(textOf(open?.[2] ?? "")).toContain("Left open: inv-jailbreak: bedrock_invocation is empty.");
  });

  test("answers of another run are not shown", async () => {
    await database.run("update knowledge set fingerprint = 'another' where name = 'last_run'", {});
    const scenarios = (await loadLibrary(assetFolder("queries"))).filter(
      (query) => query.kind === "scenario",
    );
    const input = storyInput(database);
    await writeReport({ ...input, detections: { ...input.detections, scenarios } }, join(folder, "other"));
    const text = textOf(await readFile(join(folder, "other", "report.html"), "utf8"));
    expect(text).toContain("The seven elements were not asked for this report.");
  });
});

describe("sequences", () => {
  test("a chain stands step by step with times and records, and as a line with a link to its steps", () => {
    const text = textOf(page);
    expect(text).toMatch(/1 chain of 1 sequence; \d+ sequences of \d+ without one\./);
    expect(page).toMatch(/<a href="#chain-1"><title>What the attacker came to hold/);
    const [, chain = ""] = /<h3 id="chain-1">([\s\S]*?)<\/table>/.exec(page) ?? [];
    expect(textOf(chain)).toMatch(/2026-03-11 09:48:07Z/);
  });

  test("a sequence without a chain is listed with what was missing", () => {
    expect(textOf(page)).toMatch(/seq-rag-poisoning(not_evaluable|partial|not_fired)/);
  });
});

test("the Navigator layer is of format 4.5 and scores techniques by their findings", async () => {
  const layer = JSON.parse(await readFile(join(folder, "attack-navigator.json"), "utf8"));
  expect(layer).toMatchObject({
    domain: "enterprise-attack",
    versions: { attack: "18", layer: "4.5" },
    gradient: { minValue: 0, maxValue: 3 },
  });
  expect(layer.techniques).toEqual([
    expect.objectContaining({
      techniqueID: "T1562.001",
      score: 3,
      comment:
        "Guardrail deleted (F1); AI service configuration enumerated (F2); Bulk download of training data (F3)",
    }),
  ]);
});

test("long names break behind separators and are cut at the end", () => {
  expect(wrap("role/support-agent-tool-lambda", 21, 2)).toEqual(["role/support-agent-", "tool-lambda"]);
  expect(wrap("service:bedrock.amazonaws.com", 21, 1)).toEqual(["service:bedrock.amaz…"]);
  expect(wrap("x".repeat(60), 21, 2)).toEqual([`${"x".repeat(20)}…`]);
});
