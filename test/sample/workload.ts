import { HOUR } from "./clock.js";
import { Numbering } from "./identifier.js";
import { AGENT_OF, APP, type Caller, KB, MLOPS, SVC, session, TRAIN, TRAIN_SERVICE } from "./identity.js";
import { ADDRESS, BEDROCK_ENDPOINT, ENDPOINT, S3_ENDPOINT, TRAINING_PREFIX } from "./place.js";

// The ordinary work of detections.md D.4 that repeats every day is done by workloads: acme's own, and in the scaled sample
// one for every tenant.

/** The principals, places and ids of one workload. */
export interface Workload {
  readonly suffix: string;
  readonly numbering: Numbering;
  readonly app: Caller;
  readonly training: Caller;
  readonly trainingService: Caller;
  readonly pipeline: Caller;
  readonly ingestion: Caller;
  readonly sync: Caller;
  readonly trainingAddress: string;
  readonly trainingPrefix: string;
  readonly kbPrefix: string;
  readonly endpoint: string;
  /** Seconds by which a tenant is later than acme itself, so that they do not march in step. */
  readonly delay: number;
}

/** The workload of the story. */
export function acme(numbering: Numbering): Workload {
  return {
    suffix: "",
    numbering,
    app: APP,
    training: TRAIN,
    trainingService: TRAIN_SERVICE,
    pipeline: MLOPS,
    ingestion: KB,
    sync: SVC,
    trainingAddress: ADDRESS.training,
    trainingPrefix: TRAINING_PREFIX,
    kbPrefix: "policies/",
    endpoint: ENDPOINT,
    delay: 0,
  };
}

/** The n-th tenant of the scaled sample: the same work by principals of its own, on prefixes of its own. */
export function tenant(n: number): Workload {
  const suffix = `-t${String(n + 1).padStart(4, "0")}`;
  const digits = String(n + 1).padStart(6, "0");
  const place = (third: number) => `10.20.${third + Math.floor(n / 200)}.${20 + (n % 200)}`;
  const key = (name: string) => `ASIAEXAMPLE${name}${digits}`.slice(0, 20);
  const service = {
    address: "bedrock.amazonaws.com",
    agent: "bedrock.amazonaws.com",
    invokedBy: "bedrock.amazonaws.com",
  };
  const sagemaker = {
    address: "sagemaker.amazonaws.com",
    agent: "sagemaker.amazonaws.com",
    invokedBy: "sagemaker.amazonaws.com",
    opened: HOUR,
  };
  const trainingAddress = place(96);
  return {
    suffix,
    numbering: new Numbering(`${suffix}/`),
    app: session(`genai-app-exec${suffix}`, "genai-app", key("APP"), {
      address: place(32),
      agent: AGENT_OF.app,
      endpoint: BEDROCK_ENDPOINT,
    }),
    training: session(`ml-train-exec${suffix}`, "SageMaker", key("TRN"), {
      address: trainingAddress,
      agent: AGENT_OF.training,
      endpoint: S3_ENDPOINT,
      opened: HOUR,
    }),
    trainingService: session(`ml-train-exec${suffix}`, "SageMaker", key("TRN"), sagemaker),
    pipeline: session(`mlops-pipeline${suffix}`, "nightly", key("MLO"), {
      address: ADDRESS.ci,
      agent: AGENT_OF.pipeline,
    }),
    ingestion: session(
      `AmazonBedrockExecutionRoleForKnowledgeBase_kb${suffix}`,
      "kb-ingest",
      key("KBR"),
      service,
    ),
    sync: session(`kb-sync${suffix}`, "sync", key("SYN"), { address: ADDRESS.sync, agent: AGENT_OF.sync }),
    trainingAddress,
    trainingPrefix: `datasets/churn${suffix}/v3/`,
    kbPrefix: `policies${suffix}/`,
    endpoint: `churn-prod${suffix}`,
    delay: (n * 17) % 47,
  };
}
