import { ColdtrailError } from "../errors.js";
import {
  compareSeverity,
  compareTimes,
  type DetectionResult,
  type Finding,
  type Severity,
} from "./finding.js";
import type { CasePeriod } from "./parameters.js";

/** What is left of a run without that which the baseline knows already. */
export interface SinceBaseline {
  /** The same results; a detection whose findings are all old is `not_fired`, and says so. */
  results: DetectionResult[];
  /** How many findings were left out. */
  known: number;
  /** End of the baseline, ISO 8601 in UTC. */
  from: string;
}

/**
 * Keeps the findings that are new against the baseline of the case: those that begin after its end, unless the same
 * detection said the same of the same entity and actor before it, at least as severely. A finding without a time is a
 * state and stays. Throws `usage` for a case without a period.
 */
export function sinceBaseline(
  results: readonly DetectionResult[],
  { base_to, case_from }: CasePeriod,
): SinceBaseline {
  const from = base_to ?? case_from;
  if (from === null) {
    throw new ColdtrailError(
      "usage",
      "--since-baseline needs the end of the baseline; set the period of interest in case.yaml and run ingest",
    );
  }
  const began = (finding: Finding): boolean =>
    finding.first_seen !== null && compareTimes(finding.first_seen, from) < 0;
  let known = 0;
  const kept = results.map((result) => {
    const before = new Map<string, Severity>();
    for (const finding of result.findings.filter(began)) {
      const worst = before.get(identity(finding));
      if (worst === undefined || compareSeverity(worst, finding.severity) < 0)
        before.set(identity(finding), finding.severity);
    }
    const findings = result.findings.filter((finding) => {
      const worst = before.get(identity(finding));
      return !began(finding) && (worst === undefined || compareSeverity(worst, finding.severity) < 0);
    });
    const left = result.findings.length - findings.length;
    if (left === 0) return result;
    known += left;
    const suppressed = findings.filter(({ suppressed_by }) => suppressed_by !== null).length;
    if (findings.length > 0) return { ...result, findings, suppressed };
    const reason = `nothing new since the baseline, ${left} known from it`;
    return {
      ...result,
      findings,
      suppressed,
      status: result.reason === null ? ("not_fired" as const) : ("partial" as const),
      reason: result.reason === null ? reason : `${result.reason}; ${reason}`,
    };
  });
  return { results: kept, known, from };
}

function identity({ entity, actor }: Finding): string {
  return JSON.stringify([entity, actor]);
}
