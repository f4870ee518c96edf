import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import type { Archive } from "./archive.js";
import type { FunctionCall, Observation } from "./observation.js";
import type { Tally } from "./tally.js";

// The answer key: what the generator counted while it wrote, and the answers of answers.yaml.

/** Lines of a function's log: START, END and REPORT of every call. */
function functionLines(calls: readonly FunctionCall[], name: string): number {
  return 3 * calls.filter((call) => call.functionName === name).length;
}

function counts(tally: Tally, seen: Observation): unknown {
  const exact = { duplicates: 0, skipped: 0, rejected: 0 };
  return {
    cloudtrail: {
      files: tally.cloudtrailFiles,
      records: tally.cloudtrail + tally.cloudtrailRepeated,
      ...exact,
      duplicates: tally.cloudtrailRepeated,
      rows: tally.cloudtrail,
      management: tally.management,
      data: tally.data,
      on_incident_day: tally.incidentDay,
      attacker: tally.attacker,
      with_omitted_request: 1,
      with_truncated_user_agent: 2,
    },
    cloudtrail_digest: {
      records: tally.digests,
      ...exact,
      rows: tally.digests,
      log_files: tally.cloudtrailFiles,
    },
    s3_access: {
      records: tally.s3Access + tally.s3AccessMalformed,
      ...exact,
      rejected: tally.s3AccessMalformed,
      rows: tally.s3Access,
      delivered_late: tally.s3AccessLate,
      with_quotes_in_user_agent: 5,
    },
    vpc_flow: {
      records: tally.flows + tally.flowsWithoutData,
      ...exact,
      rows: tally.flows + tally.flowsWithoutData,
      ok: tally.flows,
      nodata: 40,
      skipdata: 6,
    },
    bedrock_invocation: {
      records: tally.invocations,
      ...exact,
      rows: tally.invocations,
      bodies_in_data_folder: tally.largeBodies,
    },
    sagemaker_capture: { records: tally.captures, ...exact, rows: tally.captures },
    guardduty: { records: 7, ...exact, rows: 7, findings: 6 },
    security_hub: { records: 3, ...exact, rows: 3 },
    cloudwatch_log: {
      knowledge_base: 3,
      support_mailer: functionLines(seen.calls, "support-mailer"),
      ops_init: functionLines(seen.calls, "ops-init"),
      billing_refund: functionLines(seen.calls, "billing-refund"),
    },
  };
}

/** Events by access key, which is what the hunt for a key lists. */
function hunts(seen: Observation): unknown {
  const ordered = [...seen.keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    "h-key-activity": Object.fromEntries(ordered.map(([key, events]) => [key, { events }])),
    "h-ip-activity": Object.fromEntries(
      ["198.51.100.23", "198.51.100.77"].map((address) => [
        address,
        { events: seen.addresses.get(address) ?? 0 },
      ]),
    ),
  };
}

/** Writes `answer-key.yaml`. */
export function writeAnswerKey(archive: Archive, tally: Tally, seen: Observation): void {
  const folder = dirname(fileURLToPath(import.meta.url));
  const answers = parse(readFileSync(join(folder, "answers.yaml"), "utf8")) as Record<string, unknown>;
  const { detections, not_listed, ...rest } = answers;
  const key = { counts: counts(tally, seen), detections, not_listed, hunts: hunts(seen), ...rest };
  const header =
    "# Answers of the sample incident; written by `npm run sample` from what it counted and from test/sample/answers.yaml.\n";
  archive.write("answer-key.yaml", header + stringify(key, { lineWidth: 110 }));
}
