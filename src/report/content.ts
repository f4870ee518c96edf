import { maskValue, runSequences, type SequenceResult } from "../queries/index.js";
import { type Questionnaire, readQuestionnaires } from "./answers-content.js";
import {
  type Activity,
  type CitedArtifact,
  type CitedEvent,
  countCitedRecords,
  readActivity,
  readCitedArtifacts,
  readCitedEvents,
} from "./event-content.js";
import type { Frameworks, ReportInput } from "./input.js";
import { type Integrity, readIntegrity } from "./integrity-content.js";
import { type Lineage, readLineage } from "./lineage-content.js";
import { isAct, type RunContent, readRun, span } from "./run-content.js";
import { dated, focus } from "./timeline-plan.js";
import { readOutflow, readTokens, readUnlogged, type Traffic } from "./traffic-content.js";

/** Everything that the documents of one report say; every text in it is masked, none is escaped. */
export interface ReportContent extends Omit<ReportInput, "database" | "detections" | "now"> {
  /** ISO 8601 in UTC, whole seconds. */
  generatedAt: string;
  run: RunContent;
  frameworks: Frameworks;
  questionnaires: Questionnaire[];
  sequences: SequenceResult[];
  events: CitedEvent[];
  /** Different records that findings list; those that `v_event` does not know have no line in the timeline. */
  citedRecords: number;
  artifacts: CitedArtifact[];
  activity: Activity;
  integrity: Integrity;
  lineage: Lineage;
  /** What left by network and went through models in the stretch that most findings are of. */
  traffic: { outflow: Traffic; tokens: Traffic; unlogged: Traffic };
  /** First and last time of what findings say that somebody did. */
  firstSeen: string | null;
  lastSeen: string | null;
}

/** Reads what a report needs from the database of the case. */
export async function readContent(input: ReportInput): Promise<ReportContent> {
  const { database, detections, now, ...rest } = input;
  const { runId } = detections;
  const shown = { personal: input.unmask, secrets: input.unmask };
  const asked = { ...shown, prompts: input.showPrompts === true || input.unmask };
  const run = await readRun(database, runId, detections.queries, asked);
  const { case: held } = input;
  const acts = run.findings.filter(isAct);
  const suspects = [...new Set(acts.map((finding) => finding.actor).filter((actor) => actor !== null))];
  const activity = await readActivity(database, {
    from: earliest(held.baseFrom, held.caseFrom),
    to: held.caseTo ?? null,
  });
  const near = acts.length === 0 ? activity : focus(dated(acts));
  // Who examines is named in the case and in its log; people in the evidence are not.
  const own = { ...shown, prompts: true, personal: true };
  const told = {
    questionnaires: await readQuestionnaires(database, runId, detections.scenarios ?? []),
    sequences: await runSequences(database, detections.sequences ?? []),
    events: await readCitedEvents(database, runId),
    artifacts: await readCitedArtifacts(database, runId),
    integrity: await readIntegrity(database),
    lineage: await readLineage(database, suspects),
    traffic: {
      outflow: await readOutflow(database, near),
      tokens: await readTokens(database, near),
      unlogged: await readUnlogged(database, near),
    },
  };
  return {
    ...rest,
    ...maskValue(told, { ...shown, prompts: true }),
    case: maskValue(held, own),
    evidence: maskValue(input.evidence, own),
    status: maskValue(input.status, own),
    generatedAt: now.toISOString().replace(/\.\d{3}Z$/, "Z"),
    run,
    frameworks: detections.frameworks,
    citedRecords: await countCitedRecords(database, runId),
    activity,
    ...span(acts),
  };
}

/** The start of the shown period; null when the case does not bound it. */
function earliest(base: string | undefined, begin: string | undefined): string | null {
  if (base === undefined || begin === undefined) return begin ?? null;
  return base < begin ? base : begin;
}
