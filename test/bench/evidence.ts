import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bulk evidence for measuring: shaped like the real thing, made by index formulas, the same on every machine. */

const START = Date.UTC(2026, 2, 1);

function hex(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

function iso(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** One CloudTrail record: a third S3 data events, a third Bedrock, a third SageMaker. */
function cloudTrailEvent(k: number): object {
  const id = hex(`event ${k}`);
  const kind = k % 3;
  const role = `role-${k % 50}`;
  return {
    eventVersion: "1.11",
    userIdentity: {
      type: "AssumedRole",
      principalId: `AROAEXAMPLE${k % 50}:session-${k % 200}`,
      arn: `arn:aws:sts::111122223333:assumed-role/${role}/session-${k % 200}`,
      accountId: "111122223333",
      accessKeyId: `ASIA${hex(`session ${k % 200}`)
        .slice(0, 16)
        .toUpperCase()}`,
      sessionContext: {
        sessionIssuer: {
          type: "Role",
          principalId: `AROAEXAMPLE${k % 50}`,
          arn: `arn:aws:iam::111122223333:role/${role}`,
          accountId: "111122223333",
          userName: role,
        },
        attributes: { creationDate: "2026-03-01T00:00:00Z", mfaAuthenticated: "false" },
      },
    },
    eventTime: iso(k * 2),
    eventSource: ["s3.amazonaws.com", "bedrock.amazonaws.com", "sagemaker.amazonaws.com"][kind],
    eventName: ["GetObject", "InvokeModel", "DescribeTrainingJob"][kind],
    awsRegion: "us-east-1",
    sourceIPAddress: `10.${k % 250}.1.${k % 97}`,
    userAgent: `aws-cli/2.15.0 Python/3.11 Linux/5.10 md/command#${k % 7}`,
    ...(k % 20 === 0
      ? { errorCode: "AccessDenied", errorMessage: 'User is not authorized to "read" é' }
      : {}),
    requestParameters: [
      {
        bucketName: "acme-ml-training",
        key: `datasets/churn/v3/part-${k}.parquet`,
        Host: "s3.amazonaws.com",
      },
      { modelId: "anthropic.claude-3-haiku-20240307-v1:0" },
      { trainingJobName: `churn-train-${k}` },
    ][kind],
    responseElements: null,
    ...(kind === 0
      ? {
          additionalEventData: {
            SignatureVersion: "SigV4",
            bytesTransferredOut: 12000000,
            "x-amz-id-2": id + id,
          },
        }
      : {}),
    requestID: id.slice(0, 16).toUpperCase(),
    eventID: `${id.slice(0, 8)}-${id.slice(8, 12)}-5${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
    readOnly: true,
    resources: [
      { type: "AWS::S3::Object", ARN: `arn:aws:s3:::acme-ml-training/part-${k}` },
      { accountId: "111122223333", type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::acme-ml-training" },
    ],
    eventType: "AwsApiCall",
    managementEvent: kind !== 0,
    recipientAccountId: "111122223333",
    eventCategory: kind === 0 ? "Data" : "Management",
    tlsDetails: { tlsVersion: "TLSv1.3", cipherSuite: "TLS_AES_128_GCM_SHA256" },
  };
}

/** Writes CloudTrail log files, gzip, under the names that AWS gives. */
export async function writeCloudTrail(folder: string, files: number, perFile: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let file = 0; file < files; file++) {
    const records = Array.from({ length: perFile }, (_, i) => cloudTrailEvent(file * perFile + i));
    const name = `111122223333_CloudTrail_us-east-1_${iso(file * 300).replaceAll(/[-:]|\d\dZ$/g, "")}Z_${hex(`file ${file}`).slice(0, 16)}.json.gz`;
    await writeFile(join(folder, name), gzipSync(JSON.stringify({ Records: records })));
  }
}

/** Writes VPC flow log files with the fields of a custom format, gzip. */
export async function writeVpcFlow(folder: string, files: number, perFile: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const header =
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr flow-direction";
  const start = START / 1000;
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: perFile }, (_, i) => {
      const k = file * perFile + i;
      return `5 111122223333 eni-0${k % 97}abc 10.0.${k % 250}.${k % 99} 203.0.113.${k % 200} ${1024 + (k % 60000)} 443 6 ${k % 100} ${(k * 37) % 100000} ${start + k} ${start + k + 60} ACCEPT OK vpc-1 subnet-2 i-${k % 50} 19 IPv4 10.0.0.1 203.0.113.9 egress`;
    });
    await writeFile(
      join(folder, `111122223333_vpcflowlogs_us-east-1_fl-1_${file}.log.gz`),
      gzipSync(`${header}\n${lines.join("\n")}\n`),
    );
  }
}

/** Writes S3 access logs; every 50th line has quotes inside its user agent. */
export async function writeS3Access(folder: string, files: number, perFile: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: perFile }, (_, i) => {
      const k = file * perFile + i;
      const id = hex(`request ${k}`);
      const agent = k % 50 === 0 ? 'Boto3 "quoted" x" "y' : "Boto3/1.34.0 md/Botocore#1.34.0";
      const key = `datasets/churn/v3/part-${k % 480}.parquet`;
      return `${"79a59df900b949e5".repeat(4)} acme-ml-training [11/Mar/2026:12:${String(((k / 60) % 60) | 0).padStart(2, "0")}:${String(k % 60).padStart(2, "0")} +0000] 10.20.1.${k % 250} arn:aws:sts::111122223333:assumed-role/role-${k % 50}/s ${id.slice(0, 16).toUpperCase()} REST.GET.OBJECT ${key} "GET /${key} HTTP/1.1" 200 - 12000000 12000000 70 10 "-" "${agent}" - ${id}${id}= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader acme-ml-training.s3.amazonaws.com TLSv1.3 - - us-east-1`;
    });
    const name = `2026-03-11-13-00-${String(file).padStart(2, "0")}-${hex(`log ${file}`).slice(0, 16).toUpperCase()}`;
    await writeFile(join(folder, name), `${lines.join("\n")}\n`);
  }
}

/** Writes Bedrock invocation logs with bodies of about a kilobyte, gzip. */
export async function writeBedrock(folder: string, files: number, perFile: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: perFile }, (_, i) => {
      const k = file * perFile + i;
      const id = hex(`invocation ${k}`);
      return JSON.stringify({
        schemaType: "ModelInvocationLog",
        schemaVersion: "1.0",
        timestamp: iso(k),
        accountId: "111122223333",
        identity: { arn: `arn:aws:sts::111122223333:assumed-role/role-${k % 50}/s` },
        region: "us-east-1",
        requestId: `${id.slice(0, 8)}-${id.slice(8, 12)}-5${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
        operation: "Converse",
        modelId: "anthropic.claude-3-haiku-20240307-v1:0",
        input: {
          inputContentType: "application/json",
          inputBodyJson: {
            system: [
              { text: "You are the support assistant of Acme. Answer briefly and politely. ".repeat(4) },
            ],
            messages: [{ role: "user", content: [{ text: `Where is my order ${k}? ${id.repeat(6)}` }] }],
          },
          inputTokenCount: 600 + (k % 600),
        },
        output: {
          outputContentType: "application/json",
          outputBodyJson: {
            output: {
              message: {
                role: "assistant",
                content: [{ text: `Your order is on its way. ${id.repeat(6)}` }],
              },
            },
            stopReason: "end_turn",
            usage: { inputTokens: 600, outputTokens: 120 },
          },
          outputTokenCount: 120 + (k % 200),
        },
      });
    });
    const name = `${iso(file * 300)
      .replaceAll(/[-:]/g, "")
      .replace("Z", "")}000Z_${hex(`bedrock ${file}`).slice(0, 16)}.json.gz`;
    await writeFile(join(folder, name), gzipSync(`${lines.join("\n")}\n`));
  }
}
