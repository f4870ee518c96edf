import { compactDay, dayOf, HOUR, MINUTE } from "./clock.js";
import { recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Journal } from "./journal.js";
import { BUCKET, DATA_SOURCE, HOME, KNOWLEDGE_BASE } from "./place.js";
import { touch } from "./s3-access.js";
import type { Workload } from "./workload.js";

// The nightly sync of the knowledge base (detections.md D.4).

/** Version of a knowledge-base document written by the sync of a day. */
export function documentVersion(document: number, day: number): string {
  return `v-doc${document}-${compactDay(day)}`;
}

/** The nightly sync of the knowledge base. */
export function knowledgeHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  if (from - day !== 3 * HOUR) return;
  const key = (document: number) => `${work.kbPrefix}doc-${document}.md`;
  const common = { bucket: BUCKET.kb, size: 20_000 };
  for (let document = 0; document < 6; document++) {
    const version = documentVersion(document, day);
    touch(journal, work.numbering, {
      ...common,
      at: from + document * 10,
      caller: work.sync,
      key: key(document),
      operation: "PutObject",
      version,
    });
    touch(journal, work.numbering, {
      ...common,
      at: from + 6 * MINUTE + document * 5,
      caller: work.ingestion,
      key: key(document),
      operation: "GetObject",
      version,
    });
  }
  journal.event(ingestion(work.sync, from + 5 * MINUTE, `JOB${compactDay(day).slice(2)}A`, work.numbering));
}

/** StartIngestionJob of the acme knowledge base. */
export function ingestion(caller: Caller, at: number, job: string, numbering: Numbering) {
  return recordOf(
    {
      at,
      caller,
      service: "bedrock",
      name: "StartIngestionJob",
      host: `bedrock-agent.${HOME}.amazonaws.com`,
      write: true,
      request: { knowledgeBaseId: KNOWLEDGE_BASE, dataSourceId: DATA_SOURCE },
      response: {
        ingestionJob: {
          knowledgeBaseId: KNOWLEDGE_BASE,
          dataSourceId: DATA_SOURCE,
          ingestionJobId: job,
          status: "STARTING",
          startedAt: new Date(at * 1000).toISOString(),
          updatedAt: new Date(at * 1000).toISOString(),
        },
      },
    },
    numbering,
  );
}
