import { converseInput, converseOutput, invoke } from "./bedrock.js";
import { CASE_FROM, compactDay, DAY, dayOf, dayOfMonth, HOUR, isWeekday, MINUTE, utc } from "./clock.js";
import { denied, recordOf } from "./cloudtrail.js";
import { Numbering, uuid } from "./identifier.js";
import {
  AGENT_OF,
  APP,
  type Caller,
  KB,
  MLOPS,
  roleArn,
  SVC,
  session,
  TRAIN,
  TRAIN_SERVICE,
} from "./identity.js";
import type { Journal } from "./journal.js";
import {
  ACCOUNT,
  ADDRESS,
  arn,
  BEDROCK_ENDPOINT,
  BUCKET,
  DATA_SOURCE,
  ENDPOINT,
  HOME,
  KNOWLEDGE_BASE,
  MODEL,
  MODEL_BYTES,
  PART_BYTES,
  partKey,
  S3_ENDPOINT,
  SUBNET,
  TRAINING_PARTS,
  TRAINING_PREFIX,
} from "./place.js";
import { poisonedExchange, SUPPORT_SYSTEM, supportExchange, ticketHistory } from "./prompt.js";
import { touch } from "./s3-access.js";

// The ordinary work of detections.md D.4 that repeats every day. The scaled sample runs it once more for every tenant.

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

/** Calls of the support assistant in an hour of the day. */
export function appCalls(day: number, hourOfDay: number): number {
  return isWeekday(day) && hourOfDay >= 8 && hourOfDay < 18 ? 40 : 6;
}

const POISON_FROM = utc("2026-03-11T11:25:00");
const POISON_TO = utc("2026-03-11T11:52:00");
/** Requests with an attachment over 100 KB: two of the poisoned ones, two of ordinary days. */
const LARGE = new Set(["2026-03-04/100", "2026-03-10/200", "poisoned/2", "poisoned/8"]);

/** Calls whose user agent CloudTrail has cut. */
const TRUNCATED = new Set(["2026-03-03/50", "2026-03-03/300"]);

/** One call of the support assistant: the k-th of its day, the i-th of its hour. */
export function converse(work: Workload, journal: Journal, at: number, k: number, i: number): void {
  const input = 600 + ((k * 53) % 600);
  const output = 120 + ((k * 31) % 200);
  const poisoned = work.suffix === "" && at >= POISON_FROM && at < POISON_TO;
  const number = i - 17;
  const exchange = poisoned ? poisonedExchange(k, number, i % 4 === 0) : supportExchange(k);
  const day = new Date(at * 1000).toISOString().slice(0, 10);
  const truncated = work.suffix === "" && TRUNCATED.has(`${day}/${k}`);
  const large = work.suffix === "" && (poisoned ? LARGE.has(`poisoned/${number}`) : LARGE.has(`${day}/${k}`));
  invoke(journal, work.numbering, {
    at,
    caller: truncated ? { ...work.app, agent: work.app.agent.slice(0, 58) } : work.app,
    model: MODEL.haiku,
    operation: "Converse",
    logged: {
      input: converseInput(SUPPORT_SYSTEM, exchange, large ? ticketHistory(k) : undefined),
      output: converseOutput(exchange.answer, input, output),
      inputTokens: input,
      outputTokens: output,
      large,
      ...(k % 2 === 0 ? { metadata: { userId: `u${k % 37}` } } : {}),
    },
  });
}

/** The calls of the support assistant in one hour. */
export function supportHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  const hour = (from - day) / HOUR;
  let k = 0;
  for (let earlier = 0; earlier < hour; earlier++) k += appCalls(day, earlier);
  const n = appCalls(day, hour);
  for (let i = 0; i < n; i++, k++) {
    const jitter = (dayOfMonth(day) * 37 + hour * 13 + i * 7) % 41;
    converse(
      work,
      journal,
      from + i * Math.floor(HOUR / n) + jitter + (work.delay > 0 ? work.delay % 19 : 0),
      k,
      i,
    );
  }
}

/** Name of the training job of a day. */
export function trainingJob(work: Workload, day: number): string {
  return `churn-train${work.suffix}-${compactDay(day)}`;
}

function startTraining(work: Workload, journal: Journal, day: number): void {
  const job = trainingJob(work, day);
  const trainingRole = `ml-train-exec${work.suffix}`;
  journal.event(
    recordOf(
      {
        at: day + HOUR,
        caller: work.pipeline,
        service: "sagemaker",
        name: "CreateTrainingJob",
        host: `api.sagemaker.${HOME}.amazonaws.com`,
        write: true,
        request: {
          trainingJobName: job,
          algorithmSpecification: {
            trainingImage: `${ACCOUNT}.dkr.ecr.${HOME}.amazonaws.com/churn-train:1.14`,
            trainingInputMode: "File",
          },
          roleArn: roleArn(trainingRole),
          inputDataConfig: [
            {
              channelName: "train",
              dataSource: {
                s3DataSource: {
                  s3DataType: "S3Prefix",
                  s3Uri: `s3://${BUCKET.training}/${work.trainingPrefix}`,
                  s3DataDistributionType: "FullyReplicated",
                },
              },
            },
          ],
          outputDataConfig: { s3OutputPath: `s3://${BUCKET.models}/models/churn${work.suffix}/nightly/` },
          resourceConfig: { instanceType: "ml.m5.4xlarge", instanceCount: 1, volumeSizeInGB: 100 },
          vpcConfig: { securityGroupIds: ["sg-0ml00000000000001"], subnets: [SUBNET.ml] },
          enableNetworkIsolation: true,
          enableInterContainerTrafficEncryption: true,
          stoppingCondition: { maxRuntimeInSeconds: 7200 },
        },
        response: { trainingJobArn: arn("sagemaker", `training-job/${job}`) },
      },
      work.numbering,
    ),
  );
  journal.event(
    recordOf(
      {
        at: day + HOUR + 2 * MINUTE,
        caller: work.trainingService,
        service: "ec2",
        name: "CreateNetworkInterface",
        write: true,
        request: {
          subnetId: SUBNET.ml,
          description: `[Do not delete] ENI managed by SageMaker for Training Job ${job}`,
          groupSet: { items: [{ groupId: "sg-0ml00000000000001" }] },
        },
        response: {
          networkInterface: {
            networkInterfaceId: trainingInterface(work, day),
            subnetId: SUBNET.ml,
            privateIpAddress: work.trainingAddress,
            status: "pending",
          },
        },
      },
      work.numbering,
    ),
  );
}

/** The network interface of the training job of a day. */
export function trainingInterface(work: Workload, day: number): string {
  return `eni-0tr${compactDay(day)}${work.suffix}`;
}

/** The nightly training run, as far as it falls into the hour. */
export function trainingHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  const hour = (from - day) / HOUR;
  if (hour !== 1 && hour !== 2) return;
  if (hour === 1) startTraining(work, journal, day);
  const within = (at: number) => at >= from && at < from + HOUR;
  const start = day + HOUR + 5 * MINUTE;
  for (let part = 0; part < TRAINING_PARTS; part++) {
    const at = start + Math.floor(part * 8.75);
    if (!within(at)) continue;
    const key = partKey(part, work.trainingPrefix);
    touch(journal, work.numbering, {
      at,
      caller: work.training,
      bucket: BUCKET.training,
      key,
      operation: "GetObject",
      size: PART_BYTES,
    });
  }
  for (let minute = 0; minute < 70; minute++) {
    const at = start + minute * MINUTE;
    if (!within(at)) continue;
    journal.flow({
      start: at,
      end: at + MINUTE,
      eni: trainingInterface(work, day),
      status: "OK",
      source: work.trainingAddress,
      target: ADDRESS.s3Public,
      sourcePort: 40_000 + minute,
      targetPort: 443,
      packets: 1200,
      bytes: 900_000,
      subnet: SUBNET.ml,
      service: "S3",
      path: 7,
    });
  }
  if (hour === 2) finishTraining(work, journal, day);
}

function finishTraining(work: Workload, journal: Journal, day: number): void {
  touch(journal, work.numbering, {
    at: day + 2 * HOUR + 20 * MINUTE,
    caller: work.training,
    bucket: BUCKET.models,
    key: `models/churn${work.suffix}/nightly/${compactDay(day)}/model.tar.gz`,
    operation: "PutObject",
    size: MODEL_BYTES,
    version: `v-nightly-${compactDay(day)}`,
  });
  journal.event(
    recordOf(
      {
        at: day + 2 * HOUR + 21 * MINUTE + 40,
        caller: work.training,
        service: "s3",
        name: "ListBuckets",
        request: { Host: `s3.${HOME}.amazonaws.com` },
        error: denied(work.training, "s3:ListAllMyBuckets"),
        additional: {
          SignatureVersion: "SigV4",
          CipherSuite: "TLS_AES_128_GCM_SHA256",
          AuthenticationMethod: "AuthHeader",
        },
      },
      work.numbering,
    ),
  );
}

/** Version of a knowledge-base document written by the sync of a day. */
export function documentVersion(document: number, day: number): string {
  return `v-doc${document}-${compactDay(day)}`;
}

/** The nightly sync of the knowledge base. */
export function knowledgeHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  if (from - day !== 3 * HOUR) return;
  const key = (document: number) => `${work.kbPrefix}doc-${document}.md`;
  const common = { bucket: BUCKET.kb, size: 20_000 };
  for (let document = 0; document < 6; document++) {
    const version = documentVersion(document, day);
    touch(journal, work.numbering, {
      ...common,
      at: from + document * 10,
      caller: work.sync,
      key: key(document),
      operation: "PutObject",
      version,
    });
    touch(journal, work.numbering, {
      ...common,
      at: from + 6 * MINUTE + document * 5,
      caller: work.ingestion,
      key: key(document),
      operation: "GetObject",
      version,
    });
  }
  journal.event(ingestion(work.sync, from + 5 * MINUTE, `JOB${compactDay(day).slice(2)}A`, work.numbering));
}

/** StartIngestionJob of the acme knowledge base. */
export function ingestion(caller: Caller, at: number, job: string, numbering: Numbering) {
  return recordOf(
    {
      at,
      caller,
      service: "bedrock",
      name: "StartIngestionJob",
      host: `bedrock-agent.${HOME}.amazonaws.com`,
      write: true,
      request: { knowledgeBaseId: KNOWLEDGE_BASE, dataSourceId: DATA_SOURCE },
      response: {
        ingestionJob: {
          knowledgeBaseId: KNOWLEDGE_BASE,
          dataSourceId: DATA_SOURCE,
          ingestionJobId: job,
          status: "STARTING",
          startedAt: new Date(at * 1000).toISOString(),
          updatedAt: new Date(at * 1000).toISOString(),
        },
      },
    },
    numbering,
  );
}

/** Captured inferences of the endpoint; on the incident day they end when the endpoint is replaced. */
export function captureHour(work: Workload, journal: Journal, from: number): void {
  const last = work.suffix === "" ? CASE_FROM + 13 * HOUR + 44 * MINUTE : CASE_FROM + DAY;
  for (let i = 0; i < 30; i++) {
    const at = from + i * 120;
    if (at > last) return;
    const n = Math.floor(at / 120);
    const tenure = 1 + ((n * 7) % 72);
    const charge = 20 + ((n * 13) % 90);
    const score = (0.05 + ((n * 29) % 60) / 100).toFixed(4);
    journal.capture({
      at,
      endpoint: work.endpoint,
      eventId: uuid(`capture${work.suffix}|${n}`),
      input: `${tenure},${charge}.5,${n % 2},${n % 3}`,
      output: score,
    });
  }
}
