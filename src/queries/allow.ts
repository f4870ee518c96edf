import type { Database } from "../database/index.js";
import { compareTimes, type Finding } from "./finding.js";
import { wildcard } from "./wildcard.js";

/** One line of reference/allow.csv: known noise. */
export interface AllowRule {
  detection: string | null;
  entity: string | null;
  valid_from: string | null;
  valid_to: string | null;
  reason: string | null;
  ticket: string | null;
}

/** Reads the allow-list of a case in an order that does not depend on how it was loaded. */
export async function readAllowRules(database: Database): Promise<AllowRule[]> {
  return database.rows<AllowRule>(
    `select detection, entity, valid_from, valid_to, reason, ticket
     from ref_allow
     order by detection, entity, valid_from, valid_to, reason, ticket`,
  );
}

/**
 * The line that makes a finding known noise, as text for `suppressed_by`; null when none does.
 *
 * In patterns `*` stands for any text. A line applies when its interval overlaps the time of the finding; an open end is unbounded.
 * A line without a pattern hides nothing: silence must be asked for in writing.
 */
export function suppressedBy(finding: Finding, rules: readonly AllowRule[]): string | null {
  const rule = rules.find(
    (candidate) =>
      matches(candidate.detection, finding.detection_id) &&
      matches(candidate.entity, finding.entity) &&
      overlaps(candidate, finding),
  );
  return rule === undefined ? null : describeRule(rule);
}

function matches(pattern: string | null, text: string | null): boolean {
  if (pattern === null || pattern === "" || text === null) return false;
  return wildcard(pattern).test(text);
}

function overlaps(rule: AllowRule, finding: Finding): boolean {
  const first = finding.first_seen ?? finding.last_seen;
  const last = finding.last_seen ?? finding.first_seen;
  if (first === null || last === null) return rule.valid_from === null && rule.valid_to === null;
  if (rule.valid_from !== null && compareTimes(last, rule.valid_from) < 0) return false;
  return rule.valid_to === null || compareTimes(first, rule.valid_to) <= 0;
}

function describeRule({ detection, entity, reason, ticket }: AllowRule): string {
  const why = reason === null ? "" : `: ${reason}`;
  return `${detection} ${entity}${why}${ticket === null ? "" : ` (${ticket})`}`;
}
