import { type Call, type CloudTrailRecord, recordOf } from "./cloudtrail.js";
import { type Numbering, s3HostId, s3RequestId, sha256 } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Journal, Json } from "./journal.js";
import { ACCOUNT, HOME } from "./place.js";

// An access to S3 leaves two traces that share a request id: a CloudTrail data event and a line of the server access
// log (formats.md 1.5 and 3.2, 27 fields).

/** What is done to a bucket or an object. */
export interface Access {
  readonly at: number;
  readonly caller: Caller;
  readonly bucket: string;
  readonly key?: string;
  readonly operation: "GetObject" | "PutObject" | "ListObjects" | "CopyObject";
  readonly size: number;
  readonly version?: string;
  /** For a copy: the foreign bucket that receives it. */
  readonly target?: { readonly bucket: string; readonly account: string };
}

const OWNER = sha256(`canonical|${ACCOUNT}`);
const LOGGED = {
  GetObject: "REST.GET.OBJECT",
  PutObject: "REST.PUT.OBJECT",
  ListObjects: "REST.GET.BUCKET",
  CopyObject: "REST.COPY.OBJECT_GET",
} as const;
const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function logTime(second: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(.{8})/.exec(new Date(second * 1000).toISOString())!;
  return `[${day}/${MONTH[Number(month) - 1]}/${year}:${time} +0000]`;
}

function requestOf(access: Access): Json {
  const { bucket, key, target } = access;
  const host = (name: string) => `${name}.s3.${HOME}.amazonaws.com`;
  if (target) {
    return {
      bucketName: target.bucket,
      Host: host(target.bucket),
      key,
      "x-amz-copy-source": `${bucket}/${key}`,
    };
  }
  if (access.operation === "ListObjects") {
    return {
      "list-type": "2",
      bucketName: bucket,
      "encoding-type": "url",
      "max-keys": "1000",
      prefix: "",
      Host: host(bucket),
    };
  }
  return { bucketName: bucket, Host: host(bucket), key };
}

function resourcesOf(access: Access): Json[] {
  const { bucket, key, target } = access;
  const source = { accountId: ACCOUNT, type: "AWS::S3::Bucket", ARN: `arn:aws:s3:::${bucket}` };
  if (target) {
    return [
      { type: "AWS::S3::Object", ARN: `arn:aws:s3:::${target.bucket}/${key}` },
      { accountId: target.account, type: "AWS::S3::Bucket", ARN: `arn:aws:s3:::${target.bucket}` },
      { type: "AWS::S3::Object", ARN: `arn:aws:s3:::${bucket}/${key}` },
      source,
    ];
  }
  if (access.operation === "ListObjects")
    return [{ type: "AWS::S3::Object", ARNPrefix: `arn:aws:s3:::${bucket}/` }, source];
  return [{ type: "AWS::S3::Object", ARN: `arn:aws:s3:::${bucket}/${key}` }, source];
}

function lineOf(access: Access, requestId: string, hostId: string): string {
  const { bucket, key, operation, caller, size } = access;
  const listing = operation === "ListObjects";
  const path = `/${listing ? "?list-type=2&encoding-type=url&max-keys=1000&prefix=" : encodeURI(key ?? "")}`;
  const sent = operation === "GetObject" || listing ? String(size) : "-";
  const milliseconds = 18 + Math.floor(size / 250_000);
  return [
    OWNER,
    bucket,
    logTime(access.at),
    caller.address,
    caller.arn,
    requestId,
    LOGGED[operation],
    listing ? "-" : encodeURI(key ?? ""),
    `"${operation === "PutObject" || operation === "CopyObject" ? "PUT" : "GET"} ${path} HTTP/1.1"`,
    200,
    "-",
    sent,
    listing ? "-" : size,
    milliseconds,
    Math.max(9, milliseconds - 6),
    '"-"',
    `"${caller.agent}"`,
    access.version ?? "-",
    hostId,
    "SigV4",
    caller.service ? "-" : "TLS_AES_128_GCM_SHA256",
    "AuthHeader",
    `${bucket}.s3.${HOME}.amazonaws.com`,
    caller.service ? "-" : "TLSv1.3",
    "-",
    "-",
    caller.endpoint || caller.service ? HOME : "-",
  ].join(" ");
}

/** Writes both traces of an access and returns the CloudTrail record. */
export function touch(journal: Journal, numbering: Numbering, access: Access): CloudTrailRecord {
  const requestId = s3RequestId(numbering.next(`s3:${access.operation}`));
  const hostId = s3HostId(requestId);
  const put = access.operation === "PutObject";
  const call: Call = {
    at: access.at,
    caller: access.caller,
    service: "s3",
    name: access.operation,
    data: true,
    write: put || access.operation === "CopyObject",
    request: requestOf(access),
    response: put
      ? {
          "x-amz-server-side-encryption": "AES256",
          ...(access.version ? { "x-amz-version-id": access.version } : {}),
        }
      : null,
    additional: {
      SignatureVersion: "SigV4",
      CipherSuite: "TLS_AES_128_GCM_SHA256",
      bytesTransferredIn: put ? access.size : 0,
      AuthenticationMethod: "AuthHeader",
      "x-amz-id-2": hostId,
      bytesTransferredOut:
        access.operation === "GetObject" || access.operation === "ListObjects" ? access.size : 0,
    },
    resources: resourcesOf(access),
    requestId,
    host: `${access.target?.bucket ?? access.bucket}.s3.${HOME}.amazonaws.com`,
  };
  const record = recordOf(call, numbering);
  journal.event(record);
  journal.access({ at: access.at, bucket: access.bucket, line: lineOf(access, requestId, hostId) });
  return record;
}
