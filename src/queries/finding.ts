import type { Value } from "../database/index.js";

/** Severities from least to most; the position is the rank. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Score of a finding whose query gives none, 0 to 100. */
export const BASE_SCORE: Record<Severity, number> = { info: 10, low: 30, medium: 50, high: 75, critical: 90 };

/** A finding lists this many records at most; `record_total` says how many it rests on. */
export const RECORDS_LISTED = 200;

/** One record of a sealed file, as `coldtrail record` takes it. */
export interface RecordReference {
  table: string;
  artifact_id: number;
  record_no: number;
}

/** One row of table `finding`; names follow its columns. Times are ISO 8601 in UTC. */
export interface Finding {
  run_id: string;
  /** 1, 2, 3 … over the whole run, most severe first. */
  finding_no: number;
  detection_id: string;
  version: string;
  sha256: string;
  parameters: Record<string, Value>;
  severity: Severity;
  score: number;
  title: string;
  element: string;
  attack: string[];
  atlas: string[];
  entity_type: string | null;
  entity: string | null;
  actor: string | null;
  source_ip: string | null;
  region: string | null;
  account_id: string | null;
  resource: string | null;
  first_seen: string | null;
  last_seen: string | null;
  event_count: number;
  metrics: Value;
  summary: string | null;
  records: RecordReference[];
  record_total: number;
  /** The line of reference/allow.csv that makes this known noise; null when nothing does. */
  suppressed_by: string | null;
}

/**
 * What became of a detection: `fired` (at least one finding), `not_fired` (everything it needs was there and nothing matched),
 * `partial` (nothing matched, and something was missing), `not_evaluable` (it could not be asked).
 */
export type DetectionStatus = "fired" | "not_fired" | "partial" | "not_evaluable";

/** One detection of one run. */
export interface DetectionResult {
  runId: string;
  id: string;
  version: string;
  sha256: string;
  title: string;
  /** Default severity of the detection; each finding carries its own. */
  severity: Severity;
  element: string;
  status: DetectionStatus;
  /** What was missing; also set on `fired` when the answer may be incomplete. Null when nothing was. */
  reason: string | null;
  /** True when the SQL itself failed; the command line then ends with exit code 5. */
  failed: boolean;
  /** The values that the query ran with. */
  parameters: Record<string, Value>;
  /** Most severe first; suppressed ones stay in the list and carry `suppressed_by`. */
  findings: Finding[];
  /** How many of the findings are suppressed. */
  suppressed: number;
}

/** True for one of the five severities. */
export function isSeverity(text: unknown): text is Severity {
  return (SEVERITIES as readonly unknown[]).includes(text);
}

/** Orders severities: negative when `left` is less severe than `right`. */
export function compareSeverity(left: Severity, right: Severity): number {
  return SEVERITIES.indexOf(left) - SEVERITIES.indexOf(right);
}

/** Orders findings for people: score from high to low, then first seen, entity, detection, and the records as a last resort. */
export function compareFindings(left: Finding, right: Finding): number {
  return (
    right.score - left.score ||
    compareTimes(left.first_seen, right.first_seen) ||
    compareTexts(left.entity ?? "", right.entity ?? "") ||
    compareTexts(left.detection_id, right.detection_id) ||
    compareTexts(tieBreaker(left), tieBreaker(right))
  );
}

/** All findings of a run in the order of their numbers. */
export function rankFindings(results: readonly DetectionResult[]): Finding[] {
  return results
    .flatMap((result) => result.findings)
    .sort((left, right) => left.finding_no - right.finding_no);
}

/** Orders texts by code unit, the same on every machine. */
export function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Orders ISO times in UTC with any number of decimals; null comes last. */
export function compareTimes(left: string | null, right: string | null): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  // Without the Z, a time without decimals is a prefix of the same second with decimals.
  return compareTexts(left.replace(/Z$/, ""), right.replace(/Z$/, ""));
}

function tieBreaker(finding: Finding): string {
  const { finding_no, ...rest } = finding;
  return JSON.stringify(rest);
}
