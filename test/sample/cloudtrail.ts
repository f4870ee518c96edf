import { iso } from "./clock.js";
import { type Numbering, uuid } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Json } from "./journal.js";
import { ACCOUNT, HOME } from "./place.js";

// Records as CloudTrail writes them: formats.md 1.2 (fields), 1.3 (userIdentity), 1.6 (AI services).

/** One CloudTrail record. */
export interface CloudTrailRecord extends Json {
  eventTime: string;
  eventName: string;
  eventSource: string;
  awsRegion: string;
  requestID: string;
  eventID: string;
  eventCategory: string;
}

/** A call to be recorded. */
export interface Call {
  readonly at: number;
  readonly caller: Caller;
  /** `iam` becomes `iam.amazonaws.com`. */
  readonly service: string;
  readonly name: string;
  readonly region?: string;
  readonly request?: Json | null;
  readonly response?: Json | null;
  readonly error?: readonly [code: string, message: string];
  readonly write?: boolean;
  readonly data?: boolean;
  readonly resources?: readonly Json[];
  readonly additional?: Json;
  readonly host?: string;
  readonly eventType?: string;
  /** S3 has its own request ids; every other service a UUID. */
  readonly requestId?: string;
}

const GLOBAL_HOST: Record<string, string> = {
  iam: "iam.amazonaws.com",
  organizations: "organizations.us-east-1.amazonaws.com",
  signin: "us-east-1.signin.aws.amazon.com",
};
const RUNTIME = new Set(["InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"]);

function hostOf(call: Call, region: string): string {
  if (call.host) return call.host;
  if (call.service === "bedrock" && RUNTIME.has(call.name)) return `bedrock-runtime.${region}.amazonaws.com`;
  if (call.service === "bedrock-mantle") return `bedrock-mantle.${region}.api.aws`;
  return GLOBAL_HOST[call.service] ?? `${call.service}.${region}.amazonaws.com`;
}

/** The record of a call; ids follow from the event name and its running number. */
export function recordOf(call: Call, numbering: Numbering): CloudTrailRecord {
  const region = call.region ?? HOME;
  const { caller } = call;
  return {
    eventVersion: "1.11",
    userIdentity: caller.identity(call.at),
    eventTime: iso(call.at),
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.name,
    awsRegion: region,
    sourceIPAddress: caller.address,
    userAgent: call.service === "s3" && !caller.service ? `[${caller.agent}]` : caller.agent,
    ...(call.error ? { errorCode: call.error[0], errorMessage: call.error[1] } : {}),
    requestParameters: call.request ?? null,
    responseElements: call.response ?? null,
    ...(call.additional ? { additionalEventData: call.additional } : {}),
    requestID: call.requestId ?? uuid(numbering.next(call.name)),
    eventID: uuid(numbering.next(call.name)),
    readOnly: !call.write,
    ...(call.resources ? { resources: call.resources } : {}),
    eventType: call.eventType ?? "AwsApiCall",
    managementEvent: !call.data,
    recipientAccountId: ACCOUNT,
    ...(caller.endpoint && call.service !== "ec2"
      ? { vpcEndpointId: caller.endpoint, vpcEndpointAccountId: ACCOUNT }
      : {}),
    eventCategory: call.data ? "Data" : "Management",
    ...(caller.service
      ? {}
      : {
          tlsDetails: {
            tlsVersion: "TLSv1.3",
            cipherSuite: "TLS_AES_128_GCM_SHA256",
            clientProvidedHostHeader: hostOf(call, region),
          },
        }),
    ...(caller.console ? { sessionCredentialFromConsole: "true" } : {}),
  };
}

/** The error of a denied call in the words of the service. */
export function denied(caller: Caller, action: string, resource = "*"): readonly [string, string] {
  if (action.startsWith("ec2:")) {
    return [
      "Client.UnauthorizedOperation",
      `You are not authorized to perform this operation. User: ${caller.arn}`,
    ];
  }
  return [
    "AccessDenied",
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  ];
}
