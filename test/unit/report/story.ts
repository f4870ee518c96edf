import { assetFolder } from "../../../src/assets.js";
import { applySchema, Database, type Value } from "../../../src/database/index.js";
import { insertGiven } from "../../../src/queries/given.js";
import { type DetectionResult, type Finding, storeRun } from "../../../src/queries/index.js";
import type { Frameworks, QueryFacts, ReportInput } from "../../../src/report/index.js";

export const RUN = "29acf11dcfe32beb";
export const KEY_THIEF = "arn:aws:iam::111122223333:user/svc-rag-sync";
export const ADMIN = "arn:aws:iam::111122223333:user/Kqwbxn482";

/** The gist of the acme incident in rows: recon with a leaked key, a guardrail deleted, 480 objects read. */
export const ROWS: Record<string, Record<string, Value>[]> = {
  artifact: [1, 2, 3, 4].map((artifact_id) => ({
    artifact_id,
    acquisition: "0001",
    path: `evidence/0001/data/part-${artifact_id}.gz`,
    original: `/mnt/acme/part-${artifact_id}.gz`,
    size: 1_000 * artifact_id,
    sha256: String(artifact_id).repeat(64),
    source: "cloudtrail",
    state: "loaded",
    records: 480,
  })),
  cloudtrail_event: [
    {
      repeat: 3,
      every: "10 seconds",
      event_time: "2026-03-11T09:12:04Z",
      event_source: "bedrock.amazonaws.com",
      event_name: "ListAgents",
      aws_region: "us-east-1",
      recipient_account_id: "111122223333",
      principal: KEY_THIEF,
      credential: "AKIAEXAMPLESVCRAGSYN",
      source_ip_address: "198.51.100.23",
      user_agent: "TruffleHog",
    },
    {
      event_time: "2026-03-11T10:20:00Z",
      event_source: "bedrock.amazonaws.com",
      event_name: "DeleteGuardrail",
      aws_region: "us-east-1",
      recipient_account_id: "111122223333",
      principal: ADMIN,
      source_ip_address: "198.51.100.23",
    },
    {
      event_time: "2026-03-01T08:00:00Z",
      event_source: "sts.amazonaws.com",
      event_name: "GetCallerIdentity",
      aws_region: "us-east-1",
      principal: "arn:aws:iam::111122223333:user/bob",
    },
  ],
  s3_access: [
    {
      repeat: 480,
      every: "1 second",
      artifact_id: 2,
      event_time: "2026-03-11T12:10:00Z",
      operation: "REST.GET.OBJECT",
      bucket: "acme-ml-training-111122223333",
      key: "datasets/churn/v3/part-{i}.parquet",
      http_status: 200,
      bytes_sent: 12_000_000,
      principal: ADMIN,
      remote_ip: "198.51.100.23",
    },
  ].map((row) => ({ ...row })),
};

/** A finding of the story; what is not said is as plain as can be. */
export function finding(changes: Partial<Finding>): Finding {
  return {
    run_id: RUN,
    finding_no: 0,
    detection_id: "aic-guardrail-deleted",
    version: "1.2.0",
    sha256: "c".repeat(64),
    parameters: { in_use: "7 days" },
    severity: "high",
    score: 75,
    title: "Guardrail deleted",
    element: "ai-changes",
    attack: ["T1562.001"],
    atlas: ["AML.T0054"],
    entity_type: "principal",
    entity: ADMIN,
    actor: ADMIN,
    source_ip: "198.51.100.23",
    region: "us-east-1",
    account_id: "111122223333",
    resource: null,
    first_seen: "2026-03-11T10:20:00Z",
    last_seen: "2026-03-11T10:20:00Z",
    event_count: 1,
    metrics: null,
    summary: "Kqwbxn482 deleted guardrail grd9hr000002",
    records: [{ table: "cloudtrail_event", artifact_id: 1, record_no: 4 }],
    record_total: 1,
    suppressed_by: null,
    ...changes,
  };
}

/** A detection of the run with its findings. */
export function result(
  id: string,
  changes: Partial<DetectionResult> = {},
  findings: Finding[] = [],
): DetectionResult {
  return {
    runId: RUN,
    id,
    version: "1.2.0",
    sha256: "c".repeat(64),
    title: `Title of ${id}`,
    severity: "high",
    element: "ai-changes",
    status: findings.length > 0 ? "fired" : "not_fired",
    reason: null,
    failed: false,
    parameters: { in_use: "7 days" },
    findings,
    suppressed: findings.filter((one) => one.suppressed_by !== null).length,
    ...changes,
  };
}

const RECON = finding({
  finding_no: 2,
  detection_id: "aic-ai-config-recon",
  title: "AI service configuration enumerated",
  entity: KEY_THIEF,
  actor: KEY_THIEF,
  first_seen: "2026-03-11T09:12:04Z",
  last_seen: "2026-03-11T09:12:24Z",
  event_count: 3,
  metrics: { distinct_names: 1, addresses: ["198.51.100.23", "198.51.100.30"], previous: null },
  summary: "svc-rag-sync read AI configuration in 3 calls",
  records: [1, 2, 3].map((record_no) => ({ table: "cloudtrail_event", artifact_id: 1, record_no })),
  record_total: 3,
});

const BULK = finding({
  finding_no: 3,
  detection_id: "dst-training-bulk-download",
  title: "Bulk download of training data",
  element: "data-store-changes",
  first_seen: "2026-03-11T12:10:00Z",
  last_seen: "2026-03-11T12:17:59Z",
  event_count: 480,
  summary: "Kqwbxn482 read 480 objects (5,760,000,000 bytes) in 8 minutes",
  records: Array.from({ length: 200 }, (_, index) => ({
    table: "s3_access",
    artifact_id: 2,
    record_no: index + 1,
  })),
  record_total: 480,
});

const NOISE = finding({
  finding_no: 4,
  detection_id: "aic-ai-config-recon",
  severity: "low",
  score: 30,
  summary: "redteam-bot read AI configuration",
  suppressed_by: "reference/allow.csv line 2: red team (CHG-101)",
});

export const RESULTS: DetectionResult[] = [
  result("aic-guardrail-deleted", {}, [finding({ finding_no: 1, severity: "critical", score: 90 })]),
  result("aic-ai-config-recon", {}, [RECON, NOISE]),
  result("dst-training-bulk-download", { element: "data-store-changes" }, [BULK]),
  result("acc-root-activity", { element: "access" }),
  result("inv-jailbreak", {
    element: "invocation",
    status: "not_evaluable",
    reason: "bedrock_invocation is empty",
  }),
  result("agy-ses-abuse", {
    element: "agency",
    status: "partial",
    reason: "ref_design is empty; fill reference/design.csv",
  }),
];

/** What is known of the queries of the story, and one that did not run. */
export const QUERIES: QueryFacts[] = [...RESULTS.map((one) => one.id), "rdy-not-run"].map((id) => ({
  id,
  version: "1.2.0",
  sha256: "c".repeat(64),
  title: `Title of ${id}`,
  description: "Finds what it finds. Misses the rest.",
  severity: "high",
  element: RESULTS.find((one) => one.id === id)?.element as QueryFacts["element"],
  attack: ["T1562.001"],
  atlas: ["AML.T0054"],
  requires: { cloudtrail_event: "needed", ref_principal: "helpful", named_set: "optional" },
  falsePositives: [],
}));

/** A case in memory that holds rows and a run. */
export async function openStory(
  rows: Record<string, Record<string, Value>[]> = ROWS,
  results: readonly DetectionResult[] = RESULTS,
): Promise<Database> {
  const database = await Database.openInMemory();
  await applySchema(database, assetFolder("sql"));
  await insertGiven(database, rows);
  await storeRun(database, results);
  const [run = RUN] = results.map((one) => one.runId);
  await database.run("insert or replace into knowledge values ('last_run', $run)", { run });
  return database;
}

/** As much of ATT&CK and ATLAS as the story names. */
export const FRAMEWORKS: Frameworks = {
  attack: {
    version: "18",
    techniques: { "T1562.001": "Disable or Modify Tools" },
    successors: { "T1562.001": "T1685" },
    tactics: {
      "defense-evasion": { title: "Defense Evasion", techniques: ["T1562"] },
      impact: { title: "Impact", techniques: [] },
    },
  },
  atlas: {
    version: "5.6.0",
    techniques: { "AML.T0054": "LLM Jailbreak" },
    successors: {},
    tactics: { "privilege-escalation": { title: "Privilege Escalation", techniques: ["AML.T0054"] } },
  },
};

/** Everything that a report of the story needs. */
export function storyInput(database: Database, changes: Partial<ReportInput> = {}): ReportInput {
  return {
    case: {
      id: "acme-2026-03",
      title: "Acme support assistant",
      examiner: "Example Examiner",
      organisation: "Acme",
      caseFrom: "2026-03-11T00:00:00.000Z",
      caseTo: "2026-03-12T00:00:00.000Z",
      baseFrom: "2026-03-01T00:00:00.000Z",
      accounts: ["111122223333"],
      regions: ["us-east-1"],
    },
    database,
    detections: {
      runId: RUN,
      queries: QUERIES,
      frameworks: FRAMEWORKS,
    },
    evidence: {
      bags: [{ id: "0001", files: 4, bytes: 10_000, manifestSha256: "a".repeat(64) }],
      custody: [
        {
          seq: 1,
          time: "2026-03-12T08:00:00.000Z",
          examiner: "Example Examiner",
          action: "init",
          detail: { case: "acme-2026-03" },
          tool: { name: "coldtrail", version: "0.1.0" },
          previous: "0".repeat(64),
        },
      ],
      verification: { bags: 1, files: 4, bytes: 10_000, problems: [], custody: [], notes: [] },
    },
    status: {
      artifacts: 5,
      unclaimed: 1,
      sources: [
        { source: "cloudtrail", artifacts: 1, records: 5, rows: 5, duplicates: 0, skipped: 0, rejected: 0 },
        {
          source: "s3-access",
          artifacts: 1,
          records: 481,
          rows: 480,
          duplicates: 0,
          skipped: 0,
          rejected: 1,
        },
      ],
      coverage: [
        coverage("cloudtrail_event", "2026-03-01", 1),
        coverage("cloudtrail_event", "2026-03-11", 4),
        coverage("s3_access", "2026-03-11", 480),
      ],
      blind: [
        {
          source: "bedrock_invocation",
          region: "us-west-2",
          resource: null,
          blind_from: "2026-03-11T10:15:00Z",
          blind_to: "2026-03-11T23:00:00Z",
          to_the_end: true,
          switched_by: "DeleteModelInvocationLoggingConfiguration",
          artifact_id: 1,
          record_no: 4,
        },
      ],
      off: [],
      gaps: [
        {
          source: "s3_access",
          account_id: "111122223333",
          region: "us-east-1",
          gap_from: "2026-03-11T13:00:00Z",
          gap_to: "2026-03-11T16:00:00Z",
          hours: 3,
          because: "PutBucketLogging",
        },
      ],
      files: [{ artifact_id: 5, original: "/mnt/acme/notes.txt", state: "unclaimed", note: null }],
      rejects: [
        {
          source: "s3-access",
          original: "/mnt/acme/part-2.gz",
          artifact_id: 2,
          reason: "fewer than 8 fields",
          rejected: 1,
          first_record: 481,
        },
      ],
    },
    toolVersion: "0.1.0",
    now: new Date("2026-03-20T10:00:00Z"),
    ...changes,
  };
}

function coverage(source: string, day: string, rows: number) {
  return {
    source,
    account_id: "111122223333",
    region: "us-east-1",
    day,
    rows,
    first_time: `${day}T08:00:00Z`,
    last_time: `${day}T12:17:59Z`,
  };
}
