import type { Archive } from "./archive.js";
import { sha256 } from "./identifier.js";
import { KEY, roleArn, userArn } from "./identity.js";
import {
  ACCOUNT,
  ADDRESS,
  arn,
  BUCKET,
  HOME,
  MODEL,
  MODEL_KEY,
  PRIVATE_KEY,
  TRAINING_PREFIX,
  WEST,
} from "./place.js";
import type { Scale } from "./scale.js";

// What the analyst of the case knows, as the tables of detections.md 0.4. An empty table has its header only: what it would
// answer is then not evaluable, and the answer key says so.

/** SHA-256 of the artifact that was trained and approved, and of the one that replaced it. */
export const GOOD_MODEL_SHA256 = sha256("churn-prod artifact, approved 2026-02-20");
export const EVIL_MODEL_SHA256 = sha256("churn-prod artifact, replaced 2026-03-11");

type Row = readonly (string | number)[];

const PRINCIPALS: Row[] = [
  [roleArn("genai-app-exec"), "ai_role", "support assistant on ECS"],
  [roleArn("ml-train-exec"), "ai_role", "nightly training"],
  [roleArn("ml-notebook-exec"), "ai_role", "research notebook"],
  [roleArn("AmazonBedrockExecutionRoleForKnowledgeBase_kbdocs"), "ai_role", "knowledge base ingestion"],
  [roleArn("AmazonBedrockExecutionRoleForAgents_support"), "agent_role", "support agent"],
  [roleArn("support-agent-tool-lambda"), "tool_role", "role of the function support-mailer"],
  [roleArn("ml-train-exec"), "training_reader", "nightly training"],
  [roleArn("ml-notebook-exec"), "training_reader", "research notebook"],
  [userArn("svc-rag-sync"), "kb_writer", "nightly sync from 192.0.2.20"],
  [userArn("svc-rag-sync"), "expected_ai_longterm", "on-premises sync with a long-term key"],
  [roleArn("ml-train-exec"), "model_writer", "nightly models"],
  [roleArn("AWSReservedSSO_SecurityAdmin_9c3d51e7a2f80b64"), "log_reader", "security team"],
  [roleArn("ci-deployer"), "ci", "GitHub Actions"],
  [roleArn("mlops-pipeline"), "pipeline", "starts the nightly training"],
];

const DESIGN: Row[] = [
  ["support-assistant", "store", BUCKET.kb, "knowledge base documents"],
  ["support-assistant", "function", "support-mailer", "only function of the action group"],
  ["support-assistant", "action", "ses:SendEmail", "mail to the own domain"],
  ["churn", "store", BUCKET.training, "training set"],
  ["churn", "store", BUCKET.models, "model artifacts"],
];

const INVENTORY: Row[] = [
  ["support-assistant", arn("bedrock", "agent/AGENTACME1"), "agent"],
  ["support-assistant", arn("bedrock", "knowledge-base/KBACME0001"), "knowledge base"],
  ["support-assistant", arn("bedrock", "guardrail/grd4acme0001"), "guardrail in use"],
  ["support-assistant", arn("lambda", "function:support-mailer"), "action group"],
  ["support-assistant", `arn:aws:s3:::${BUCKET.kb}`, "documents"],
  ["churn", arn("sagemaker", "endpoint/churn-prod"), "endpoint"],
  ["churn", arn("sagemaker", "notebook-instance/nb-research-01"), "notebook"],
  ["churn", `arn:aws:s3:::${BUCKET.training}`, "training set"],
  ["churn", `arn:aws:s3:::${BUCKET.models}`, "artifacts"],
];

const HEADERS: Record<string, string> = {
  principal: "principal,class,note",
  bucket: "bucket,class,note",
  prefix: "bucket,prefix,class,note",
  cidr: "cidr,class,note",
  account: "account,class,note",
  region: "region,class,note",
  ioc: "kind,value,note",
  price:
    "model,region,valid_from,input_per_million,output_per_million,cache_read_per_million,cache_write_per_million",
  hash: "kind,name,sha256,note",
  canary: "value,note",
  design: "app,kind,target,note",
  domain: "domain,class,note",
  inventory: "app,resource,note",
  classification: "bucket,key,category,records,note",
  event_class: "event_source,event_name,class,note",
  geo: "cidr,country,city,latitude,longitude",
  acl: "document,principal,note",
  allow: "detection,entity,valid_from,valid_to,reason,ticket",
};

function prices(): Row[] {
  const models = [
    [MODEL.haiku, 0.25, 1.25],
    [MODEL.sonnet.replace(/^us\./, ""), 3, 15],
    [MODEL.opus, 15, 75],
  ] as const;
  return models.flatMap(([model, input, output]) =>
    [HOME, WEST].map((region): Row => [model, region, "2026-01-01", input, output, input / 10, input * 1.25]),
  );
}

function tenantPrincipals(scale: Scale): Row[] {
  return [...scale.tenants, scale.remainder].flatMap(({ suffix }): Row[] => [
    [roleArn(`genai-app-exec${suffix}`), "ai_role", "tenant of the scaled sample"],
    [roleArn(`ml-train-exec${suffix}`), "ai_role", "tenant of the scaled sample"],
    [roleArn(`ml-train-exec${suffix}`), "training_reader", "tenant of the scaled sample"],
    [roleArn(`ml-train-exec${suffix}`), "model_writer", "tenant of the scaled sample"],
    [
      roleArn(`AmazonBedrockExecutionRoleForKnowledgeBase_kb${suffix}`),
      "ai_role",
      "tenant of the scaled sample",
    ],
    [roleArn(`kb-sync${suffix}`), "kb_writer", "tenant of the scaled sample"],
    [roleArn(`mlops-pipeline${suffix}`), "pipeline", "tenant of the scaled sample"],
  ]);
}

function rows(scale: Scale, scaled: boolean): Record<string, Row[]> {
  const tenantPrefixes = scaled
    ? scale.tenants.map(
        (work): Row => [BUCKET.training, work.trainingPrefix, "training", "tenant of the scaled sample"],
      )
    : [];
  return {
    principal: [...PRINCIPALS, ...(scaled ? tenantPrincipals(scale) : [])],
    bucket: [
      [BUCKET.training, "training", ""],
      [BUCKET.models, "model", ""],
      [BUCKET.kb, "kb", ""],
      [BUCKET.private, "private", "personnel"],
      [BUCKET.bedrockLogs, "bedrock_log", ""],
      [BUCKET.accessLogs, "log", ""],
      [BUCKET.trail, "log", ""],
      [BUCKET.capture, "capture", ""],
    ],
    prefix: [
      [BUCKET.training, TRAINING_PREFIX, "training", "480 parts"],
      [BUCKET.models, "models/", "model", ""],
      [BUCKET.kb, "policies/", "kb", ""],
      ...tenantPrefixes,
    ],
    cidr: [
      ["192.0.2.0/24", "corp", "offices, sync host, red team, CI"],
      [`${ADDRESS.nat}/32`, "own_eip", "NAT gateway"],
      ["10.20.0.0/16", "own_vpc", ""],
      ["203.0.113.128/26", "aws_service", "stand-in for the public S3 range"],
      [`${ADDRESS.mirror}/32`, "aws_service", "package mirror"],
      [`${ADDRESS.lambda}/32`, "aws_service", "Lambda egress"],
    ],
    account: [[ACCOUNT, "org", ""]],
    region: [
      [HOME, "used", "application"],
      [WEST, "used", "Bedrock enabled"],
      [HOME, "allowed", ""],
      [WEST, "allowed", ""],
    ],
    ioc: [
      ["access_key", KEY.svc, "found in a public repository on 2026-03-11"],
      ["hosting", ADDRESS.resale, "address of a hosting provider, LLM resale proxy"],
    ],
    price: prices(),
    hash: [
      [
        "model",
        `s3://${BUCKET.models}/${MODEL_KEY}`,
        GOOD_MODEL_SHA256,
        "churn-prod, version v-good-0001, model registry",
      ],
    ],
    design: DESIGN,
    domain: [["acme.example", "own", ""]],
    inventory: INVENTORY,
    classification: [[BUCKET.private, PRIVATE_KEY, "PERSONAL+FINANCIAL", 1240, "data inventory 2026-01"]],
    allow: [
      [
        "inv-*",
        "*redteam-bot*",
        "2026-03-06T09:30:00Z",
        "2026-03-06T11:00:00Z",
        "announced prompt tests of the red team",
        "CHG-101",
      ],
    ],
  };
}

/** Writes `reference/*.csv`. */
export function writeReference(archive: Archive, scale: Scale, scaled: boolean): void {
  const tables = rows(scale, scaled);
  for (const [name, header] of Object.entries(HEADERS)) {
    const lines = (tables[name] ?? []).map((row) => row.map(String).map(quoted).join(","));
    archive.write(`reference/${name}.csv`, `${[header, ...lines].join("\n")}\n`);
  }
}

function quoted(value: string): string {
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
