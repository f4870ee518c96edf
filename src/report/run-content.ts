import type { Database, Value } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import {
  compareSeverity,
  type DetectionStatus,
  type Finding,
  maskFinding,
  maskValue,
  type Severity,
  type Unmasked,
} from "../queries/index.js";
import type { QueryFacts } from "./input.js";
import { compareTexts } from "./visible.js";

/** One detection of the run with what is known of its query. */
export interface DetectionRun {
  id: string;
  version: string;
  sha256: string;
  parameters: Record<string, Value>;
  status: DetectionStatus;
  reason: string | null;
  findings: number;
  suppressed: number;
  title: string;
  /** Default severity and element; empty when the query is not in the library any more. */
  severity: Severity | undefined;
  element: string;
  description: string;
  /** Tables that the query needs or is helped by. */
  tables: string[];
  falsePositives: readonly string[];
}

/** All findings that one actor has, most severe first. */
export interface ActorGroup {
  /** Null for findings that name nobody. */
  actor: string | null;
  /** `actor-1`, `actor-2`, … in the order of the report. */
  anchor: string;
  findings: Finding[];
  severity: Severity;
  firstSeen: string | null;
  lastSeen: string | null;
}

/** A run of detections as the report shows it: secrets masked, prompts too unless asked for. */
export interface RunContent {
  runId: string;
  detections: DetectionRun[];
  /** Without the suppressed ones, in the order of their numbers. */
  findings: Finding[];
  suppressed: Finding[];
  actors: ActorGroup[];
  /** Ids of detections that the library has and the run has not. */
  notRun: string[];
}

/** Reads a run; throws `run-unknown` when the database holds none of that id. */
export async function readRun(
  database: Database,
  runId: string,
  queries: readonly QueryFacts[],
  shown: Unmasked,
): Promise<RunContent> {
  const facts = new Map(queries.map((query) => [query.id, query]));
  const runs = await database.rows<StoredRun>(
    "select * exclude (run_id) from detection_run where run_id = $run_id order by detection_id",
    { run_id: runId },
  );
  if (runs.length === 0) {
    throw new ColdtrailError(
      "run-unknown",
      `run ${runId}: the database holds no such run; run \`coldtrail detect\` on the case first`,
    );
  }
  const stored = await database.rows<Finding & { attack: string[] | null }>(
    "select * from finding where run_id = $run_id order by finding_no",
    { run_id: runId },
  );
  const all = stored.map((finding) => cleaned(finding, shown));
  const findings = all.filter((finding) => finding.suppressed_by === null);
  const ran = new Set(runs.map((run) => run.detection_id));
  return {
    runId,
    detections: runs.map((run) => described(run, facts.get(run.detection_id), shown)),
    findings,
    suppressed: all.filter((finding) => finding.suppressed_by !== null),
    actors: groupByActor(findings),
    notRun: queries
      .map((query) => query.id)
      .filter((id) => !ran.has(id))
      .sort(compareTexts),
  };
}

/** Groups by actor, or by entity where the query names no actor; the group with the highest score comes first. */
export function groupByActor(findings: readonly Finding[]): ActorGroup[] {
  const byActor = new Map<string | null, Finding[]>();
  for (const finding of findings) {
    const actor = actorOf(finding);
    const group = byActor.get(actor);
    if (group === undefined) byActor.set(actor, [finding]);
    else group.push(finding);
  }
  const groups = [...byActor].map(([actor, members]) => {
    const sorted = members.toSorted(
      (left, right) => right.score - left.score || left.finding_no - right.finding_no,
    );
    const severity = sorted.map((finding) => finding.severity).reduce(worse);
    return { actor, findings: sorted, severity, ...span(sorted) };
  });
  groups.sort(
    (left, right) =>
      Number(left.actor === null) - Number(right.actor === null) ||
      (right.findings[0]?.score ?? 0) - (left.findings[0]?.score ?? 0) ||
      right.findings.length - left.findings.length ||
      compareTexts(left.actor ?? "", right.actor ?? ""),
  );
  return groups.map((group, index) => ({ ...group, anchor: `actor-${index + 1}` }));
}

/** The finding with the highest score of each key, highest first. */
export function firstOfEach(findings: readonly Finding[], keyOf: (finding: Finding) => string): Finding[] {
  const seen = new Set<string>();
  return findings
    .toSorted((left, right) => right.score - left.score || left.finding_no - right.finding_no)
    .filter((finding) => {
      const key = keyOf(finding);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
}

/** Earliest first and latest last time of findings; null where none has one. */
export function span(findings: readonly Finding[]): { firstSeen: string | null; lastSeen: string | null } {
  const known = (times: (string | null)[]) => times.filter((time) => time !== null).sort(compareInstants);
  return {
    firstSeen: known(findings.map((finding) => finding.first_seen))[0] ?? null,
    lastSeen: known(findings.map((finding) => finding.last_seen ?? finding.first_seen)).at(-1) ?? null,
  };
}

/** Tables whose records say how things stood when somebody looked, not what happened then. */
const STATES = new Set([
  "api_snapshot",
  "config_item",
  "iam_credential_report",
  "iam_policy",
  "iam_principal",
  "iam_statement",
  "s3_object_version",
]);

/**
 * Does a finding tell of something that somebody did at its times? Inventory (severity info), readiness and what stands in a
 * configuration are no acts, and their times are those of looking.
 */
export function isAct({ severity, element, records }: Finding): boolean {
  if (severity === "info" || element === "readiness") return false;
  return records.length === 0 || records.some((record) => !STATES.has(record.table));
}

/** Who did it: the actor that the query names, else an entity that is an identity, else null. */
function actorOf(finding: Finding): string | null {
  if (finding.actor !== null && finding.actor !== "") return finding.actor;
  const isIdentity = finding.entity_type === "principal" || finding.entity_type === "credential";
  return isIdentity ? finding.entity : null;
}

interface StoredRun {
  detection_id: string;
  version: string;
  sha256: string;
  parameters: Record<string, Value>;
  status: DetectionStatus;
  reason: string | null;
  findings: number;
  suppressed: number;
}

function described(run: StoredRun, facts: QueryFacts | undefined, shown: Unmasked): DetectionRun {
  const { detection_id: id, reason, ...rest } = run;
  return {
    ...rest,
    id,
    parameters: maskValue(run.parameters, { ...shown, prompts: true }),
    reason: reason === null ? null : maskValue(reason, shown),
    title: facts?.title ?? id,
    severity: facts?.severity,
    element: facts?.element ?? "",
    description: facts?.description ?? "",
    tables: Object.entries(facts?.requires ?? {})
      .filter(([, need]) => need !== "optional")
      .map(([table]) => table),
    falsePositives: facts?.falsePositives ?? [],
  };
}

function cleaned(finding: Finding & { attack: string[] | null }, shown: Unmasked): Finding {
  const { records } = finding;
  return {
    ...maskFinding(finding, shown),
    attack: finding.attack ?? [],
    atlas: finding.atlas ?? [],
    records: records ?? [],
    event_count: finding.event_count ?? 0,
    record_total: Math.max(finding.record_total ?? 0, records?.length ?? 0),
  };
}

function worse(left: Severity, right: Severity): Severity {
  return compareSeverity(left, right) >= 0 ? left : right;
}

function compareInstants(left: string, right: string): number {
  return compareTexts(left.replace(/Z$/, ""), right.replace(/Z$/, ""));
}
