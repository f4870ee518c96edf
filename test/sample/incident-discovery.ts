import { invoke, messagesInput } from "./bedrock.js";
import { utc } from "./clock.js";
import { type Call, denied } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import { AGENT_OF, leaked } from "./identity.js";
import type { Journal, Json } from "./journal.js";
import {
  ACCOUNT,
  ADDRESS,
  BUCKET,
  GUARDRAIL,
  HOME,
  KNOWLEDGE_BASE,
  MODEL,
  NOTEBOOK,
  REGIONS,
} from "./place.js";

// The incident from 09:12 to 09:41: the leaked key looks around and finds out which models answer (detections.md D.5).

const at = (time: string) => utc(`2026-03-11T${time}`);

/** Calls of the leaked key in the order in which they come; the last column is the request. */
const ALLOWED: readonly (readonly [service: string, name: string, request: Json | null])[] = [
  ["iam", "ListUsers", null],
  ["iam", "ListRoles", null],
  ["iam", "ListAttachedUserPolicies", { userName: "svc-rag-sync" }],
  ["iam", "ListUserPolicies", { userName: "svc-rag-sync" }],
  ["iam", "GetUser", null],
  ["iam", "ListGroupsForUser", { userName: "svc-rag-sync" }],
  ["s3", "ListBuckets", { Host: `s3.${HOME}.amazonaws.com` }],
  [
    "s3",
    "GetBucketLocation",
    { bucketName: BUCKET.kb, location: "", Host: `${BUCKET.kb}.s3.${HOME}.amazonaws.com` },
  ],
  [
    "s3",
    "GetBucketPolicy",
    { bucketName: BUCKET.kb, policy: "", Host: `${BUCKET.kb}.s3.${HOME}.amazonaws.com` },
  ],
  ["lambda", "ListFunctions20150331", null],
  ["lambda", "GetPolicy20150331v2", { functionName: "support-mailer" }],
  ["bedrock", "ListAgents", null],
  ["bedrock", "ListKnowledgeBases", null],
  ["bedrock", "GetKnowledgeBase", { knowledgeBaseId: KNOWLEDGE_BASE }],
  ["bedrock", "ListFoundationModels", null],
  ["bedrock", "ListCustomModels", null],
  ["bedrock", "GetGuardrail", { guardrailIdentifier: GUARDRAIL }],
  ["bedrock", "ListInferenceProfiles", null],
  ["bedrock", "ListProvisionedModelThroughputs", null],
  ["bedrock", "ListModelInvocationJobs", null],
  ["bedrock", "GetFoundationModelAvailability", { modelId: MODEL.opus }],
  ["sagemaker", "ListModels", null],
  ["sagemaker", "ListEndpoints", null],
  ["sagemaker", "ListTrainingJobs", null],
  ["sagemaker", "ListNotebookInstances", null],
  ["sagemaker", "DescribeNotebookInstance", { notebookInstanceName: NOTEBOOK }],
];
const DENIED: readonly (readonly [service: string, name: string, request: Json | null])[] = [
  ["iam", "GetAccountAuthorizationDetails", null],
  ["iam", "ListAccessKeys", null],
  ["secretsmanager", "ListSecrets", null],
  ["secretsmanager", "GetSecretValue", { secretId: "prod/app/database" }],
  ["ssm", "DescribeParameters", null],
  ["ssm", "GetParameters", { names: ["/prod/app/token"], withDecryption: true }],
  ["ec2", "DescribeInstances", { instancesSet: {}, filterSet: {} }],
  ["ec2", "DescribeSecurityGroups", { securityGroupSet: {}, filterSet: {} }],
  ["rds", "DescribeDBInstances", null],
  ["organizations", "ListAccounts", null],
  ["organizations", "DescribeOrganization", null],
  ["kms", "ListKeys", null],
  ["ecs", "ListClusters", null],
  ["logs", "DescribeLogGroups", null],
  ["aoss", "ListCollections", null],
  ["ec2", "DescribeInstances", { instancesSet: {}, filterSet: {} }],
  ["secretsmanager", "GetSecretValue", { secretId: "prod/mail/smtp" }],
  ["cloudtrail", "DescribeTrails", null],
];

/** Tells how the leaked key is tried out: 2 identity checks, 26 allowed and 18 denied calls, 6 roles. */
export function discovery(tell: (call: Call) => void): void {
  tell({
    at: at("09:12:04"),
    caller: leaked(ADDRESS.operator, AGENT_OF.scanner),
    service: "sts",
    name: "GetCallerIdentity",
  });
  tell({
    at: at("09:13:40"),
    caller: leaked(ADDRESS.operator, AGENT_OF.urllib),
    service: "sts",
    name: "GetCallerIdentity",
  });
  [...ALLOWED, ...DENIED].forEach(([service, name, request], i) => {
    const caller = leaked(`198.51.100.${30 + (i % 20)}`);
    const error = i < ALLOWED.length ? undefined : denied(caller, `${service}:${name}`);
    tell({ at: at("09:14:00") + 11 * i, caller, service, name, request, ...(error ? { error } : {}) });
  });
  const roles = [
    `${ACCOUNT}:role/admin`,
    `${ACCOUNT}:role/Administrator`,
    `${ACCOUNT}:role/sysadmin`,
    `${ACCOUNT}:role/netadmin`,
    "123456789012:role/OrganizationAccountAccessRole",
    "210987654321:role/OrganizationAccountAccessRole",
  ];
  roles.forEach((role, i) => {
    const caller = leaked(`198.51.100.${30 + i}`);
    const roleArn = `arn:aws:iam::${role}`;
    tell({
      at: at("09:23:00") + 20 * i,
      caller,
      service: "sts",
      name: "AssumeRole",
      write: true,
      request: { roleArn, roleSessionName: "explore" },
      error: denied(caller, "sts:AssumeRole", roleArn),
    });
  });
}

/** Tells which models can be called where: a wrong parameter tells without costing anything. */
export function probe(journal: Journal, numbering: Numbering): void {
  const models = [MODEL.v2, MODEL.sonnet3, MODEL.opus];
  const valid = new Set([0, 1, 3, 6, 9]);
  for (let i = 0; i < 12; i++) {
    const region = REGIONS[Math.floor(i / 3)]!;
    const model = models[i % 3]!;
    const input =
      model === MODEL.v2
        ? { prompt: "\n\nHuman: hi\n\nAssistant:", max_tokens_to_sample: -1 }
        : { ...messagesInput("hi"), max_tokens: -1 };
    invoke(journal, numbering, {
      at: at("09:33:00") + 40 * i,
      caller: leaked(),
      model,
      region,
      operation: "InvokeModel",
      error: valid.has(i)
        ? [
            "ValidationException",
            "Malformed input request: max_tokens_to_sample: range: 1..1,000,000, please reformat your input and try again.",
          ]
        : ["AccessDeniedException", "You don't have access to the model with the specified model ID."],
      ...(region === HOME ? { logged: { input } } : {}),
    });
  }
}
