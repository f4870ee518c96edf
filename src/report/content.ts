import {
  type Activity,
  type CitedArtifact,
  type CitedEvent,
  countCitedRecords,
  readActivity,
  readCitedArtifacts,
  readCitedEvents,
} from "./event-content.js";
import type { ReportInput } from "./input.js";
import { type Integrity, readIntegrity } from "./integrity-content.js";
import { type RunContent, readRun, span } from "./run-content.js";
import { maskValue } from "./secret.js";

/** Everything that the documents of one report say; every text in it is masked, none is escaped. */
export interface ReportContent extends Omit<ReportInput, "database" | "detections" | "now"> {
  /** ISO 8601 in UTC, whole seconds. */
  generatedAt: string;
  run: RunContent;
  techniques: Readonly<Record<string, string>>;
  elements: Readonly<Record<string, { title: string; question: string }>>;
  events: CitedEvent[];
  /** Different records that findings list; those that `v_event` does not know have no line in the timeline. */
  citedRecords: number;
  artifacts: CitedArtifact[];
  activity: Activity;
  integrity: Integrity;
  firstSeen: string | null;
  lastSeen: string | null;
}

/** Reads what a report needs from the database of the case. */
export async function readContent(input: ReportInput): Promise<ReportContent> {
  const { database, detections, now, ...rest } = input;
  const { runId } = detections;
  const run = await readRun(database, runId, detections.queries, input.showPrompts === true);
  const { case: held } = input;
  return {
    ...rest,
    case: maskValue(held, true),
    evidence: maskValue(input.evidence, true),
    status: maskValue(input.status, true),
    generatedAt: now.toISOString().replace(/\.\d{3}Z$/, "Z"),
    run,
    techniques: detections.techniques ?? {},
    elements: detections.elements ?? {},
    events: await readCitedEvents(database, runId),
    citedRecords: await countCitedRecords(database, runId),
    artifacts: maskValue(await readCitedArtifacts(database, runId), true),
    activity: await readActivity(database, {
      from: earliest(held.baseFrom, held.caseFrom),
      to: held.caseTo ?? null,
    }),
    integrity: await readIntegrity(database),
    ...span(run.findings),
  };
}

/** The start of the shown period; null when the case does not bound it. */
function earliest(base: string | undefined, begin: string | undefined): string | null {
  if (base === undefined || begin === undefined) return begin ?? null;
  return base < begin ? base : begin;
}
