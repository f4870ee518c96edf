import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asked, describeSamples, samples } from "./samples.js";

const counts =
  "select source, sum(records)::bigint as records, sum(row_count)::bigint as rows, sum(duplicates)::bigint as duplicates, sum(rejected)::bigint as rejected from record_count group by source order by source";

describeSamples("real logs", () => {
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

  test("a quote in the user agent of a real line flags it and moves no other field", async () => {
    const file =
      "dandi-s3-log-parser/tests/test_reduction/examples/reduction_example_0/raw_logs/2020/01/01.log";
    const real = (await readFile(join(samples, file), "utf8")).split("\n").filter((line) => line !== "");
    const quoted = real.map((line) =>
      line.replace(/"([^"]*)" (\S+) (\S+=) /, '""Mozilla/5.0" (X) "$1" $2 $3 '),
    );
    expect(quoted).not.toEqual(real);
    const fields =
      "select operation, raw_key, http_status, bytes_sent, version_id, host_id, tls_version, flags from s3_access order by record_no";
    const before = await asked({ "2020-01-01-05-06-35-0123456789ABCDEF": real.join("\n") }, fields);
    const after = await asked({ "2020-01-01-05-06-35-0123456789ABCDEF": quoted.join("\n") }, fields);
    expect(before.map((row) => row.flags)).toEqual(real.map(() => null));
    expect(after).toEqual(before.map((row) => ({ ...row, flags: ["ambiguous_quotes"] })));
  });

  test("the samples hold the files and records that their README counts", async () => {
    const [invictus, plaso, stratus, traildiscover] = await asked(
      ["invictus-aws_dataset", "plaso", "stratus-red-team", "traildiscover"],
      `select
           split_part(original, '/', 1) as sample,
           count(*) filter (original not like '%SOURCE.txt') as files,
           count(*) filter (state = 'duplicate') as same_bytes,
           count(*) filter (state = 'empty') as empty,
           coalesce(sum(record_count.row_count), 0)::bigint as "rows",
           coalesce(sum(record_count.rejected), 0)::bigint as rejected
       from artifact left join record_count using (artifact_id)
       group by all
       order by sample`,
    );
    expect(invictus).toMatchObject({ files: 55, rows: 2900, rejected: 0 });
    expect(plaso).toMatchObject({ files: 1, rows: 6, rejected: 0 });
    expect(stratus).toMatchObject({ files: 22, rows: 143, rejected: 0 });
    expect(traildiscover).toMatchObject({ files: 205, same_bytes: 8, empty: 1, rows: 196, rejected: 0 });
  });

  test("all samples in one acquisition: every record is accounted for, what nobody claims is listed", async () => {
    const [broken, unclaimed, files] = await asked(
      ["."],
      `select 'broken' as what, count(*) as n, null as names
       from record_count where records <> row_count + duplicates + skipped + rejected
       union all
       select 'unclaimed', count(*), list_sort(list(distinct regexp_extract(original, '[.][a-z]+$')))
       from artifact
       where state = 'unclaimed' and original not like '%SOURCE.txt' and original not like '%README.md'
           and original not like '%/streamalert/%' and original not like '%/cloud-custodian/%'
       union all
       select 'files', count(*), list_sort(list(distinct state)) from artifact`,
    );
    expect(broken?.n).toBe(0);
    // The rules of panther, whose events its own test takes out, are no evidence.
    expect(unclaimed?.names).toEqual([".yml"]);
    expect(files).toMatchObject({ n: 575, names: ["duplicate", "empty", "loaded", "unclaimed"] });
  });
});
