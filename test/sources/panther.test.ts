import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { asked, describeSamples, samples } from "./samples.js";

type Log = Record<string, unknown>;

interface PantherTest {
  rule: string;
  expected: boolean;
  log: Log;
}

/** How the events of one kind become a file as AWS writes it, and where their fields arrive. */
interface Kind {
  type: string;
  table: string;
  file: string;
  /** The event as the log has it; panther spells some kinds in its own way. Null for what is no event of the log. */
  record: (log: Log) => string | null;
  /** Columns (or expressions over them) and the path of the field in the event. */
  fields: Record<string, string>;
  header?: string;
}

/** `a.b` of an object; undefined when it is not there. */
function at(log: Log, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Log | null | undefined)?.[key], log);
}

const json = (log: Log): string => JSON.stringify(log);
const FLOW = [
  "version",
  "account",
  "interfaceId",
  "srcAddr",
  "dstAddr",
  "srcPort",
  "dstPort",
  "protocol",
  "packets",
  "bytes",
  "start",
  "end",
  "action",
  "logStatus",
  "flowDirection",
];

const KINDS: Kind[] = [
  {
    type: "AWS.CloudTrail",
    table: "cloudtrail_event",
    file: "events.jsonl",
    record: (log) => (log.eventName === undefined ? null : json(log)),
    fields: {
      event_name: "eventName",
      event_source: "eventSource",
      error_code: "errorCode",
      error_message: "errorMessage",
      aws_region: "awsRegion",
      source_ip_address: "sourceIPAddress",
      user_agent: "userAgent",
      recipient_account_id: "recipientAccountId",
      event_type: "eventType",
      event_id: "eventID",
      identity_type: "userIdentity.type",
      principal_arn: "userIdentity.arn",
      user_name: "userIdentity.userName",
      session_issuer_arn: "userIdentity.sessionContext.sessionIssuer.arn",
      request_parameters: "requestParameters",
      response_elements: "responseElements",
      additional_event_data: "additionalEventData",
      service_event_details: "serviceEventDetails",
    },
  },
  {
    type: "AWS.GuardDuty",
    table: "security_finding",
    file: "findings.jsonl",
    record: json,
    fields: {
      type: "type",
      title: "title",
      severity: "severity",
      account_id: "accountId",
      region: "region",
      "json -> '$.service'": "service",
      "json -> '$.resource'": "resource",
    },
  },
  {
    type: "AWS.SecurityFindingFormat",
    table: "security_finding",
    file: "findings.jsonl",
    record: json,
    fields: {
      title: "Title",
      account_id: "AwsAccountId",
      "json -> '$.Action'": "Action",
      "json -> '$.Resources'": "Resources",
      "json ->> '$.ProductName'": "ProductName",
    },
  },
  {
    type: "AWS.BedrockModelInvocation",
    table: "bedrock_invocation",
    file: "invocations.jsonl",
    // Some tests leave out what every record has.
    record: (log) => json({ modelId: "m", requestId: "r", ...log }),
    fields: {
      operation: "operation",
      region: "region",
      account_id: "accountId",
      "coalesce(output_body, 'null'::json)": "output.outputBodyJson",
      stop_reason: "output.outputBodyJson.stopReason",
    },
  },
  {
    type: "AWS.VPCFlow",
    table: "vpc_flow",
    file: "flows.log",
    header: `${FLOW.map((name) =>
      name
        .replace("account", "account-id")
        .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
        .replace("src-", "src")
        .replace("dst-", "dst"),
    ).join(" ")}\n`,
    record: (log) =>
      log.srcAddr === undefined && log.dstAddr === undefined
        ? null
        : FLOW.map((name) =>
            String(
              ({ start: 1773230400, end: 1773230460, version: 5, logStatus: "OK", ...log } as Log)[name] ??
                "-",
            ),
          ).join(" "),
    fields: {
      srcaddr: "srcAddr",
      dstaddr: "dstAddr",
      srcport: "srcPort",
      dstport: "dstPort",
      action: "action",
      flow_direction: "flowDirection",
    },
  },
  {
    type: "AWS.S3ServerAccess",
    table: "s3_access",
    file: "access.jsonl",
    // Its own names for the fields of the JSON delivery.
    record: (log) =>
      log.operation === undefined
        ? null
        : json({
            bucket_name: log.bucket,
            request_time: String(log.time ?? "2020-06-21 20:41:25")
              .replace(" ", "T")
              .replace(/\.\d+$/, "Z"),
            operation: log.operation,
            remote_ip: log.remoteip,
            requester: log.requester,
            key_name: log.key,
            http_status: log.httpstatus,
            error_code: log.errorcode,
            tls_version: log.tlsVersion ?? log.tlsversion,
            cipher_suite: log.ciphersuite,
            request_id: log.requestid,
          }),
    fields: {
      bucket: "bucket",
      operation: "operation",
      http_status: "httpstatus",
      error_code: "errorcode",
      requester: "requester",
      remote_ip: "remoteip",
      raw_key: "key",
      cipher_suite: "ciphersuite",
    },
  },
  {
    type: "AWS.VPCDns",
    table: "dns_query",
    file: "dns.jsonl",
    record: (log) => (log.query_name === undefined ? null : json(log)),
    fields: { query_type: "query_type", rcode: "rcode", vpc_id: "vpc_id", srcaddr: "srcaddr" },
  },
];

async function readTests(): Promise<Map<string, PantherTest[]>> {
  const folder = join(samples, "panther-analysis/rules");
  const tests = new Map<string, PantherTest[]>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (!name.endsWith(".yml")) continue;
    const rule = parse(await readFile(join(folder, name), "utf8")) as {
      RuleID?: string;
      LogTypes?: string[];
      Tests?: { ExpectedResult: boolean; Log?: Log }[];
    };
    const type = rule.LogTypes?.[0];
    for (const { ExpectedResult: expected, Log: log } of rule.Tests ?? []) {
      if (type === undefined || log === undefined) continue;
      tests.set(type, [...(tests.get(type) ?? []), { rule: rule.RuleID ?? name, expected, log }]);
    }
  }
  return tests;
}

describeSamples("the events of panther's rules load with the fields that their tests read", () => {
  test("every kind, every event, every field", async () => {
    const tests = await readTests();
    const table: string[][] = [["kind", "tests", "of the log", "rows", "duplicates", "rejected", "fields"]];
    for (const { type, table: into, file, record, fields, header = "" } of KINDS) {
      const all = tests.get(type) ?? [];
      const events = all.flatMap(({ log }) => {
        const text = record(log);
        return text === null ? [] : [{ log, text }];
      });
      const evidence = { [file]: header + events.map(({ text }) => `${text}\n`).join("") };
      const first = header === "" ? 1 : 2;
      const loaded = await asked(
        evidence,
        `with event as (
             select record_no, to_json([${Object.keys(fields).map((column) => `to_json(${column})`)}]) as found from ${into}
         )
         select record_no, found, 'row' as kind from event
         union all
         select duplicate.record_no, found, 'duplicate' from duplicate join event on event.record_no = of_record_no
         union all
         select record_no, null, 'reject' from reject`,
      );
      const count = (kind: string): number => loaded.filter((row) => row.kind === kind).length;
      expect(count("reject"), type).toBe(0);
      const byRecord = new Map(loaded.map((row) => [row.record_no as number, row.found as unknown[]]));
      let compared = 0;
      for (const [index, { log }] of events.entries()) {
        const found = byRecord.get(index + first);
        expect(found, `${type} ${index}: ${json(log).slice(0, 300)}`).toBeDefined();
        for (const [place, path] of Object.values(fields).entries()) {
          const wanted = at(log, path);
          if (wanted === undefined || wanted === null || wanted === "") continue;
          compared++;
          const got = found?.[place];
          expect(
            typeof wanted === "object" ? got : String(got),
            `${type} ${index} ${path}: ${json(log).slice(0, 300)}`,
          ).toEqual(typeof wanted === "object" ? wanted : String(wanted));
        }
      }
      table.push(
        [type, all.length, events.length, count("row"), count("duplicate"), count("reject"), compared].map(
          String,
        ),
      );
    }
    process.stdout.write(
      `${table.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(28) : cell.padStart(11))).join("")).join("\n")}\n`,
    );
    const total = table.slice(1).reduce((sum, row) => sum + Number(row[1]), 0);
    expect(total).toBeGreaterThanOrEqual(339);
  });

  test("what its rule calls an intervention of a guardrail is one", async () => {
    const tests = ((await readTests()).get("AWS.BedrockModelInvocation") ?? []).filter(({ rule }) =>
      /guardrail.?interven/i.test(rule),
    );
    expect(tests.length).toBeGreaterThan(2);
    const records = tests.map(({ log }, index) => json({ ...log, requestId: `r-${index}`, modelId: "m" }));
    const rows = await asked(
      { "bedrock.jsonl": `${records.join("\n")}\n` },
      "select guardrail_action from bedrock_invocation order by record_no",
    );
    expect(rows.map((row) => row.guardrail_action === "INTERVENED")).toEqual(
      tests.map(({ expected }) => expected),
    );
  });
});
