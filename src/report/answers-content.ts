import type { Database } from "../database/index.js";
import { type Query, runQuery } from "../queries/index.js";

export const VERDICTS = ["yes", "partial", "no evidence", "not evaluable"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One question with its answer, as a query of kind scenario gives it. */
export interface Answer {
  /** `1.4` */
  no: string;
  question: string;
  verdict: Verdict;
  event_count: number;
  first_seen: string | null;
  last_seen: string | null;
  /** The findings with the highest scores, as sentences. */
  answer: string[] | null;
  /** Figures that no detection gives, as sentences. */
  facts: string[] | null;
  /** Detections that found something. */
  fired: string[] | null;
  /** Detections that could not answer, with the reason: `acc-impossible-travel: ref_geo is empty`. */
  not_answered: string[] | null;
  /** What was looked at, in one sentence. */
  coverage: string | null;
}

/** A list of questions about the case, answered. */
export interface Questionnaire {
  id: string;
  title: string;
  version: string;
  sha256: string;
  answers: Answer[];
}

/**
 * Answers the scenarios from the last detect run of the case. Nothing is answered when the report is about another run: the answers
 * would be those of the last one.
 */
export async function readQuestionnaires(
  database: Database,
  runId: string,
  scenarios: readonly Query[],
): Promise<Questionnaire[]> {
  const [last] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'last_run'",
  );
  if (last?.fingerprint !== runId) return [];
  const questionnaires: Questionnaire[] = [];
  for (const scenario of scenarios) {
    const { rows, provenance } = await runQuery(database, scenario);
    questionnaires.push({
      id: scenario.id,
      title: scenario.title,
      version: provenance.version,
      sha256: provenance.sha256,
      answers: rows as unknown as Answer[],
    });
  }
  return questionnaires;
}
