import { assetFolder } from "../../../src/assets.js";
import type { Database, Value } from "../../../src/database/index.js";
import { type Finding, loadLibrary } from "../../../src/queries/index.js";
import { type ReportInput, writeReport } from "../../../src/report/index.js";
import { FRAMEWORKS, finding, openStory, RUN, result, storyInput } from "./story.js";

const PAYLOADS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</style></title></svg><script src=http://evil.example/x.js></script>`,
  `<!-- --><a href="javascript:alert(1)">`,
  `]]><iframe src="https://evil.example">`,
  `\u001b[31m\u001b]8;;http://evil.example\u0007`,
  `\u202Egnp.exe\u2066 zero\u200bwidth \ufeff \u0000`,
  `=cmd|' /C calc'!A0`,
  `+1+1`,
  `-2+3`,
  `@SUM(1)`,
  `\t=1`,
  `\r=1`,
  `![x](http://evil.example/?d=1) | [y](javascript:1)`,
  `\${7*7} {{7*7}} %s`,
  `x`.repeat(5_000),
];
/** A text that holds every payload, told apart by the place it is put in. */
export const hostile = (place: string): string => `${place} ${PAYLOADS.join(" ")}`;

/** Puts a hostile text in place of every text of a value, but for those that a schema of ours holds to a form. */
function poisoned<T>(value: T, place: string, spared: readonly string[]): T {
  if (typeof value === "string") return hostile(place) as T;
  if (Array.isArray(value))
    return value.map((item, index) => poisoned(item, `${place}.${index}`, spared)) as T;
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      spared.includes(name) ? item : poisoned(item, `${place}.${name}`, spared),
    ]),
  ) as T;
}

const EVENT = { event_time: "2026-03-11T10:00:00Z" };
const ROWS: Record<string, Record<string, Value>[]> = {
  artifact: [1, 2, 3, 4].map((artifact_id) => ({
    artifact_id,
    acquisition: "0001",
    path: hostile("artifact.path"),
    original: hostile("artifact.original"),
    member: hostile("artifact.member"),
    size: 1,
    sha256: "a".repeat(64),
    source: hostile("artifact.source"),
    state: "loaded",
    records: 1,
  })),
  cloudtrail_event: [
    {
      ...EVENT,
      artifact_id: 1,
      event_source: "bedrock.amazonaws.com",
      event_name: hostile("ct.event_name"),
      principal: hostile("ct.principal"),
      credential: hostile("ct.credential"),
      user_agent: hostile("ct.user_agent"),
      source_ip_address: hostile("ct.source_ip"),
      error_code: hostile("ct.error_code"),
      aws_region: hostile("ct.region"),
      recipient_account_id: hostile("ct.account"),
      request_parameters: { bucketName: hostile("ct.bucket") },
    },
    // An identity that made the actor of a finding, and an invocation that no log has.
    {
      ...EVENT,
      event_source: "iam.amazonaws.com",
      event_name: "CreateUser",
      principal: hostile("ct.maker"),
      credential: hostile("ct.maker-key"),
      response_elements: { user: { arn: hostile("finding0.actor") } },
    },
    {
      ...EVENT,
      event_source: "bedrock.amazonaws.com",
      event_name: "InvokeModel",
      principal: hostile("ct.unlogged"),
      request_parameters: { modelId: hostile("ct.model") },
    },
  ],
  s3_access: [
    {
      ...EVENT,
      artifact_id: 2,
      operation: hostile("s3.operation"),
      bucket: hostile("s3.bucket"),
      key: hostile("s3.key"),
      principal: hostile("s3.principal"),
      remote_ip: hostile("s3.ip"),
      error_code: hostile("s3.error"),
    },
    {
      ...EVENT,
      artifact_id: 2,
      operation: "REST.GET.OBJECT",
      bucket: "acme-kb-docs",
      key: hostile("s3.key"),
    },
  ],
  vpc_flow: [
    {
      start_time: EVENT.event_time,
      artifact_id: 3,
      interface_id: hostile("vpc.interface"),
      action: hostile("vpc.action"),
    },
    {
      start_time: EVENT.event_time,
      artifact_id: 3,
      srcaddr: "10.0.0.1",
      dstaddr: hostile("vpc.destination"),
      bytes: 10,
      action: "ACCEPT",
    },
  ],
  bedrock_invocation: [
    {
      ...EVENT,
      artifact_id: 4,
      operation: hostile("bedrock.operation"),
      base_model: hostile("bedrock.model"),
      principal: hostile("bedrock.principal"),
      input_tokens: 10,
      output_tokens: 1,
    },
  ],
};

const RECORDS = ["cloudtrail_event", "s3_access", "vpc_flow", "bedrock_invocation"].map((table, index) => ({
  table,
  artifact_id: index + 1,
  record_no: 1,
}));
RECORDS.push({ table: "s3_access", artifact_id: 2, record_no: 2 });
const SPARED: (keyof Finding)[] = [
  "run_id",
  "detection_id",
  "severity",
  "first_seen",
  "last_seen",
  "sha256",
  "version",
  "records",
];
const FINDINGS = [null, "allow.csv line 1"].map((suppressed_by, index) =>
  poisoned(
    finding({
      finding_no: index + 1,
      resource: "resource",
      first_seen: EVENT.event_time,
      metrics: { names: ["a", { b: "c" }], [hostile("metric.name")]: "value" },
      records: RECORDS,
      record_total: 4,
      suppressed_by,
    }),
    `finding${index}`,
    SPARED,
  ),
);

/** Writes the report of a case in which every text of every source, of the analyst and of the queries is hostile. */
export async function writeHostileReport(folder: string): Promise<void> {
  const database: Database = await openStory(ROWS, [
    result("aic-guardrail-deleted", { parameters: { a: hostile("parameter") } }, FINDINGS),
    result("inv-jailbreak", { status: "not_evaluable", reason: hostile("reason") }),
    result("agy-ses-abuse", { status: "partial", reason: hostile("partial") }),
    result("acc-root-activity"),
  ]);
  const plain = storyInput(database);
  const { database: _, now, ...texts } = plain;
  const input: ReportInput = {
    ...poisoned(texts, "input", [
      "runId",
      "day",
      "caseFrom",
      "caseTo",
      "baseFrom",
      "first_time",
      "blind_from",
      "blind_to",
      "gap_from",
      "gap_to",
      "last_time",
      "state",
    ]),
    database,
    now,
  };
  const queries = input.detections.queries.map((query, index) => ({
    ...query,
    id: plain.detections.queries[index]?.id ?? "",
    severity: "high" as const,
    element: "access" as const,
  }));
  const frameworks = {
    attack: { ...FRAMEWORKS.attack, techniques: { "T1562.001": hostile("technique") } },
    atlas: FRAMEWORKS.atlas,
  };
  const library = await loadLibrary(assetFolder("queries"));
  const scenarios = library.filter((query) => query.kind === "scenario");
  const sequences = library.filter((query) => query.kind === "sequence");
  await writeReport(
    { ...input, detections: { ...input.detections, runId: RUN, queries, frameworks, scenarios, sequences } },
    folder,
  );
  database.close();
}
