import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { DetectionResult } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { describeSamples, samples } from "../sources/samples.js";

type Log = Record<string, unknown>;

interface PantherRule {
  RuleID?: string;
  Tests?: { Name: string; ExpectedResult: boolean; Log: Log }[];
}

/** The detections that are about what the rule is about, and by test of the rule why they say something else. */
interface Counterpart {
  detection: string | string[];
  disagreements?: Record<string, string>;
}

const folder = import.meta.dirname;
const counterparts = parse(await readFile(join(folder, "panther-rules.yaml"), "utf8")) as Record<
  string,
  Counterpart
>;

/** What the owner of the buckets of the rules would know. */
const REFERENCE: Record<string, string[]> = {
  "bucket.csv": [
    "bucket,class",
    "ransomware-test-victim-1764604156,training",
    "my-source-bucket,training",
    "critical-data-bucket,private",
    "important-files-bucket,model",
    "production-backup-bucket,training",
    "sample-cloudtrail-bucket-name,log",
    "panther-bootstrap-processeddata-AF1341JAK,training",
  ],
  "principal.csv": [
    "principal,class",
    "arn:aws:iam::123456789012:role/panther-log-analysis-AthenaApiFunctionRole-1KK31J1,training_reader",
  ],
};

/** Events of a kind, as AWS delivers them: the file, the table that they fill, and a record with an id of its own. */
const KINDS: {
  table: string;
  file: string;
  holds: (log: Log) => boolean;
  record: (log: Log, id: string) => string;
}[] = [
  {
    table: "bedrock_invocation",
    file: "invocations.jsonl",
    holds: ({ schemaType }) => schemaType === "ModelInvocationLog",
    record: (log, id) => JSON.stringify({ ...log, requestId: id }),
  },
  {
    table: "security_finding",
    file: "guardduty.jsonl",
    holds: ({ schemaVersion, service }) => schemaVersion !== undefined && service !== undefined,
    record: (log, id) => JSON.stringify({ ...log, id }),
  },
  {
    table: "s3_access",
    file: "access.log",
    holds: ({ bucket, requester }) => bucket !== undefined && requester !== undefined,
    record: accessLine,
  },
  {
    table: "cloudtrail_event",
    file: "events.jsonl",
    holds: ({ eventSource }) => eventSource !== undefined,
    // Some events have no time: theirs is a time at which nothing else happens.
    record: (log, id) => JSON.stringify({ eventTime: quietTime(), ...log, eventID: id }),
  },
];

let quietDays = 0;

/** Midnight of another day at every call, long before the events that have a time. */
function quietTime(): string {
  return new Date(Date.UTC(2005, 0, ++quietDays)).toISOString().replace(".000", "");
}

/** A line of an S3 access log out of the fields as panther names them. */
function accessLine(log: Log, id: string): string {
  const field = (name: string): string => String(log[name] ?? "-");
  const [date = "", clock = ""] = field("time").slice(0, 19).split(" ");
  const [year, month, day] = date.split("-");
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const time = `[${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000]`;
  const names = ["httpstatus", "errorcode", "bytessent", "objectsize", "totaltime", "turnaroundtime"];
  return `${field("bucketowner")} ${field("bucket")} ${time} ${field("remoteip")} ${field("requester")} ${id} ${field("operation")} ${field("key")} "${field("requesturi")}" ${names.map(field).join(" ")} "-" "${field("useragent")}" -`;
}

async function readRules(): Promise<Map<string, PantherRule>> {
  const rulesFolder = join(samples, "panther-analysis/rules");
  const rules = new Map<string, PantherRule>();
  for (const name of (await readdir(rulesFolder, { recursive: true })).sort()) {
    if (!name.endsWith(".yml")) continue;
    const rule = parse(await readFile(join(rulesFolder, name), "utf8")) as PantherRule;
    if (rule.RuleID !== undefined) rules.set(rule.RuleID, rule);
  }
  return rules;
}

/** One test of a rule as one record of the evidence. */
interface Expectation {
  rule: string;
  detections: string[];
  name: string;
  expected: boolean;
  reason: string | undefined;
  table: string;
  recordNo: number;
}

/** Writes the events of all rules as evidence, and says where each of them is. */
async function writeEvidence(rules: Map<string, PantherRule>, evidence: string): Promise<Expectation[]> {
  const records = new Map(KINDS.map(({ file }) => [file, [] as string[]]));
  const expectations = Object.entries(counterparts).flatMap(([rule, { detection, disagreements }]) => {
    const tests = rules.get(rule)?.Tests ?? [];
    expect(tests.length, rule).toBeGreaterThan(0);
    return tests.flatMap(({ Name: name, ExpectedResult: expected, Log: log }, index) => {
      // Not every test is an event: some have a part of one.
      const kind = KINDS.find(({ holds }) => holds(log));
      if (kind === undefined) return [];
      const lines = records.get(kind.file) as string[];
      // An event of its own id, so that tests of the same event are no duplicates of each other.
      lines.push(`${kind.record(log, `${rule}-${index + 1}`)}\n`);
      return {
        rule,
        detections: [detection].flat(),
        name: `${index + 1} ${name}`,
        expected,
        reason: disagreements?.[index + 1],
        table: kind.table,
        recordNo: lines.length,
      };
    });
  });
  await mkdir(evidence);
  for (const [file, lines] of records) await writeFile(join(evidence, file), lines.join(""));
  return expectations;
}

describeSamples("the events of a rule of panther give a finding where the rule expects one", () => {
  test("every rule that has a detection of the first priority", { timeout: 120_000 }, async () => {
    const work = await mkdtemp(join(tmpdir(), "coldtrail-panther-"));
    try {
      const expectations = await writeEvidence(await readRules(), join(work, "evidence"));
      const held = join(work, "case");
      const period = ["--from", "2000-01-01T00:00:00Z", "--to", "2030-01-01T00:00:00Z"];
      await coldtrail("init", held, "--title", "Panther", "--examiner", "Test", ...period);
      for (const [file, lines] of Object.entries(REFERENCE))
        await writeFile(join(held, "reference", file), `${lines.join("\n")}\n`);
      await coldtrail("acquire", held, join(work, "evidence"));
      const ingested = await coldtrail("ingest", held);
      expect(ingested.code, ingested.notes).toBe(0);
      const ids = new Set(expectations.flatMap(({ detections }) => detections));
      const only = [...ids].flatMap((id) => ["--only", id]);
      const results = JSON.parse(
        (await coldtrail("detect", held, "--json", ...only)).out,
      ) as DetectionResult[];
      const outcomes = expectations.map((expectation) => ({
        ...expectation,
        found: results.some(
          ({ id, findings }) =>
            expectation.detections.includes(id) &&
            findings.some(({ records }) =>
              records.some(
                ({ table, record_no }) => table === expectation.table && record_no === expectation.recordNo,
              ),
            ),
        ),
      }));
      process.stdout.write(outcomes.map(outcomeLine).join(""));
      for (const { rule, name, expected, found, reason } of outcomes)
        expect.soft(expected !== found, `${rule} ${name}`).toBe(reason !== undefined);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
});

function outcomeLine({
  rule,
  detections,
  name,
  expected,
  found,
  reason,
}: Expectation & { found: boolean }): string {
  const verdict = `expected ${expected}`.padEnd(16) + `found ${found}`.padEnd(13);
  const why = reason === undefined ? "" : `: ${reason}`;
  return `${rule.padEnd(48)}${(detections[0] ?? "").padEnd(34)}${verdict}${name}${why}\n`;
}
