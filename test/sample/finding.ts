import type { Archive } from "./archive.js";
import { iso, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { gzip } from "./gzip.js";
import { iamId, uuid } from "./identifier.js";
import { ADMIN_USER, KEY } from "./identity.js";
import type { Json } from "./journal.js";
import { ACCOUNT, ADDRESS, arn, BUCKET, FOREIGN_ACCOUNT, HOME, WEST } from "./place.js";

// What the managed detectors said: the GuardDuty export of detections.md D.6 and three Security Hub findings.

interface Finding {
  readonly id: string;
  readonly type: string;
  readonly severity: number;
  readonly key: string;
  readonly user: readonly [name: string, type: "IAMUser" | "AssumedRole"];
  readonly address: string;
  readonly api: readonly [name: string, service: string];
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly title: string;
  readonly bucket?: string;
}

const ADMIN = { key: KEY.admin, user: [ADMIN_USER, "IAMUser"], address: ADDRESS.operator } as const;
const NOTEBOOK = { key: KEY.notebook, user: ["ml-notebook-exec", "AssumedRole"] } as const;

const FINDINGS: Finding[] = [
  {
    id: "gd-0001",
    type: "Recon:IAMUser/MaliciousIPCaller.Custom",
    severity: 5,
    key: KEY.svc,
    user: ["svc-rag-sync", "IAMUser"],
    address: "198.51.100.30",
    api: ["ListUsers", "iam.amazonaws.com"],
    first: "09:14:00",
    last: "09:21:53",
    count: 44,
    title: "API ListUsers was invoked from an IP address on a custom threat list.",
  },
  {
    ...ADMIN,
    id: "gd-0002",
    type: "Persistence:IAMUser/AnomalousBehavior",
    severity: 5,
    api: ["CreateLoginProfile", "iam.amazonaws.com"],
    first: "09:53:10",
    last: "10:26:00",
    count: 5,
    title: "User IAMUser : Kqwbxn482 is anomalously invoking APIs commonly used in Persistence tactics.",
  },
  {
    ...ADMIN,
    id: "gd-0003",
    type: "Impact:IAMUser/AnomalousBehavior",
    severity: 8,
    api: ["DeleteGuardrail", "bedrock.amazonaws.com"],
    first: "10:15:00",
    last: "10:20:00",
    count: 3,
    title: "User IAMUser : Kqwbxn482 is anomalously invoking APIs commonly used in Impact tactics.",
  },
  {
    ...NOTEBOOK,
    id: "gd-0004",
    type: "Exfiltration:S3/AnomalousBehavior",
    severity: 8,
    address: ADDRESS.notebook,
    api: ["GetObject", "s3.amazonaws.com"],
    first: "12:10:00",
    last: "12:21:58",
    count: 480,
    title:
      "User AssumedRole : ml-notebook-exec is anomalously invoking APIs commonly used in Exfiltration tactics.",
    bucket: BUCKET.training,
  },
  {
    ...NOTEBOOK,
    id: "gd-0005",
    type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    severity: 5,
    address: ADDRESS.operator,
    api: ["GetCallerIdentity", "sts.amazonaws.com"],
    first: "12:58:00",
    last: "12:59:10",
    count: 3,
    title: "API GetCallerIdentity was invoked from an IP address on a custom threat list.",
  },
  {
    ...ADMIN,
    id: "gd-0006",
    type: "DefenseEvasion:IAMUser/AnomalousBehavior",
    severity: 8,
    api: ["DeleteFlowLogs", "ec2.amazonaws.com"],
    first: "14:20:00",
    last: "14:27:00",
    count: 4,
    title: "User IAMUser : Kqwbxn482 is anomalously invoking APIs commonly used in DefenseEvasion tactics.",
  },
];

const DETECTOR = "0ac1e2f3a4b5c6d7e8f9a0b1c2d3e4f5";
const at = (time: string) => utc(`2026-03-11T${time}`);
const milliseconds = (second: number) => iso(second).replace("Z", ".000Z");

function exported(finding: Finding, updated: number, count: number): Json {
  const [name, userType] = finding.user;
  const role = userType === "AssumedRole";
  return {
    schemaVersion: "2.0",
    accountId: ACCOUNT,
    region: HOME,
    partition: "aws",
    id: finding.id,
    arn: arn("guardduty", `detector/${DETECTOR}/finding/${finding.id}`),
    type: finding.type,
    resource: {
      resourceType: finding.bucket ? "S3Bucket" : "AccessKey",
      accessKeyDetails: {
        accessKeyId: finding.key,
        principalId: role ? `${iamId("AROA", name)}:SageMaker` : iamId("AIDA", name),
        userType,
        userName: name,
      },
      ...(finding.bucket
        ? {
            s3BucketDetails: [
              {
                arn: `arn:aws:s3:::${finding.bucket}`,
                name: finding.bucket,
                type: "Destination",
                owner: { id: ACCOUNT },
              },
            ],
          }
        : {}),
    },
    service: {
      serviceName: "guardduty",
      detectorId: DETECTOR,
      action: {
        actionType: "AWS_API_CALL",
        awsApiCallAction: {
          api: finding.api[0],
          serviceName: finding.api[1],
          callerType: "Remote IP",
          remoteIpDetails: {
            ipAddressV4: finding.address,
            organization: {},
            country: {},
            city: {},
            geoLocation: {},
          },
        },
      },
      resourceRole: "TARGET",
      additionalInfo: { type: "default", value: "{}" },
      eventFirstSeen: milliseconds(at(finding.first)),
      eventLastSeen: milliseconds(at(finding.last)),
      archived: false,
      count,
    },
    severity: finding.severity,
    createdAt: milliseconds(at(finding.last) + 10 * MINUTE),
    updatedAt: milliseconds(updated),
    title: finding.title,
    description: finding.title,
  };
}

/** Writes the GuardDuty export: one file a finding, and one finding exported again when it was updated. */
export function writeGuardDuty(archive: Archive): void {
  const folder = `${BUCKET.trail}/AWSLogs/${ACCOUNT}/GuardDuty/${HOME}/2026/03/11`;
  for (const finding of FINDINGS) {
    const updated = at(finding.last) + 10 * MINUTE;
    const first = exported(finding, updated, finding.id === "gd-0003" ? 2 : finding.count);
    archive.write(
      `${folder}/${uuid(`guardduty|${finding.id}`)}.jsonl.gz`,
      gzip(`${JSON.stringify(first)}\n`),
    );
  }
  const again = FINDINGS[2]!;
  const second = exported(again, at(again.last) + 25 * MINUTE, again.count);
  archive.write(
    `${folder}/${uuid(`guardduty|${again.id}|updated`)}.jsonl.gz`,
    gzip(`${JSON.stringify(second)}\n`),
  );
}

/** Keeps the Security Hub findings that were active after the incident. */
export function collectSecurityHub(collection: Collection): void {
  const finding = (
    number: number,
    region: string,
    control: string,
    label: string,
    time: string,
    title: string,
    resource: Json,
    status = "FAILED",
  ): Json => ({
    SchemaVersion: "2018-10-08",
    Id: `arn:aws:securityhub:${region}:${ACCOUNT}:security-control/${control}/finding/${uuid(`securityhub|${number}`)}`,
    ProductArn: `arn:aws:securityhub:${region}::product/aws/securityhub`,
    ProductName: "Security Hub",
    CompanyName: "AWS",
    Region: region,
    GeneratorId: `security-control/${control}`,
    AwsAccountId: ACCOUNT,
    Types: ["Software and Configuration Checks/AWS Security Best Practices"],
    FirstObservedAt: milliseconds(at(time)),
    LastObservedAt: milliseconds(at(time)),
    CreatedAt: milliseconds(at(time)),
    UpdatedAt: milliseconds(at(time) + 5 * MINUTE),
    Severity: { Label: label, Normalized: label === "CRITICAL" ? 90 : 70, Original: label },
    Title: title,
    Description: title,
    ProductFields: { "aws/securityhub/ProductName": "Security Hub", "aws/securityhub/CompanyName": "AWS" },
    Resources: [{ Partition: "aws", Region: region, ...resource }],
    Compliance: { Status: status, SecurityControlId: control },
    WorkflowState: "NEW",
    Workflow: { Status: "NEW" },
    RecordState: "ACTIVE",
  });
  const bucket = { Type: "AwsS3Bucket", Id: `arn:aws:s3:::${BUCKET.training}` };
  collection.keep("securityhub", "get-findings", undefined, {
    Findings: [
      finding(
        1,
        HOME,
        "S3.6",
        "HIGH",
        "13:20:00",
        `S3 general purpose bucket policies should restrict access to other AWS accounts (${FOREIGN_ACCOUNT})`,
        bucket,
      ),
      finding(
        2,
        HOME,
        "S3.9",
        "MEDIUM",
        "14:40:00",
        "S3 general purpose buckets should have server access logging enabled",
        bucket,
      ),
      finding(3, WEST, "GuardDuty.1", "HIGH", "14:50:00", "GuardDuty should be enabled", {
        Type: "AwsAccount",
        Id: `AWS::::Account:${ACCOUNT}`,
      }),
    ],
  });
}
