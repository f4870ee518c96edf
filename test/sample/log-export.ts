import type { Archive } from "./archive.js";
import { dayOf, dayPath, HOUR, iso, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { gzip } from "./gzip.js";
import { sha256, uuid } from "./identifier.js";
import { HOTFIX_IMAGE } from "./incident-end.js";
import type { FunctionCall } from "./observation.js";
import { ACCOUNT, arn, BUCKET, DATA_SOURCE, ENDPOINT, KNOWLEDGE_BASE } from "./place.js";
import { POISONED_DOCUMENTS } from "./prompt.js";

// CloudWatch Logs as export tasks write them to S3 (formats.md 0.4): the group is not in the file, only in the answer of
// describe-export-tasks.

interface Line {
  readonly at: number;
  readonly message: string;
}

interface Export {
  readonly group: string;
  readonly streams: ReadonlyMap<string, readonly Line[]>;
}

/** Bucket to which the responders exported. */
const EXPORT_BUCKET = `acme-ir-export-${ACCOUNT}`;

function ingestionLog(): Export {
  const at = utc("2026-03-11T11:13:00");
  const lines = POISONED_DOCUMENTS.map((key) => ({
    at,
    message: JSON.stringify({
      event_timestamp: at * 1000,
      event: {
        ingestion_job_id: "JOBACME999",
        document_location: { type: "S3", s3_location: { uri: `s3://${BUCKET.kb}/${key}` } },
        data_source_id: DATA_SOURCE,
        knowledge_base_arn: arn("bedrock", `knowledge-base/${KNOWLEDGE_BASE}`),
        status: "INDEXING_COMPLETED",
        chunk_statistics: {
          ignored: 0,
          created: 12,
          deleted: 0,
          metadata_updated: 0,
          failed_to_create: 0,
          failed_to_delete: 0,
        },
      },
      event_version: "1.0",
      event_type: "StartIngestionJob.ResourceStatusChanged",
      level: "INFO",
    }),
  }));
  return {
    group: `/aws/vendedlogs/bedrock/knowledge-base/APPLICATION_LOGS/${KNOWLEDGE_BASE}`,
    streams: new Map([["BedrockLogs", lines]]),
  };
}

function functionLog(functionName: string, calls: readonly FunctionCall[]): Export {
  const streams = new Map<string, Line[]>();
  for (const call of calls.filter((one) => one.functionName === functionName)) {
    const stream = `${dayPath(call.at)}/[$LATEST]${sha256(`${functionName}|${dayOf(call.at)}`).slice(0, 32)}`;
    const lines = streams.get(stream) ?? [];
    streams.set(stream, lines);
    const milliseconds = 400 + (parseInt(call.requestId.slice(0, 4), 16) % 900);
    lines.push(
      { at: call.at, message: `START RequestId: ${call.requestId} Version: $LATEST` },
      { at: call.at + 2, message: `END RequestId: ${call.requestId}` },
      {
        at: call.at + 2,
        message: `REPORT RequestId: ${call.requestId}\tDuration: ${milliseconds}.14 ms\tBilled Duration: ${milliseconds + 1} ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB\t`,
      },
    );
  }
  return { group: `/aws/lambda/${functionName}`, streams };
}

function endpointLog(): Export {
  const serve = (from: number, to: number): Line[] => {
    const lines: Line[] = [];
    for (let at = from; at < to; at += HOUR / 2)
      lines.push({ at, message: '169.254.178.2 - "GET /ping HTTP/1.1" 200 0 "-" "AHC/2.0"' });
    return lines;
  };
  const day = utc("2026-03-11");
  const replaced = utc("2026-03-11T13:51:00");
  return {
    group: `/aws/sagemaker/Endpoints/${ENDPOINT}`,
    streams: new Map([
      ["AllTraffic/i-0acme0000serve001", serve(day, replaced)],
      [
        "AllTraffic/i-0acme0000serve002",
        [
          { at: replaced - 3 * MINUTE, message: `starting container ${HOTFIX_IMAGE}` },
          { at: replaced - 2 * MINUTE, message: "model loaded from /opt/ml/model" },
          ...serve(replaced, day + 24 * HOUR),
        ],
      ],
    ]),
  };
}

/** Writes the exports and what describe-export-tasks says of them. */
export function writeLogExports(
  archive: Archive,
  collection: Collection,
  calls: readonly FunctionCall[],
): void {
  const exports = [
    ingestionLog(),
    functionLog("support-mailer", calls),
    functionLog("ops-init", calls),
    functionLog("billing-refund", calls),
    endpointLog(),
  ];
  const tasks = exports.map(({ group, streams }) => {
    const taskId = uuid(`export|${group}`);
    for (const [stream, lines] of streams) {
      const text = lines.map(({ at, message }) => `${iso(at).replace("Z", ".000Z")} ${message}\n`).join("");
      archive.write(
        `${EXPORT_BUCKET}/exportedlogs/${taskId}/${stream.replaceAll("/", "-")}/000000.gz`,
        gzip(text),
      );
    }
    return {
      taskId,
      taskName: `ir${group.replaceAll("/", "-")}`,
      logGroupName: group,
      from: utc("2026-03-01") * 1000,
      to: collection.at * 1000,
      destination: EXPORT_BUCKET,
      destinationPrefix: "exportedlogs",
      status: { code: "COMPLETED", message: "Completed successfully" },
      executionInfo: {
        creationTime: collection.at * 1000,
        completionTime: (collection.at + 5 * MINUTE) * 1000,
      },
    };
  });
  archive.write(`${EXPORT_BUCKET}/exportedlogs/aws-logs-write-test`, "Permission Check Successful");
  collection.keep("logs", "describe-export-tasks", undefined, { exportTasks: tasks });
}
