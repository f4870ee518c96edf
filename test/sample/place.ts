// Names of the acme account (detections.md D.1 to D.3). Addresses are from the documentation ranges only.

/** The victim, and the account of the attacker. */
export const ACCOUNT = "111122223333";
export const FOREIGN_ACCOUNT = "999988887777";
export const FOREIGN_BUCKET = "zx-drop-7781";

/** The region of the application, the region with Bedrock enabled and unused, two that nobody uses. */
export const HOME = "us-east-1";
export const WEST = "us-west-2";
export const REGIONS = [HOME, WEST, "eu-west-1", "ap-northeast-1"];

/** The trail and the flow log. */
export const TRAIL = "acme-trail";
export const FLOW_LOG = "fl-0acme0000000000001";

function bucket(name: string): string {
  return `${name}-${ACCOUNT}`;
}

/** Buckets of the account. */
export const BUCKET = {
  training: bucket("acme-ml-training"),
  models: bucket("acme-ml-models"),
  kb: bucket("acme-kb-docs"),
  private: bucket("acme-private-hr"),
  bedrockLogs: bucket("acme-bedrock-logs"),
  accessLogs: bucket("acme-access-logs"),
  capture: bucket("acme-sm-capture"),
  trail: bucket("acme-trail"),
} as const;

/** Keys and sizes of the objects of the story. */
export const TRAINING_PREFIX = "datasets/churn/v3/";
export const TRAINING_PARTS = 480;
export const PART_BYTES = 12_000_000;
export const MODEL_KEY = "models/churn/prod/model.tar.gz";
export const MODEL_BYTES = 310_000_000;
export const EVIL_MODEL_BYTES = 310_400_000;
export const GOOD_VERSION = "v-good-0001";
export const EVIL_VERSION = "v-evil-0001";
export const PRIVATE_KEY = "hr/salaries-2026.csv";
export const PRIVATE_BYTES = 2_400_000;

/** Key of a part of the training set. */
export function partKey(part: number, prefix: string = TRAINING_PREFIX): string {
  return `${prefix}part-${String(part).padStart(5, "0")}.parquet`;
}

/** Models by the short names of the story. */
export const MODEL = {
  haiku: "anthropic.claude-3-haiku-20240307-v1:0",
  opus: "anthropic.claude-3-opus-20240229-v1:0",
  sonnet3: "anthropic.claude-3-sonnet-20240229-v1:0",
  v2: "anthropic.claude-v2",
  sonnet: "us.anthropic.claude-sonnet-4-20250514-v1:0",
  mantle: "anthropic.claude-opus-4",
} as const;

/** Source addresses. */
export const ADDRESS = {
  office: "192.0.2.10",
  sync: "192.0.2.20",
  redTeam: "192.0.2.30",
  ci: "192.0.2.40",
  nat: "203.0.113.10",
  natPrivate: "10.20.0.10",
  s3Public: "203.0.113.130",
  mirror: "203.0.113.200",
  lambda: "203.0.113.250",
  app: "10.20.1.20",
  notebook: "10.20.1.51",
  training: "10.20.2.77",
  operator: "198.51.100.23",
  resale: "198.51.100.77",
  drop: "198.51.100.140",
  control: "198.51.100.200",
} as const;

/** Network interfaces, endpoints and the rest of the VPC. */
export const ENI = {
  nat: "eni-0nat000000000001",
  notebook: "eni-0nb0000000000001",
  idle: "eni-0idle000000000001",
} as const;
export const BEDROCK_ENDPOINT = "vpce-0bed0000000000001";
export const S3_ENDPOINT = "vpce-0s3gw000000000001";
export const VPC = "vpc-0acme000000000001";
export const SUBNET = {
  public: "subnet-0pub0000000001",
  app: "subnet-0app0000000001",
  ml: "subnet-0ml00000000001",
} as const;

/** Bedrock and SageMaker resources. */
export const KNOWLEDGE_BASE = "KBACME0001";
export const DATA_SOURCE = "DSACME0001";
export const AGENT = "AGENTACME1";
export const AGENT_ALIAS = "ALIASPROD1";
export const GUARDRAIL = "grd4acme0001";
export const UNUSED_GUARDRAIL = "grd9hr000002";
export const ENDPOINT = "churn-prod";
export const NOTEBOOK = "nb-research-01";

/** ARN of a resource of the account. */
export function arn(service: string, resource: string, region: string = HOME): string {
  return `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
}
