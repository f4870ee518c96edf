import { localTime, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { iamId } from "./identifier.js";
import { ADMIN_USER, KEY, PHANTOM_USER, roleArn, userArn } from "./identity.js";
import type { Json } from "./journal.js";
import { ACCOUNT, arn, BUCKET, HOME, MODEL } from "./place.js";

// The IAM snapshot of detections.md D.7: the principals in scope, as the responders cut them out of
// get-account-authorization-details. Policy documents are percent-encoded, as IAM itself sends them.

/** Percent-encodes a policy document as RFC 3986 asks. */
function encoded(document: unknown): string {
  return encodeURIComponent(JSON.stringify(document)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function policy(
  ...statements: readonly [sid: string, actions: readonly string[], resources: readonly string[]][]
): string {
  return encoded({
    Version: "2012-10-17",
    Statement: statements.map(([Sid, Action, Resource]) => ({
      Sid,
      Effect: "Allow",
      Action: Action.length === 1 ? Action[0] : Action,
      Resource: Resource.length === 1 ? Resource[0] : Resource,
    })),
  });
}

function trust(service: string): string {
  return encoded({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": ACCOUNT } },
      },
    ],
  });
}

const objects = (bucket: string) => `arn:aws:s3:::${bucket}/*`;

const SVC_POLICY = policy(
  ["documents", ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], [objects(BUCKET.kb)]],
  ["look", ["s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy"], ["*"]],
  ["bedrock", ["bedrock:List*", "bedrock:Get*", "bedrock:StartIngestionJob", "bedrock:InvokeModel"], ["*"]],
  [
    "lambda",
    ["lambda:Get*", "lambda:List*", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"],
    ["*"],
  ],
  ["ops", ["lambda:InvokeFunction"], [arn("lambda", "function:ops-init")]],
  [
    "iam",
    [
      "iam:ListUsers",
      "iam:ListRoles",
      "iam:ListAttachedUserPolicies",
      "iam:ListUserPolicies",
      "iam:GetUser",
      "iam:ListGroupsForUser",
    ],
    ["*"],
  ],
  ["sagemaker", ["sagemaker:List*", "sagemaker:Describe*"], ["*"]],
);

const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const LIMITED = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess";

function userDetail(
  name: string,
  created: string,
  inline: string | undefined,
  attached: readonly string[],
): Json {
  return {
    Path: "/",
    UserName: name,
    UserId: iamId("AIDA", name),
    Arn: userArn(name),
    CreateDate: localTime(utc(created)),
    ...(inline ? { UserPolicyList: [{ PolicyName: `${name}-inline`, PolicyDocument: inline }] } : {}),
    GroupList: [],
    AttachedManagedPolicies: attached.map((policyArn) => ({
      PolicyName: policyArn.split("/").at(-1),
      PolicyArn: policyArn,
    })),
    Tags: [],
  };
}

function roleDetail(
  name: string,
  service: string,
  inline: string | undefined,
  attached: readonly string[],
  used: string,
): Json {
  return {
    Path: "/",
    RoleName: name,
    RoleId: iamId("AROA", name),
    Arn: roleArn(name),
    CreateDate: localTime(utc("2025-10-06T08:00:00")),
    AssumeRolePolicyDocument: trust(service),
    InstanceProfileList: [],
    RolePolicyList: inline ? [{ PolicyName: `${name}-inline`, PolicyDocument: inline }] : [],
    AttachedManagedPolicies: attached.map((policyArn) => ({
      PolicyName: policyArn.split("/").at(-1),
      PolicyArn: policyArn,
    })),
    Tags: [],
    RoleLastUsed: { LastUsedDate: localTime(utc(used)), Region: HOME },
  };
}

function roles(): Json[] {
  const notebook = policy(
    [
      "stores",
      ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
      ["arn:aws:s3:::acme-ml-*/*", "arn:aws:s3:::acme-private-hr*/*"],
    ],
    ["look", ["s3:ListAllMyBuckets"], ["*"]],
    ["sagemaker", ["sagemaker:*"], ["*"]],
    ["pass", ["iam:PassRole"], [roleArn("ml-train-exec")]],
  );
  const training = policy(
    ["read", ["s3:GetObject"], [objects(BUCKET.training)]],
    ["write", ["s3:PutObject"], [objects(BUCKET.models)]],
  );
  const tool = policy(["mail", ["ses:*"], ["*"]], ["call", ["lambda:InvokeFunction"], ["*"]]);
  const app = policy([
    "invoke",
    ["bedrock:InvokeModel"],
    [`arn:aws:bedrock:${HOME}::foundation-model/${MODEL.haiku}`],
  ]);
  return [
    roleDetail("genai-app-exec", "ecs-tasks.amazonaws.com", app, [], "2026-03-11T23:50:00"),
    roleDetail("lambda-ops-admin", "lambda.amazonaws.com", undefined, [ADMINISTRATOR], "2026-03-11T09:48:00"),
    roleDetail("ml-notebook-exec", "sagemaker.amazonaws.com", notebook, [], "2026-03-11T12:59:00"),
    roleDetail("ml-train-exec", "sagemaker.amazonaws.com", training, [], "2026-03-11T02:21:00"),
    roleDetail("support-agent-tool-lambda", "lambda.amazonaws.com", tool, [], "2026-03-11T12:30:00"),
  ];
}

function managed(policyArn: string, document: string, attachments: number): Json {
  const name = policyArn.split("/").at(-1)!;
  return {
    PolicyName: name,
    PolicyId: iamId("ANPA", name),
    Arn: policyArn,
    Path: "/",
    DefaultVersionId: "v1",
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: localTime(utc("2025-06-01")),
    UpdateDate: localTime(utc("2025-06-01")),
    PolicyVersionList: [
      {
        Document: document,
        VersionId: "v1",
        IsDefaultVersion: true,
        CreateDate: localTime(utc("2025-06-01")),
      },
    ],
  };
}

function authorizationDetails(): Json {
  const limited = policy([
    "stand-in",
    [
      "bedrock:InvokeModel*",
      "bedrock:CallWithBearerToken",
      "bedrock:CreateGuardrail",
      "bedrock:DeleteGuardrail",
      "bedrock:Get*",
      "bedrock:List*",
      "iam:ListRoles",
      "kms:ListKeys",
    ],
    ["*"],
  ]);
  return {
    UserDetailList: [
      userDetail(PHANTOM_USER, "2026-03-11T10:24:00", undefined, [LIMITED]),
      userDetail("bob", "2024-05-02T08:00:00", undefined, []),
      userDetail(ADMIN_USER, "2026-03-11T09:48:07", undefined, [ADMINISTRATOR]),
      userDetail("svc-rag-sync", "2025-10-06T08:00:00", SVC_POLICY, []),
    ],
    GroupDetailList: [],
    RoleDetailList: roles(),
    Policies: [managed(ADMINISTRATOR, policy(["all", ["*"], ["*"]]), 2), managed(LIMITED, limited, 1)],
    IsTruncated: false,
  };
}

const REPORT_HEADER =
  "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

interface ReportRow {
  readonly user: string;
  readonly arn: string;
  readonly created: string;
  /** Enabled, last used, last changed. */
  readonly password: readonly [string, string, string];
  readonly mfa: boolean;
  /** Active, rotated, last used, region, service. */
  readonly key?: readonly [string, string, string, string, string];
}

function reportLine(row: ReportRow): string {
  const [enabled, used, changed] = row.password;
  const key = row.key ?? ["false", "N/A", "N/A", "N/A", "N/A"];
  const second = ["false", "N/A", "N/A", "N/A", "N/A"];
  const certificates = ["false", "N/A", "false", "N/A"];
  return [
    row.user,
    row.arn,
    row.created,
    enabled,
    used,
    changed,
    "N/A",
    row.mfa,
    ...key,
    ...second,
    ...certificates,
  ].join(",");
}

function credentialReport(): string {
  const time = (text: string) => `${text}+00:00`;
  const rows: ReportRow[] = [
    {
      user: "<root_account>",
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      created: time("2024-05-01T08:00:00"),
      password: ["not_supported", time("2025-02-03T10:00:00"), "not_supported"],
      mfa: true,
    },
    {
      user: PHANTOM_USER,
      arn: userArn(PHANTOM_USER),
      created: time("2026-03-11T10:24:00"),
      password: ["false", "N/A", "N/A"],
      mfa: false,
      key: ["true", time("2026-03-11T10:26:00"), time("2026-03-11T10:27:00"), HOME, "kms"],
    },
    {
      user: ADMIN_USER,
      arn: userArn(ADMIN_USER),
      created: time("2026-03-11T09:48:07"),
      password: ["false", "N/A", "N/A"],
      mfa: false,
      key: ["false", time("2026-03-11T09:48:09"), time("2026-03-11T14:27:00"), HOME, "s3"],
    },
    {
      user: "bob",
      arn: userArn("bob"),
      created: time("2024-05-02T08:00:00"),
      password: ["true", time("2026-03-09T08:58:00"), time("2025-12-01T08:00:00")],
      mfa: true,
    },
    {
      user: "svc-rag-sync",
      arn: userArn("svc-rag-sync"),
      created: time("2025-10-06T08:00:00"),
      password: ["false", "N/A", "N/A"],
      mfa: false,
      key: ["false", time("2025-10-06T08:05:00"), time("2026-03-11T09:48:00"), HOME, "lambda"],
    },
  ];
  return `${[REPORT_HEADER, ...rows.map(reportLine)].join("\n")}\n`;
}

/** Keeps the IAM side of the collection after the incident. */
export function collectIam(collection: Collection): void {
  collection.keep("iam", "get-account-authorization-details", undefined, authorizationDetails());
  collection.keepFile("iam", "credential-report.csv", credentialReport());
  const key = (UserName: string, AccessKeyId: string, Status: string, created: string) =>
    collection.keep("iam", "list-access-keys", UserName, {
      AccessKeyMetadata: [{ UserName, AccessKeyId, Status, CreateDate: localTime(utc(created)) }],
    });
  key("svc-rag-sync", KEY.svc, "Inactive", "2025-10-06T08:05:00");
  key(ADMIN_USER, KEY.admin, "Inactive", "2026-03-11T09:48:09");
  key(PHANTOM_USER, KEY.phantom, "Active", "2026-03-11T10:26:00");
  collection.keep("iam", "list-service-specific-credentials", PHANTOM_USER, {
    ServiceSpecificCredentials: [],
  });
}
