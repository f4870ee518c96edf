import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { assetFolder } from "../../src/assets.js";
import { Database, type Row } from "../../src/database/index.js";
import { acquire, initCase, openCase } from "../../src/evidence/index.js";
import { databasePath, ingest } from "../../src/ingest/index.js";

const samples = join(assetFolder("sql"), "../../shared/samples");
const work = await mkdtemp(join(tmpdir(), "coldtrail-log-samples-"));
afterAll(() => rm(work, { recursive: true, force: true }));

let caseNumber = 0;

/** Loads files and asks them; files that are given as text are written down first. */
async function asked(evidence: string[] | Record<string, string>, sql: string): Promise<Row[]> {
  const folder = join(work, `case-${++caseNumber}`);
  let paths: string[];
  if (Array.isArray(evidence)) paths = evidence.map((path) => join(samples, path));
  else {
    paths = [join(work, `evidence-${caseNumber}`)];
    for (const [name, text] of Object.entries(evidence)) {
      const path = join(paths[0] as string, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }
  const statement = { title: "Samples", examiner: "Test" };
  await initCase(folder, statement, { now: () => new Date(0), newId: () => "case", version: "0" });
  const held = await openCase(folder);
  await acquire(held, paths, { now: () => new Date(0), version: "0" });
  const result = await ingest(held, { sqlFolder: assetFolder("sql"), threads: 2 });
  expect(result.broken).toEqual([]);
  const database = await Database.openForAnalysis(databasePath(held));
  try {
    return await database.rows(sql);
  } finally {
    database.close();
  }
}

const counts =
  "select source, sum(records)::bigint as records, sum(row_count)::bigint as rows, sum(duplicates)::bigint as duplicates, sum(rejected)::bigint as rejected from record_count group by source order by source";

interface PantherTest {
  Name: string;
  ExpectedResult: boolean;
  Log: Record<string, unknown>;
}

/** The events in panther's rules, by the kind of log. */
async function pantherTests(kind: string): Promise<(PantherTest & { rule: string })[]> {
  const folder = join(samples, "panther-analysis/rules");
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".yml")).sort();
  const tests: (PantherTest & { rule: string })[] = [];
  for (const name of names) {
    const rule = parse(await readFile(join(folder, name), "utf8")) as {
      RuleID?: string;
      LogTypes?: string[];
      Tests?: PantherTest[];
    };
    if (rule.LogTypes?.includes(kind) !== true) continue;
    for (const each of rule.Tests ?? []) tests.push({ ...each, rule: rule.RuleID ?? name });
  }
  return tests;
}

const lines = (records: unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe.skipIf(!existsSync(samples))("real logs", () => {
  test("the attack simulation of invictus is 2,900 events, 42 without a type of identity", async () => {
    const [row] = await asked(
      ["invictus-aws_dataset"],
      `select
           count(*) as events,
           count(*) filter (identity_type is null) as without_type,
           count(*) filter (request_parameters is null or request_parameters::varchar = 'null') as without_request,
           min(event_time)::varchar as first,
           max(event_time)::varchar as last,
           (select count(*) from artifact where source = 'cloudtrail') as files,
       from cloudtrail_event`,
    );
    expect(row).toMatchObject({
      events: 2900,
      without_type: 42,
      without_request: 333,
      first: "2023-07-10 11:42:18+00",
      last: "2023-07-10 12:37:50+00",
      files: 55,
    });
  });

  test("lookup rows, nested copies, notifications and single events are CloudTrail events", async () => {
    const rows = await asked(
      ["plaso", "opensearch-catalog", "cloud-custodian/tests/data/cwe", "cloudgrep", "stratus-red-team"],
      `select split_part(original, '/', 1) as sample, container, sum(records)::bigint as records
       from artifact where source = 'cloudtrail' group by all order by all`,
    );
    expect(rows).toEqual([
      { sample: "cloudgrep", container: "Records", records: 2 },
      { sample: "cwe", container: "", records: 8 },
      { sample: "cwe", container: "detail", records: 4 },
      { sample: "opensearch-catalog", container: "", records: 1 },
      { sample: "opensearch-catalog", container: "aws.cloudtrail", records: 50 },
      { sample: "plaso", container: "root → CloudTrailEvent", records: 6 },
      { sample: "stratus-red-team", container: "", records: 143 },
    ]);
  });

  test("on every line of an S3 access log operation, key, status and bytes are right", async () => {
    const files = [
      "dandi-s3-log-extraction/tests/example_logs/2020-01-01-05-06-35-0123456789ABCDEF",
      "dandi-s3-log-parser/tests/test_reduction/examples/reduction_example_0/raw_logs/2020/01/01.log",
      "dandi-s3-log-parser/tests/test_reduction/examples/reduction_example_1/raw_logs/2021/02/03.log",
      "clo-opensearch/source/constructs/lambda/pipeline/log-processor/test/datafile/s3.log",
      "opensearch-catalog/integrations/observability/amazon_s3/data/raw.log",
      "lambda-promtail/testdata/s3accesslog.log",
    ];
    const text = await Promise.all(files.map((file) => readFile(join(samples, file), "utf8")));
    const logged = text
      .flatMap((file) => file.split("\n").filter((line) => line.trim() !== ""))
      .map((line) => {
        const fields = line.split(" ");
        const after = line.slice(line.indexOf('HTTP/1.1" ') + 10).split(" ");
        return [fields[7], fields[8], after[0], after[2]].join(" ");
      });
    const rows = await asked(
      files,
      "select concat_ws(' ', operation, coalesce(raw_key, '-'), http_status, coalesce(bytes_sent::varchar, '-')) as line, flags from s3_access",
    );
    expect(rows.map((row) => row.line).sort()).toEqual(logged.sort());
    expect(rows.filter((row) => row.flags !== null)).toEqual([]);
  });

  test("subscriptions of CloudWatch Logs give log events, CloudTrail events and no health checks", async () => {
    const wrapped: Record<string, string> = {};
    for (const name of ["cloudwatch_cloudtrail", "cloudwatch_control_message", "cloudwatch_rds_aurora"]) {
      const path = join(samples, `streamalert/rules/classifier/cloudwatch/${name}.json`);
      const tests = JSON.parse(await readFile(path, "utf8")) as {
        data?: unknown;
        override_record?: unknown;
      }[];
      wrapped[`${name}.json`] = tests
        .map(({ data, override_record: record }) => JSON.stringify(data ?? record))
        .join("");
    }
    const tables = `
      select 'cloudtrail' as what, count(*) as n from cloudtrail_event
      union all select 'log', count(*) from cloudwatch_log_event
      union all select 'skip', count(*) from skip
      order by what`;
    expect(await asked(wrapped, tables)).toEqual([
      { what: "cloudtrail", n: 1 },
      { what: "log", n: 3 },
      { what: "skip", n: 1 },
    ]);
    const [lambda] = await asked(
      ["datadog-serverless"],
      `select
           count(*) as n,
           count(distinct log_group) as groups,
           count(*) filter (lambda_event = 'REPORT') as reports,
           max(duration_ms) as duration,
       from cloudwatch_log_event`,
    );
    expect(lambda).toEqual({ n: 27, groups: 5, reports: 2, duration: 3003.16 });
  });

  test("the events of streamalert's rules, insights among them", async () => {
    const folder = join(samples, "streamalert/rules");
    const evidence: Record<string, string> = {};
    let events = 0;
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/cloudtrail_.*\.json$/.test(name)) continue;
      const tests = JSON.parse(await readFile(join(folder, name), "utf8")) as {
        data: { Records?: unknown[] };
      }[];
      for (const [index, { data }] of tests.entries()) {
        events += data.Records?.length ?? 1;
        evidence[`${name}-${index}.json`] = JSON.stringify(data);
      }
    }
    const [count] = await asked(evidence, counts);
    expect(count).toMatchObject({ source: "cloudtrail", records: events, rejected: 0 });
    const [insight] = await asked(
      evidence,
      "select state, insight_type, event_name, user_identities[1] as caller from cloudtrail_insight order by all",
    );
    expect(insight).toEqual({
      state: "Start",
      insight_type: "ApiCallRateInsight",
      event_name: "CompleteLifecycleAction",
      caller: "arn:aws:sts::012345678901:assumed-role/CodeDeployRole1",
    });
  });

  test("panther's CloudTrail events load with the fields that its rules read", async () => {
    const tests = await pantherTests("AWS.CloudTrail");
    const logs = tests.map(({ Log }) => Log);
    expect(logs.length).toBeGreaterThan(250);
    const evidence = { "events.jsonl": lines(logs) };
    const [count] = (await asked(evidence, counts)) as { records: number; rejected: number }[];
    expect(count?.records).toBe(logs.length);
    // Three are spelt in lower case, as no log of CloudTrail is.
    expect(count?.rejected).toBe(logs.filter((log) => log.eventName === undefined).length);
    const rows = await asked(
      evidence,
      `select event_name, event_source, error_code, aws_region, source_ip_address, identity_type, principal_arn, count(*) as n
       from cloudtrail_event join artifact using (artifact_id) group by all order by all`,
    );
    const identity = (log: Record<string, unknown>): Record<string, unknown> =>
      (log.userIdentity ?? {}) as Record<string, unknown>;
    const seen = new Set(
      rows.map((row) => JSON.stringify([row.event_name, row.event_source, row.principal_arn])),
    );
    for (const log of logs.filter(({ eventName }) => eventName !== undefined)) {
      const key = [log.eventName, log.eventSource ?? null, identity(log).arn ?? null];
      expect(seen, JSON.stringify(key)).toContain(JSON.stringify(key));
    }
  });

  test("what panther's rule calls an intervention of a guardrail is one", async () => {
    const tests = (await pantherTests("AWS.BedrockModelInvocation")).filter(({ rule }) =>
      /guardrail.?interven/i.test(rule),
    );
    expect(tests.length).toBeGreaterThan(2);
    const records = tests.map(({ Log }, index) => ({ ...Log, requestId: `r-${index}`, modelId: "m" }));
    const rows = await asked(
      { "bedrock.jsonl": lines(records) },
      "select request_id, guardrail_action from bedrock_invocation order by record_no",
    );
    expect(rows.map((row) => row.guardrail_action === "INTERVENED")).toEqual(
      tests.map(({ ExpectedResult }) => ExpectedResult),
    );
  });

  test("panther's DNS queries are rows", async () => {
    const logs = (await pantherTests("AWS.VPCDns"))
      .map(({ Log }) => Log)
      .filter((log) => log.query_name !== undefined);
    const [count] = await asked(
      { "dns.jsonl": lines(logs) },
      "select count(*) as n, count(event_time) as timed, count(distinct query_name) as names from dns_query",
    );
    expect(count).toMatchObject({ n: new Set(logs.map((log) => JSON.stringify(log))).size });
  });

  test("all samples in one folder: nothing stops, every record is accounted for", async () => {
    const broken = await asked(
      ["."],
      "from record_count where records <> row_count + duplicates + skipped + rejected",
    );
    expect(broken).toEqual([]);
  });
});
