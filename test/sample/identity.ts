import { dayOf, HOUR, iso } from "./clock.js";
import { iamId } from "./identifier.js";
import { ACCOUNT, ADDRESS, BEDROCK_ENDPOINT, S3_ENDPOINT } from "./place.js";

/** Who makes a call and from where, as CloudTrail and the access log see it. */
export interface Caller {
  /** ARN as the S3 access log and the Bedrock log write it. */
  readonly arn: string;
  readonly address: string;
  readonly agent: string;
  /** The `userIdentity` of a call at a given second. */
  identity(second: number): Record<string, unknown>;
  readonly endpoint?: string;
  readonly console?: boolean;
  /** Set for a service that calls on behalf of the account: no TLS details then. */
  readonly service?: boolean;
}

const LINUX = "os/linux#5.10.209-198.812.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython";
const REMOTE = "os/linux#6.5.0-35-generic md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython";

/** User agents; the attacker's own boto3 differs from that of the workloads. */
export const AGENT_OF = {
  app: `Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 ${LINUX} exec-env/AWS_ECS_FARGATE cfg/retry-mode#standard Botocore/1.34.51`,
  training: "Boto3/1.34.51 Python/3.11.8 Linux/5.10.209 Botocore/1.34.51",
  notebook: "Boto3/1.33.12 Python/3.10.13 Linux/5.10.205 Botocore/1.33.12",
  pipeline: `Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 ${LINUX} cfg/retry-mode#standard Botocore/1.34.51`,
  sync: `aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0-18-amd64 exe/x86_64.debian.12 prompt/off command/s3.sync`,
  lambda: `Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10.220-209.869.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.4 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/1.34.145`,
  redTeam: `Boto3/1.34.60 md/Botocore#1.34.60 ua/2.0 os/macos#23.3.0 md/arch#arm64 lang/python#3.12.2 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.60`,
  ci: "aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0-1016-azure exe/x86_64.ubuntu.22 prompt/off command/lambda.update-function-code",
  office:
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
  scanner: "TruffleHog",
  urllib: "python-urllib3/2.0.7",
  boto: `Boto3/1.35.20 md/Botocore#1.35.20 ua/2.0 ${REMOTE} cfg/retry-mode#legacy Botocore/1.35.20`,
  cli: `aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 ${REMOTE} cfg/retry-mode#standard md/installer#exe md/prompt#off`,
  browser:
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36",
  aiohttp: "Python/3.11 aiohttp/3.9.5",
  openai: "OpenAI/Python 1.50.0",
} as const;

/** ARN of a role of the account. */
export function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${name}`;
}

/** ARN of a user of the account. */
export function userArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:user/${name}`;
}

interface Place {
  address: string;
  agent: string;
  endpoint?: string;
  console?: boolean;
  invokedBy?: string;
  path?: string;
  mfa?: boolean;
  /** Seconds after midnight at which the session of the day was opened. */
  opened?: number;
}

/** A role session; the session of a day is opened at midnight unless said. */
export function session(role: string, name: string, accessKeyId: string, place: Place): Caller {
  const issuer = {
    type: "Role",
    principalId: iamId("AROA", role),
    arn: roleArn(`${place.path ?? ""}${role}`),
    accountId: ACCOUNT,
    userName: role,
  };
  const sessionArn = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`;
  return {
    arn: sessionArn,
    address: place.address,
    agent: place.agent,
    ...(place.endpoint ? { endpoint: place.endpoint } : {}),
    ...(place.console ? { console: true } : {}),
    ...(place.invokedBy ? { service: true } : {}),
    identity: (second) => ({
      type: "AssumedRole",
      principalId: `${issuer.principalId}:${name}`,
      arn: sessionArn,
      accountId: ACCOUNT,
      accessKeyId,
      sessionContext: {
        sessionIssuer: issuer,
        attributes: {
          creationDate: iso(dayOf(second) + (place.opened ?? 0)),
          mfaAuthenticated: place.mfa ? "true" : "false",
        },
      },
      ...(place.invokedBy ? { invokedBy: place.invokedBy } : {}),
    }),
  };
}

/** An IAM user with an access key, or with the console when there is none. */
export function user(name: string, accessKeyId: string | undefined, address: string, agent: string): Caller {
  return {
    arn: userArn(name),
    address,
    agent,
    identity: () => ({
      type: "IAMUser",
      principalId: iamId("AIDA", name),
      arn: userArn(name),
      accountId: ACCOUNT,
      ...(accessKeyId ? { accessKeyId } : {}),
      userName: name,
    }),
  };
}

/** Access keys of the story. */
export const KEY = {
  svc: "AKIAEXAMPLESVCRAGSYN",
  admin: "AKIAEXAMPLEKQWBXNUSR",
  phantom: "AKIAEXAMPLEBAPIKEYXF",
  federated: "ASIAEXAMPLEFEDTOKENX",
  notebook: "ASIAEXAMPLENOTEBOOKX",
} as const;

/** Names that the attacker made. */
export const ADMIN_USER = "Kqwbxn482";
export const PHANTOM_USER = "BedrockAPIKey-x7f2";
export const API_KEY_ID = "ACCAEXAMPLEBEDROCKX7F2";

const NOTEBOOK = { agent: AGENT_OF.notebook, opened: 9 * HOUR };

/** Callers of the ordinary days. */
export const APP = session("genai-app-exec", "genai-app", "ASIAEXAMPLEGENAIAPPX", {
  address: ADDRESS.app,
  agent: AGENT_OF.app,
  endpoint: BEDROCK_ENDPOINT,
});
export const TRAIN = session("ml-train-exec", "SageMaker", "ASIAEXAMPLETRAINROLE", {
  address: ADDRESS.training,
  agent: AGENT_OF.training,
  endpoint: S3_ENDPOINT,
  opened: HOUR,
});
export const TRAIN_SERVICE = session("ml-train-exec", "SageMaker", "ASIAEXAMPLETRAINROLE", {
  address: "sagemaker.amazonaws.com",
  agent: "sagemaker.amazonaws.com",
  invokedBy: "sagemaker.amazonaws.com",
  opened: HOUR,
});
export const NB = session("ml-notebook-exec", "SageMaker", KEY.notebook, {
  ...NOTEBOOK,
  address: ADDRESS.notebook,
  endpoint: S3_ENDPOINT,
});
export const NB_NAT = session("ml-notebook-exec", "SageMaker", KEY.notebook, {
  ...NOTEBOOK,
  address: ADDRESS.nat,
});
export const NB_STOLEN = session("ml-notebook-exec", "SageMaker", KEY.notebook, {
  ...NOTEBOOK,
  address: ADDRESS.operator,
  agent: AGENT_OF.cli,
});
export const KB = session(
  "AmazonBedrockExecutionRoleForKnowledgeBase_kbdocs",
  "kb-ingest",
  "ASIAEXAMPLEKBROLEXXX",
  {
    address: "bedrock.amazonaws.com",
    agent: "bedrock.amazonaws.com",
    invokedBy: "bedrock.amazonaws.com",
  },
);
export const TOOL = session("support-agent-tool-lambda", "support-mailer", "ASIAEXAMPLETOOLLAMBD", {
  address: ADDRESS.lambda,
  agent: AGENT_OF.lambda,
});
export const OPS = session("lambda-ops-admin", "ops-init", "ASIAEXAMPLELAMBDAOPS", {
  address: ADDRESS.lambda,
  agent: AGENT_OF.lambda,
  opened: 9 * HOUR + 48 * 60 + 5,
});
export const MLOPS = session("mlops-pipeline", "nightly", "ASIAEXAMPLEMLOPSPIPE", {
  address: ADDRESS.ci,
  agent: AGENT_OF.pipeline,
});
const SSO = {
  address: ADDRESS.office,
  agent: AGENT_OF.office,
  console: true,
  mfa: true,
  path: "aws-reserved/sso.amazonaws.com/",
};
export const ALICE = session("AWSReservedSSO_MLEngineer_1f0b6c2d8e4a7035", "alice", "ASIAEXAMPLEALICESSOX", {
  ...SSO,
  opened: 9 * HOUR,
});
export const CAROL = session(
  "AWSReservedSSO_SecurityAdmin_9c3d51e7a2f80b64",
  "carol",
  "ASIAEXAMPLECAROLSSOX",
  {
    ...SSO,
    opened: 8 * HOUR,
  },
);
export const BOB = user("bob", undefined, ADDRESS.office, AGENT_OF.office);
export const CI = session("ci-deployer", "gha-run", "ASIAEXAMPLECIDEPLOYX", {
  address: ADDRESS.ci,
  agent: AGENT_OF.ci,
});
export const RT = session("redteam-bot", "rt", "ASIAEXAMPLEREDTEAMXX", {
  address: ADDRESS.redTeam,
  agent: AGENT_OF.redTeam,
});
export const SVC = user("svc-rag-sync", KEY.svc, ADDRESS.sync, AGENT_OF.sync);

/** Bedrock as a service: it invokes the action group's function. */
export const BEDROCK_SERVICE: Caller = {
  arn: "bedrock.amazonaws.com",
  address: "bedrock.amazonaws.com",
  agent: "bedrock.amazonaws.com",
  service: true,
  identity: () => ({ type: "AWSService", invokedBy: "bedrock.amazonaws.com" }),
};

/** The leaked key (K1) from an address and with a tool of the attacker. */
export function leaked(address: string = ADDRESS.operator, agent: string = AGENT_OF.boto): Caller {
  return user("svc-rag-sync", KEY.svc, address, agent);
}

/** The user that the attacker made (K2). */
export function admin(agent: string = AGENT_OF.boto): Caller {
  return user(ADMIN_USER, KEY.admin, ADDRESS.operator, agent);
}

/** The Bedrock API key user with its classic access key. */
export const PHANTOM = user(PHANTOM_USER, KEY.phantom, ADDRESS.operator, AGENT_OF.cli);

/** The Bedrock API key user with its bearer token: a credential id and no access key. */
export function bearer(agent: string): Caller {
  const base = user(PHANTOM_USER, undefined, ADDRESS.resale, agent);
  return { ...base, identity: (second) => ({ ...base.identity(second), credentialId: API_KEY_ID }) };
}

/** The federated session that survives the keys. */
export const FEDERATED: Caller = {
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/k`,
  address: ADDRESS.resale,
  agent: AGENT_OF.boto,
  identity: (second) => ({
    type: "FederatedUser",
    principalId: `${ACCOUNT}:k`,
    arn: `arn:aws:sts::${ACCOUNT}:federated-user/k`,
    accountId: ACCOUNT,
    accessKeyId: KEY.federated,
    sessionContext: {
      sessionIssuer: {
        type: "IAMUser",
        principalId: iamId("AIDA", ADMIN_USER),
        arn: userArn(ADMIN_USER),
        accountId: ACCOUNT,
        userName: ADMIN_USER,
      },
      attributes: { creationDate: iso(dayOf(second) + 10 * HOUR + 30 * 60), mfaAuthenticated: "false" },
    },
  }),
};
