import { localTime, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { roleArn } from "./identity.js";
import { SHARED_POLICY } from "./incident-data.js";
import { arn, BUCKET, HOME, TRAIL, WEST } from "./place.js";

// What records what: the inputs of the readiness score (detections.md D.8).

const DETECTOR: Record<string, string> = {
  [HOME]: "0ac1e2f3a4b5c6d7e8f9a0b1c2d3e4f5",
  [WEST]: "12abc34d567e8fa901bc2d34e56789f1",
};
const DATA_TYPES = [
  "AWS::Lambda::Function",
  "AWS::SNS::Topic",
  "AWS::SES::EmailIdentity",
  "AWS::BedrockMantle::Project",
  "AWS::BedrockAgentCore::Runtime",
  "AWS::BedrockAgentCore::Gateway",
  "AWS::BedrockAgentCore::Memory",
  "AWS::BedrockAgentCore::CodeInterpreter",
  "AWS::BedrockAgentCore::Browser",
  "AWS::Bedrock::Guardrail",
  "AWS::Bedrock::PromptVersion",
  "AWS::Bedrock::AsyncInvoke",
];

function trail(collection: Collection): void {
  const trailArn = arn("cloudtrail", `trail/${TRAIL}`);
  collection.keep("cloudtrail", "describe-trails", undefined, {
    trailList: [
      {
        Name: TRAIL,
        S3BucketName: BUCKET.trail,
        IncludeGlobalServiceEvents: true,
        IsMultiRegionTrail: true,
        HomeRegion: HOME,
        TrailARN: trailArn,
        LogFileValidationEnabled: true,
        HasCustomEventSelectors: true,
        HasInsightSelectors: false,
        IsOrganizationTrail: false,
      },
    ],
  });
  const selector = (name: string, fields: Record<string, string[]>) => ({
    Name: name,
    FieldSelectors: Object.entries(fields).map(([field, values]) =>
      field === "resources.ARN" ? { Field: field, StartsWith: values } : { Field: field, Equals: values },
    ),
  });
  const buckets = [BUCKET.training, BUCKET.models, BUCKET.kb, BUCKET.private, BUCKET.bedrockLogs];
  collection.keep("cloudtrail", "get-event-selectors", TRAIL, {
    TrailARN: trailArn,
    AdvancedEventSelectors: [
      selector("management", { eventCategory: ["Management"] }),
      selector("objects of the AI buckets", {
        eventCategory: ["Data"],
        "resources.type": ["AWS::S3::Object"],
        "resources.ARN": buckets.map((bucket) => `arn:aws:s3:::${bucket}/`),
      }),
      ...DATA_TYPES.map((type) => selector(type, { eventCategory: ["Data"], "resources.type": [type] })),
    ],
  });
  collection.keep("cloudtrail", "get-trail-status", TRAIL, {
    IsLogging: true,
    LatestDeliveryTime: localTime(collection.at - 4 * MINUTE),
    StartLoggingTime: localTime(utc("2026-03-01")),
    LatestDigestDeliveryTime: localTime(collection.at - 51 * MINUTE),
    LatestDeliveryAttemptTime: new Date((collection.at - 4 * MINUTE) * 1000).toISOString().slice(0, 19),
    LatestNotificationAttemptTime: "",
    TimeLoggingStarted: "2026-03-01T00:00:00Z",
    TimeLoggingStopped: "",
  });
}

function buckets(collection: Collection): void {
  for (const bucket of Object.values(BUCKET)) {
    const logged: string[] = [BUCKET.training, BUCKET.models, BUCKET.kb, BUCKET.private];
    const off = collection.after && bucket === BUCKET.training;
    collection.keep(
      "s3api",
      "get-bucket-logging",
      bucket,
      logged.includes(bucket) && !off
        ? { LoggingEnabled: { TargetBucket: BUCKET.accessLogs, TargetPrefix: `${bucket}/` } }
        : {},
    );
    const versioned: string[] = [BUCKET.models, BUCKET.kb];
    collection.keep(
      "s3api",
      "get-bucket-versioning",
      bucket,
      versioned.includes(bucket) ? { Status: "Enabled" } : {},
    );
  }
  for (const bucket of [BUCKET.trail, BUCKET.bedrockLogs, BUCKET.accessLogs]) {
    collection.keep("s3api", "get-object-lock-configuration", bucket, {
      Error: {
        Code: "ObjectLockConfigurationNotFoundError",
        Message: "Object Lock configuration does not exist for this bucket",
        BucketName: bucket,
      },
    });
  }
  if (collection.after) {
    collection.keep("s3api", "get-bucket-policy", BUCKET.training, { Policy: JSON.stringify(SHARED_POLICY) });
  }
}

function logGroups(collection: Collection): void {
  const group = (name: string) => ({
    logGroupName: name,
    creationTime: utc("2026-01-12T09:00:00") * 1000,
    retentionInDays: 365,
    metricFilterCount: 0,
    arn: arn("logs", `log-group:${name}:*`),
    storedBytes: 5_242_880,
    logGroupClass: "STANDARD",
    logGroupArn: arn("logs", `log-group:${name}`),
  });
  collection.keep("logs", "describe-log-groups", undefined, {
    logGroups: [
      "/acme/bedrock/invocations",
      "/aws/lambda/billing-refund",
      "/aws/lambda/ops-init",
      "/aws/lambda/support-mailer",
      "/aws/sagemaker/Endpoints/churn-prod",
      "/aws/sagemaker/NotebookInstances",
      "/aws/sagemaker/TrainingJobs",
      "/aws/vendedlogs/bedrock/knowledge-base/APPLICATION_LOGS/KBACME0001",
    ].map(group),
  });
}

function detectors(collection: Collection): void {
  for (const region of [HOME, WEST]) {
    const id = DETECTOR[region]!;
    const disabled = collection.after && region === WEST;
    collection.keep("guardduty", "list-detectors", undefined, { DetectorIds: [id] }, region);
    collection.keep(
      "guardduty",
      "get-detector",
      id,
      {
        CreatedAt: "2025-09-01T08:00:00.000Z",
        FindingPublishingFrequency: "FIFTEEN_MINUTES",
        ServiceRole: roleArn("aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
        Status: disabled ? "DISABLED" : "ENABLED",
        UpdatedAt: disabled ? "2026-03-11T14:25:00.000Z" : "2025-09-01T08:00:00.000Z",
        Features: [
          { Name: "CLOUD_TRAIL", Status: disabled ? "DISABLED" : "ENABLED" },
          { Name: "S3_DATA_EVENTS", Status: disabled ? "DISABLED" : "ENABLED" },
        ],
        Tags: {},
      },
      region,
    );
  }
}

/** Keeps what a collection says about logs, trails and detectors. */
export function collectTraces(collection: Collection): void {
  trail(collection);
  buckets(collection);
  logGroups(collection);
  detectors(collection);
  collection.keep("route53resolver", "list-resolver-query-log-configs", undefined, {
    TotalCount: 0,
    TotalFilteredCount: 0,
    ResolverQueryLogConfigs: [],
  });
  collection.keep("configservice", "describe-configuration-recorders", undefined, {
    ConfigurationRecorders: [
      {
        arn: arn("config", "configuration-recorder/default/0acme0000000001"),
        name: "default",
        roleARN: roleArn("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
        recordingGroup: { allSupported: true, includeGlobalResourceTypes: true, resourceTypes: [] },
        recordingMode: { recordingFrequency: "CONTINUOUS" },
        recordingScope: "PAID",
      },
    ],
  });
  collection.keep("configservice", "describe-configuration-recorder-status", undefined, {
    ConfigurationRecordersStatus: [
      {
        name: "default",
        lastStartTime: localTime(utc("2025-09-01T08:00:00")),
        recording: true,
        lastStatus: "SUCCESS",
      },
    ],
  });
}
