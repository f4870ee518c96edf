import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { assetFolder } from "../../src/assets.js";
import type { Status } from "../../src/ingest/index.js";
import type { DetectionResult, Finding, SequenceResult } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { incidentCase } from "./incident-case.js";

interface Answer {
  status: string;
  rows?: number;
  entities?: string[];
  first_seen?: Date | string;
  last_seen?: Date | string;
  suppressed?: boolean;
  inventory?: boolean;
}

interface AnswerKey {
  counts: Record<string, Record<string, number>>;
  detections: Record<string, Answer>;
  /** Detections that the key says nothing else about. */
  not_listed: { status: string; rows: number; ids: string[] };
  hunts: Record<string, Record<string, { events: number }>>;
  /** Scenario to number of a question to its answer; a list of verdicts, or no number of findings, where the library may come to answer more. */
  questions: Record<
    string,
    Record<string, { verdict: string | string[]; findings?: number; says: string[] }>
  >;
  must_not_fire: { detection: string; entity?: string; suppressed_by?: string; days?: string[] }[];
}

interface Answered {
  no: string;
  verdict: string;
  event_count: number;
  facts: string[] | null;
  fired: string[] | null;
  not_answered: string[] | null;
  coverage: string;
  records: unknown[] | null;
}

const COUNTED = ["records", "rows", "duplicates", "skipped", "rejected"] as const;

const sample = assetFolder("sample-evidence");
const key = parse(await readFile(join(sample, "answer-key.yaml"), "utf8")) as AnswerKey;
const firstPriority = parse(
  await readFile(join(import.meta.dirname, "first-priority.yaml"), "utf8"),
) as string[];
const folder = await incidentCase(sample);
afterAll(() => rm(join(folder, ".."), { recursive: true, force: true }));
const status = JSON.parse((await coldtrail("status", folder, "--json")).out) as Status;
const { sources } = status;
const results = JSON.parse((await coldtrail("detect", folder, "--json")).out) as DetectionResult[];

describe("every record of the sample incident is counted as the key counts it", () => {
  const ingested = new Map(sources.map((counts) => [counts.source, counts]));
  for (const [source, counts] of Object.entries(key.counts)) {
    const found = ingested.get(source);
    // What the key counts by log group has no count of records.
    if (found === undefined || counts.records === undefined) continue;
    test(source, () => {
      expect(found).toMatchObject(Object.fromEntries(COUNTED.map((name) => [name, counts[name]])));
    });
  }
});

test("the coverage statement knows since when the evidence is blind, and that the clocks agree", () => {
  expect(status.blind.map(({ source, region, blind_from }) => `${source} ${region} ${blind_from}`)).toEqual([
    "bedrock_invocation us-west-2 2026-03-11T10:15:00Z",
    "sagemaker_capture us-east-1 2026-03-11T13:45:00Z",
    "vpc_flow us-east-1 2026-03-11T14:22:00Z",
    "guardduty us-west-2 2026-03-11T14:25:00Z",
    "s3_access us-east-1 2026-03-11T14:27:00Z",
  ]);
  // "KB/agent data events whole window", and what was never switched on.
  expect(status.off.map(({ source, resource }) => `${source} ${resource ?? "all"}`)).toEqual([
    "cloudtrail_event data events of AWS::Bedrock::AgentAlias (acme-trail)",
    "cloudtrail_event data events of AWS::Bedrock::FlowAlias (acme-trail)",
    "cloudtrail_event data events of AWS::Bedrock::InlineAgent (acme-trail)",
    "cloudtrail_event data events of AWS::Bedrock::KnowledgeBase (acme-trail)",
    "cloudtrail_event data events of AWS::Bedrock::Model (acme-trail)",
    "cloudtrail_event data events of AWS::SageMaker::Endpoint (acme-trail)",
    "dns_query all",
    "s3_access acme-access-logs-111122223333",
    "s3_access acme-bedrock-logs-111122223333",
    "s3_access acme-sm-capture-111122223333",
    "s3_access acme-trail-111122223333",
  ]);
  expect([...status.blind, ...status.off].every((off) => off.to_the_end)).toBe(true);
  expect(new Set(status.blind.map((off) => off.blind_to))).toEqual(new Set(["2026-03-12T00:00:00Z"]));
  expect(status.clock).toMatchObject([
    { source: "bedrock_invocation", region: "us-east-1", joined: 5_625, median_s: 0 },
    { source: "bedrock_invocation", region: "us-west-2", joined: 1, median_s: 0 },
    { source: "s3_access", region: "us-east-1", joined: 6_180, median_s: 0 },
  ]);
});

test("the coverage statement names gaps and what explains them, and records that came late", () => {
  const gaps = status.gaps.map(
    ({ source, region, gap_from, hours, because }) =>
      `${source} ${region} ${gap_from.slice(11, 16)} ${hours} h ${because ?? ""}`,
  );
  expect(gaps).toContain("vpc_flow us-east-1 15:00 9 h off since 2026-03-11 14:22: vpc-0acme000000000001");
  expect(gaps).toContain("bedrock_invocation us-west-2 11:00 13 h off since 2026-03-11 10:15");
  expect(gaps).toContain(
    "cloudtrail_event eu-west-1 00:00 249 h digests without a log file for 249 of these hours",
  );
  expect(gaps.filter((gap) => gap.startsWith("cloudtrail_event us-east-1"))).toEqual([]);
  // 25 lines of the access logs were delivered two hours late.
  expect(status.delivery).toMatchObject([
    { source: "cloudtrail_event", late: 0 },
    { source: "s3_access", late: 25, longest_s: 13_151 },
  ]);
  expect(status.absent).toEqual(["dns_query"]);
  expect(status.skipped_flows).toMatchObject([{ interface_id: "eni-0idle000000000001", records: 6 }]);
});

describe("every detection answers the sample incident as the key does", () => {
  for (const result of results) {
    const answer = key.detections[result.id];
    if (answer === undefined) continue;
    test(result.id, () => {
      expect(result.failed, result.reason ?? "").toBe(false);
      expect(result.status, result.reason ?? "").toBe(answer.status);
      if (answer.rows !== undefined) expect(result.findings.map(line)).toHaveLength(answer.rows);
      if (answer.suppressed) expect(result.suppressed).toBe(result.findings.length);
      if (result.findings.length > 0) {
        const first = result.findings.map((finding) => finding.first_seen ?? "").sort()[0];
        const last = result.findings
          .map((finding) => finding.last_seen ?? "")
          .sort()
          .at(-1);
        if (answer.first_seen !== undefined) expect(first).toBe(instant(answer.first_seen));
        if (answer.last_seen !== undefined) expect(last).toBe(instant(answer.last_seen));
      }
      const told = result.findings.map(line).join("\n");
      for (const entity of answer.entities ?? []) {
        for (const word of entity.split(" ")) expect(told).toContain(word);
      }
    });
  }
});

test("every detection of the first priority is there, runs on the sample and has an answer", () => {
  const ran = new Set(results.map(({ id }) => id));
  expect(firstPriority.filter((id) => !ran.has(id))).toEqual([]);
  expect(firstPriority.filter((id) => key.detections[id] === undefined)).toEqual([]);
  const answers = firstPriority.map((id) => key.detections[id] as Answer);
  const suppressed = answers.filter((answer) => answer.suppressed);
  const inventory = answers.filter((answer) => answer.inventory);
  const fired = answers.filter(
    (answer) => answer.status === "fired" && !answer.suppressed && !answer.inventory,
  );
  expect([firstPriority.length, fired.length, inventory.length, suppressed.length]).toEqual([108, 98, 7, 3]);
});

test("every detection has an answer, and what the key calls silent is silent", () => {
  const silent = new Set(key.not_listed.ids);
  expect(
    results.map(({ id }) => id).filter((id) => key.detections[id] === undefined && !silent.has(id)),
  ).toEqual([]);
  expect(results.filter(({ id }) => silent.has(id)).flatMap(({ findings }) => findings.map(line))).toEqual(
    [],
  );
});

describe("every question of every scenario is answered as the key answers it", () => {
  for (const [scenario, questions] of Object.entries(key.questions)) {
    test(scenario, async () => {
      const { out } = await coldtrail("investigate", folder, "--scenario", scenario, "--json");
      const answers = JSON.parse(out) as Answered[];
      expect(answers.map(({ no }) => no)).toEqual(Object.keys(questions).sort(byNumber));
      for (const answer of answers) {
        const { verdict, findings, says } = questions[answer.no] as (typeof questions)[string];
        const feeding = results
          .filter(({ id }) => answer.fired?.includes(id))
          .flatMap((result) => result.findings)
          .filter(({ severity, suppressed_by }) => severity !== "info" && suppressed_by === null);
        expect([verdict].flat(), answer.no).toContain(answer.verdict);
        expect(answer.event_count, answer.no).toBe(feeding.length);
        if (findings !== undefined) expect(answer.event_count, answer.no).toBe(findings);
        const told = [...feeding.map(line), ...(answer.facts ?? []), ...(answer.not_answered ?? [])].join(
          "\n",
        );
        expect(
          says.filter((words) => !told.includes(words)),
          answer.no,
        ).toEqual([]);
        // A yes leads to records; a negative says what was looked at and where the evidence is blind.
        if (answer.verdict === "yes") expect(answer.records?.length, answer.no).toBeGreaterThan(0);
        expect(answer.coverage).toContain(
          "cloudtrail_event of ap-northeast-1, eu-west-1, us-east-1, us-west-2 from",
        );
        expect(answer.coverage).toContain("Blind: bedrock_invocation of us-west-2 from 2026-03-11 10:15");
      }
    });
  }
});

describe("what must not fire stays silent", () => {
  const ran = new Map(results.map((result) => [result.id, result]));
  for (const { detection, entity, suppressed_by: ticket, days } of key.must_not_fire) {
    const result = ran.get(detection);
    if (result === undefined || entity === undefined) continue;
    test(`${detection}: ${entity}`, () => {
      for (const name of entity.split(", ")) {
        const found = result.findings.filter((finding) => named(finding, name) && touches(finding, days));
        if (ticket === undefined) expect(found.map(line)).toEqual([]);
        else for (const finding of found) expect(finding.suppressed_by).toContain(ticket);
      }
    });
  }
});

describe("hunts bring up what the key counts", () => {
  const parameter: Record<string, string> = { "h-key-activity": "--access-key", "h-ip-activity": "--ip" };
  for (const [hunt, answers] of Object.entries(key.hunts)) {
    for (const [value, { events }] of Object.entries(answers)) {
      test(`${hunt} ${value}`, async () => {
        const { out } = await coldtrail(
          "hunt",
          "run",
          folder,
          hunt,
          parameter[hunt] as string,
          value,
          "--json",
        );
        const rows = JSON.parse(out) as { source: string; event_count?: number }[];
        const calls = rows.filter((row) => row.source === "cloudtrail_event");
        expect(calls.reduce((total, row) => total + (row.event_count ?? 1), 0)).toBe(events);
      });
    }
  }
});

function byNumber(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}

function instant(time: Date | string): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** Sequence to its chains: part of the entity, time of the first record on 11 March, records by step. */
const CHAINS: Record<string, [entity: string, first: string, records: number[]][]> = {
  "seq-access-oracle": [["AKIAEXAMPLESVCRAGSYN", "09:33:00", [12, 10]]],
  "seq-blind-then-abuse": [["us-west-2", "10:15:00", [1, 2160]]],
  "seq-cloud-copy-theft": [["Kqwbxn482", "13:02:00", [0, 13, 0]]],
  "seq-compute-hijack": [["Kqwbxn482", "14:04:00", [1, 2, 5, 1]]],
  "seq-defence-impairment": [["Kqwbxn482", "14:20:00", [4]]],
  "seq-guardrail-off-then-harm": [["grd4acme0001", "10:18:00", [1, 4]]],
  "seq-injection-to-action": [["genai-app-exec", "11:25:43", [13, 6, 38]]],
  "seq-key-survival": [["BedrockAPIKey-x7f2", "10:24:00", [1, 1, 1, 3480, 2, 31]]],
  "seq-lambda-escalation": [["ops-init", "09:47:02", [1, 1, 1, 3]]],
  "seq-leak-to-abuse": [["AKIAEXAMPLESVCRAGSYN", "09:12:04", [3, 44, 3633]]],
  "seq-model-access-setup": [["Kqwbxn482", "10:06:00", [0, 8, 1, 2, 2, 2]]],
  "seq-model-tamper": [["churn-prod", "13:20:00", [1, 1, 1, 1, 1, 1]]],
  "seq-notebook-takeover": [["nb-research-01", "11:40:00", [1, 1, 1, 1, 1]]],
  "seq-presigned-access": [["ml-notebook-exec", "12:05:00", [1, 8]]],
  "seq-rag-poisoning": [
    ["refunds.md", "11:07:00", [1, 1, 1, 1, 6]],
    ["escalation.md", "11:08:00", [1, 1, 1, 1, 6]],
    ["vendor-notice.md", "11:09:00", [1, 1, 1, 1, 6]],
  ],
  "seq-ransom": [],
  "seq-session-copy": [["ASIAEXAMPLENOTEBOOKX", "12:09:11", [486, 3]]],
  "seq-spread": [["111122223333", "09:12:04", [1, 9, 5]]],
  "seq-training-data-theft": [["acme-ml-training", "12:09:11", [1, 480, 17]]],
};

test("every sequence finds the chains of the incident and no other", async () => {
  const { out } = await coldtrail("investigate", folder, "--sequence", "all", "--json");
  const found = JSON.parse(out) as SequenceResult[];
  expect(found.map(({ id }) => id)).toEqual(Object.keys(CHAINS));
  for (const { id, chains } of found) {
    const wanted = CHAINS[id] ?? [];
    expect(
      chains.map(({ first_seen, steps }) => [first_seen, steps.map((step) => step.event_count)]),
      id,
    ).toEqual(wanted.map(([, first, records]) => [`2026-03-11T${first}Z`, records]));
    for (const [index, [entity]] of wanted.entries()) expect(chains[index]?.entity).toContain(entity);
  }
});

function line(finding: Finding): string {
  return `${finding.severity} ${finding.entity} ${finding.actor} ${finding.source_ip} ${finding.resource} ${finding.summary}`;
}

function touches(finding: Finding, days: (Date | string)[] | undefined): boolean {
  const period = [finding.first_seen ?? "", finding.last_seen ?? ""] as const;
  return (
    days === undefined ||
    days.some((day) => {
      const date = new Date(day).toISOString().slice(0, 10);
      return period[0].slice(0, 10) <= date && date <= period[1].slice(0, 10);
    })
  );
}

function named(finding: Finding, name: string): boolean {
  return `${finding.entity} ${finding.actor}`.includes(name);
}
