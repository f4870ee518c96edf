import { invoke, messagesInput, messagesOutput } from "./bedrock.js";
import { utc } from "./clock.js";
import { type Call, recordOf } from "./cloudtrail.js";
import { updateGuardrail } from "./guardrail.js";
import { iamId, type Numbering } from "./identifier.js";
import {
  ADMIN_USER,
  AGENT_OF,
  API_KEY_ID,
  admin,
  FEDERATED,
  KEY,
  leaked,
  OPS,
  PHANTOM,
  PHANTOM_USER,
  user,
  userArn,
} from "./identity.js";
import { discovery, probe } from "./incident-discovery.js";
import type { Journal } from "./journal.js";
import { ACCOUNT, ADDRESS, arn, HOME, MODEL, UNUSED_GUARDRAIL, WEST } from "./place.js";
import { signIn } from "./sign-in.js";

// The incident from 09:46 to 10:30: a new administrator, models unlocked, logging and guardrails out of the way
// (detections.md D.5).

const at = (time: string) => utc(`2026-03-11T${time}`);

function escalation(tell: (call: Call) => void): void {
  const ops = arn("lambda", "function:ops-init");
  const lambda = { caller: leaked(), service: "lambda" } as const;
  const configuration = {
    functionName: "ops-init",
    functionArn: ops,
    role: `arn:aws:iam::${ACCOUNT}:role/lambda-ops-admin`,
  };
  for (const region of [HOME, WEST]) {
    tell({
      at: at("09:41:00"),
      caller: leaked(),
      service: "bedrock",
      name: "GetModelInvocationLoggingConfiguration",
      region,
    });
  }
  tell({
    ...lambda,
    at: at("09:46:10"),
    name: "GetFunction20150331v2",
    request: { functionName: "ops-init" },
  });
  tell({
    ...lambda,
    at: at("09:47:02"),
    name: "UpdateFunctionConfiguration20150331v2",
    write: true,
    request: { functionName: "ops-init", timeout: 60 },
    response: { ...configuration, timeout: 60 },
  });
  tell({
    ...lambda,
    at: at("09:47:30"),
    name: "UpdateFunctionCode20150331v2",
    write: true,
    request: { functionName: "ops-init", publish: false, dryRun: false },
    response: { ...configuration, codeSha256: "q1w8mJ0dPqK3bKf1n0Zk2yVtqkq5vB1hX1c0x8uJm0E=" },
  });
  tell({
    ...lambda,
    at: at("09:48:05"),
    name: "Invoke",
    data: true,
    write: true,
    request: { functionName: ops, invocationType: "RequestResponse" },
    additional: { functionVersion: `${ops}:$LATEST` },
    resources: [{ accountId: ACCOUNT, type: "AWS::Lambda::Function", ARN: ops }],
  });
  const iam = { caller: OPS, service: "iam", write: true } as const;
  tell({ caller: OPS, service: "iam", at: at("09:48:06"), name: "ListUsers" });
  tell({ ...iam, at: at("09:48:07"), ...newUser(ADMIN_USER, "09:48:07") });
  tell({
    ...iam,
    at: at("09:48:08"),
    name: "AttachUserPolicy",
    request: { userName: ADMIN_USER, policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
  });
  tell({ ...iam, at: at("09:48:09"), ...newKey(ADMIN_USER, KEY.admin, "Mar 11, 2026, 9:48:09 AM") });
}

function newUser(userName: string, time: string) {
  return {
    name: "CreateUser",
    request: { userName },
    response: {
      user: {
        path: "/",
        userName,
        userId: iamId("AIDA", userName),
        arn: userArn(userName),
        createDate: `Mar 11, 2026, ${time.replace(/^0/, "")} AM`,
      },
    },
  };
}

function newKey(userName: string, accessKeyId: string, createDate: string) {
  return {
    name: "CreateAccessKey",
    request: { userName },
    response: { accessKey: { userName, accessKeyId, status: "Active", createDate } },
  };
}

function modelAccess(tell: (call: Call) => void): void {
  const browser = admin(AGENT_OF.browser);
  const bedrock = { caller: browser, service: "bedrock" } as const;
  const models = [MODEL.opus, MODEL.sonnet3, MODEL.haiku];
  for (let i = 0; i < 6; i++) {
    tell({
      ...bedrock,
      at: at("10:06:00") + 5 * i,
      name: "GetFoundationModelAvailability",
      region: i < 3 ? HOME : WEST,
      request: { modelId: models[i % 3] },
    });
  }
  tell({ ...bedrock, at: at("10:08:10"), name: "PutUseCaseForModelAccess", write: true });
  const steps = [
    [HOME, "10:08:40", "10:09:00", "10:09:20"],
    [WEST, "10:11:00", "10:11:20", "10:11:40"],
  ] as const;
  for (const [region, offers, agreement, entitlement] of steps) {
    const request = { modelId: MODEL.opus };
    tell({ ...bedrock, region, at: at(offers), name: "ListFoundationModelAgreementOffers", request });
    tell({
      ...bedrock,
      region,
      at: at(agreement),
      name: "CreateFoundationModelAgreement",
      write: true,
      request: { ...request, offerToken: "HIDDEN_DUE_TO_SECURITY_REASONS" },
      response: request,
    });
    tell({
      ...bedrock,
      region,
      at: at(entitlement),
      name: "PutFoundationModelEntitlement",
      write: true,
      request,
      response: { status: "SUCCESS" },
    });
  }
}

function firstInvocations(journal: Journal, numbering: Numbering): void {
  for (const [time, region] of [
    ["10:12:30", HOME],
    ["10:12:50", WEST],
  ] as const) {
    invoke(journal, numbering, {
      at: at(time),
      caller: admin(),
      model: MODEL.opus,
      region,
      operation: "InvokeModel",
      logged: {
        input: { ...messagesInput("Say hello in one short sentence."), max_tokens: 32 },
        output: messagesOutput(`k2${region}`, "claude-3-opus-20240229", "Hello, nice to meet you.", 20, 10),
        inputTokens: 20,
        outputTokens: 10,
      },
    });
  }
}

function apiKey(tell: (call: Call) => void): void {
  const iam = { caller: admin(AGENT_OF.browser), service: "iam", write: true } as const;
  tell({ ...iam, at: at("10:24:00"), ...newUser(PHANTOM_USER, "10:24:00") });
  tell({
    ...iam,
    at: at("10:24:01"),
    name: "AttachUserPolicy",
    request: { userName: PHANTOM_USER, policyArn: "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess" },
  });
  tell({
    ...iam,
    at: at("10:24:02"),
    name: "CreateServiceSpecificCredential",
    request: { userName: PHANTOM_USER, serviceName: "bedrock.amazonaws.com" },
    response: {
      serviceSpecificCredential: {
        createDate: "Mar 11, 2026, 10:24:02 AM",
        serviceName: "bedrock.amazonaws.com",
        serviceCredentialAlias: `${PHANTOM_USER}-at-${ACCOUNT}`,
        serviceSpecificCredentialId: API_KEY_ID,
        userName: PHANTOM_USER,
        status: "Active",
      },
    },
  });
  tell({ ...iam, at: at("10:26:00"), ...newKey(PHANTOM_USER, KEY.phantom, "Mar 11, 2026, 10:26:00 AM") });
  tell({ at: at("10:27:10"), caller: PHANTOM, service: "iam", name: "ListRoles" });
  tell({ at: at("10:27:20"), caller: PHANTOM, service: "kms", name: "ListKeys" });
  tell({
    at: at("10:30:00"),
    caller: admin(),
    service: "sts",
    name: "GetFederationToken",
    write: true,
    request: {
      name: "k",
      durationSeconds: 129_600,
      policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    },
    response: {
      credentials: {
        accessKeyId: KEY.federated,
        sessionToken: "HIDDEN_DUE_TO_SECURITY_REASONS",
        expiration: "Mar 12, 2026, 10:30:00 PM",
      },
      federatedUser: { federatedUserId: `${ACCOUNT}:k`, arn: FEDERATED.arn },
      packedPolicySize: 4,
    },
  });
}

/** Tells the incident from the leaked key to the federated session. */
export function access(journal: Journal, numbering: Numbering): void {
  const tell = (call: Call) => journal.event(recordOf(call, numbering));
  discovery(tell);
  probe(journal, numbering);
  escalation(tell);
  tell({ at: at("09:52:00"), caller: admin(), service: "sts", name: "GetCallerIdentity" });
  tell({
    at: at("09:53:10"),
    caller: admin(),
    service: "iam",
    name: "CreateLoginProfile",
    write: true,
    request: { userName: ADMIN_USER, passwordResetRequired: false },
    response: {
      loginProfile: {
        userName: ADMIN_USER,
        createDate: "Mar 11, 2026, 9:53:10 AM",
        passwordResetRequired: false,
      },
    },
  });
  signIn(
    journal,
    numbering,
    at("10:04:00"),
    user(ADMIN_USER, undefined, ADDRESS.operator, AGENT_OF.browser),
    "password",
  );
  modelAccess(tell);
  firstInvocations(journal, numbering);
  tell({
    at: at("10:15:00"),
    caller: admin(),
    service: "bedrock",
    name: "DeleteModelInvocationLoggingConfiguration",
    region: WEST,
    write: true,
  });
  journal.event(updateGuardrail(admin(), at("10:18:00"), "NONE", "ANONYMIZE", numbering));
  tell({
    at: at("10:20:00"),
    caller: admin(),
    service: "bedrock",
    name: "DeleteGuardrail",
    write: true,
    request: { guardrailIdentifier: UNUSED_GUARDRAIL },
  });
  apiKey(tell);
}
