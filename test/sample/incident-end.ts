import { utc } from "./clock.js";
import { type Call, recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import { ADMIN_USER, API_KEY_ID, admin, CAROL, KEY, PHANTOM_USER } from "./identity.js";
import type { Journal } from "./journal.js";
import {
  ACCOUNT,
  arn,
  BUCKET,
  ENDPOINT,
  EVIL_MODEL_BYTES,
  EVIL_VERSION,
  FLOW_LOG,
  FOREIGN_ACCOUNT,
  GOOD_VERSION,
  HOME,
  MODEL_BYTES,
  MODEL_KEY,
  TRAIL,
  WEST,
} from "./place.js";
import { touch } from "./s3-access.js";

// The last part, 13:20 to 15:42: the model is replaced, computers are tried, the traces are attacked, and the responders
// switch the identities off.

const at = (time: string) => utc(`2026-03-11T${time}`);
const SAGEMAKER_HOST = `api.sagemaker.${HOME}.amazonaws.com`;

/** Names that the attacker gave. */
export const HOTFIX_MODEL = "churn-2026-03-11-hotfix";
export const HOTFIX_IMAGE = `${FOREIGN_ACCOUNT}.dkr.ecr.${HOME}.amazonaws.com/churn-serve:latest`;
export const OLD_CONFIG = "churn-prod-cfg-0007";
export const NEW_CONFIG = "churn-prod-cfg-0008";

function model(journal: Journal, numbering: Numbering, tell: (call: Call) => void): void {
  const artifact = { bucket: BUCKET.models, key: MODEL_KEY, caller: admin() } as const;
  touch(journal, numbering, {
    ...artifact,
    at: at("13:20:00"),
    operation: "GetObject",
    size: MODEL_BYTES,
    version: GOOD_VERSION,
  });
  touch(journal, numbering, {
    ...artifact,
    at: at("13:34:00"),
    operation: "PutObject",
    size: EVIL_MODEL_BYTES,
    version: EVIL_VERSION,
  });
  const sagemaker = { caller: admin(), service: "sagemaker", host: SAGEMAKER_HOST, write: true } as const;
  tell({
    ...sagemaker,
    at: at("13:41:00"),
    name: "CreateModel",
    request: {
      modelName: HOTFIX_MODEL,
      primaryContainer: { image: HOTFIX_IMAGE, modelDataUrl: `s3://${BUCKET.models}/${MODEL_KEY}` },
      executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/ml-train-exec`,
    },
    response: { modelArn: arn("sagemaker", `model/${HOTFIX_MODEL}`) },
  });
  tell({
    ...sagemaker,
    at: at("13:43:00"),
    name: "CreateEndpointConfig",
    request: {
      endpointConfigName: NEW_CONFIG,
      kmsKeyId: arn("kms", "key/00000000-aaaa-4bbb-8ccc-000000000001"),
      productionVariants: [
        {
          variantName: "AllTraffic",
          modelName: HOTFIX_MODEL,
          initialInstanceCount: 1,
          instanceType: "ml.m5.large",
          initialVariantWeight: 1,
        },
      ],
    },
    response: { endpointConfigArn: arn("sagemaker", `endpoint-config/${NEW_CONFIG}`) },
  });
  tell({
    ...sagemaker,
    at: at("13:45:00"),
    name: "UpdateEndpoint",
    request: { endpointName: ENDPOINT, endpointConfigName: NEW_CONFIG },
    response: { endpointArn: arn("sagemaker", `endpoint/${ENDPOINT}`) },
  });
}

function instances(tell: (call: Call) => void): void {
  const ec2 = { caller: admin(), service: "ec2", write: true } as const;
  tell({
    ...ec2,
    at: at("14:04:00"),
    name: "CreateKeyPair",
    request: { keyName: "k-ssh", keyType: "rsa" },
    response: { keyName: "k-ssh", keyPairId: "key-0acme000000000001", keyMaterial: "<sensitiveDataRemoved>" },
  });
  tell({
    ...ec2,
    at: at("14:04:10"),
    name: "CreateSecurityGroup",
    request: { groupName: "k-open", groupDescription: "k" },
    response: { _return: true, groupId: "sg-0kopen0000000001" },
  });
  tell({
    ...ec2,
    at: at("14:04:20"),
    name: "AuthorizeSecurityGroupIngress",
    request: {
      groupId: "sg-0kopen0000000001",
      ipPermissions: {
        items: [
          { ipProtocol: "tcp", fromPort: 0, toPort: 65_535, ipRanges: { items: [{ cidrIp: "0.0.0.0/0" }] } },
        ],
      },
    },
    response: { _return: true },
  });
  const launch = (instanceType: string) => ({
    name: "RunInstances",
    request: {
      instancesSet: {
        items: [{ imageId: "ami-0acme00000000gpu1", minCount: 1, maxCount: 1, keyName: "k-ssh" }],
      },
      groupSet: { items: [{ groupId: "sg-0kopen0000000001" }] },
      instanceType,
    },
  });
  for (let i = 0; i < 5; i++) {
    tell({
      ...ec2,
      ...launch("p5.48xlarge"),
      at: at("14:05:00") + 25 * i,
      error: [
        "Server.InsufficientInstanceCapacity",
        "We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested (us-east-1a).",
      ],
    });
  }
  const instancesSet = { items: [{ instanceId: "i-0acmegpu00000001", imageId: "ami-0acme00000000gpu1" }] };
  tell({ ...ec2, ...launch("p4d.24xlarge"), at: at("14:09:00"), response: { instancesSet } });
  tell({
    ...ec2,
    at: at("14:14:00"),
    name: "TerminateInstances",
    request: { instancesSet: { items: [{ instanceId: "i-0acmegpu00000001" }] } },
    response: {
      instancesSet: {
        items: [{ instanceId: "i-0acmegpu00000001", currentState: { code: 32, name: "shutting-down" } }],
      },
    },
  });
}

function tampering(tell: (call: Call) => void): void {
  const caller = admin();
  tell({
    at: at("14:20:00"),
    caller,
    service: "cloudtrail",
    name: "StopLogging",
    write: true,
    request: { name: arn("cloudtrail", `trail/${TRAIL}`) },
    error: [
      "AccessDenied",
      `User: ${caller.arn} is not authorized to perform: cloudtrail:StopLogging with an explicit deny in a service control policy`,
    ],
  });
  tell({
    at: at("14:22:00"),
    caller,
    service: "ec2",
    name: "DeleteFlowLogs",
    write: true,
    request: { DeleteFlowLogsRequest: { FlowLogId: { tag: 1, content: FLOW_LOG } } },
    response: { DeleteFlowLogsResponse: { unsuccessful: "", requestId: "deleteflowlogs" } },
  });
  tell({
    at: at("14:25:00"),
    caller,
    service: "guardduty",
    name: "UpdateDetector",
    region: WEST,
    write: true,
    request: { detectorId: "12abc34d567e8fa901bc2d34e56789f1", enable: false },
  });
  tell({
    at: at("14:27:00"),
    caller,
    service: "s3",
    name: "PutBucketLogging",
    write: true,
    host: `${BUCKET.training}.s3.${HOME}.amazonaws.com`,
    request: {
      bucketName: BUCKET.training,
      logging: "",
      BucketLoggingStatus: { xmlns: "http://s3.amazonaws.com/doc/2006-03-01/" },
      Host: `${BUCKET.training}.s3.${HOME}.amazonaws.com`,
    },
    resources: [{ accountId: ACCOUNT, type: "AWS::S3::Bucket", ARN: `arn:aws:s3:::${BUCKET.training}` }],
  });
}

function containment(tell: (call: Call) => void): void {
  const iam = { caller: CAROL, service: "iam", write: true } as const;
  const inactive = (userName: string, accessKeyId: string) => ({
    name: "UpdateAccessKey",
    request: { userName, accessKeyId, status: "Inactive" },
  });
  tell({ ...iam, at: at("15:02:00"), ...inactive("svc-rag-sync", KEY.svc) });
  tell({ ...iam, at: at("15:03:00"), ...inactive(ADMIN_USER, KEY.admin) });
  tell({ ...iam, at: at("15:05:00"), name: "DeleteLoginProfile", request: { userName: ADMIN_USER } });
  const credential = { userName: PHANTOM_USER, serviceSpecificCredentialId: API_KEY_ID };
  tell({
    ...iam,
    at: at("15:41:00"),
    name: "UpdateServiceSpecificCredential",
    request: { ...credential, status: "Inactive" },
  });
  tell({ ...iam, at: at("15:42:00"), name: "DeleteServiceSpecificCredential", request: credential });
}

/** Tells the tampered model, the instances, the attack on the traces and the containment. */
export function ending(journal: Journal, numbering: Numbering): void {
  const tell = (call: Call) => journal.event(recordOf(call, numbering));
  model(journal, numbering, tell);
  instances(tell);
  tampering(tell);
  containment(tell);
}
