import type { Finding } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { toCsv } from "./csv.js";
import type { CitedEvent } from "./event-content.js";
import { parameterText, valueText } from "./part.js";
import { stretches, stretchText } from "./records.js";

/** `findings.csv`: every finding of the run, suppressed ones too, one line each; `records` as stretches `file/record`. */
export function findingsCsv(content: ReportContent): string {
  return toCsv<Finding>(allFindings(content), {
    finding_no: (finding) => finding.finding_no,
    severity: (finding) => finding.severity,
    score: (finding) => finding.score,
    title: (finding) => finding.title,
    summary: (finding) => finding.summary,
    actor: (finding) => finding.actor,
    entity_type: (finding) => finding.entity_type,
    entity: (finding) => finding.entity,
    first_seen: (finding) => finding.first_seen,
    last_seen: (finding) => finding.last_seen,
    event_count: (finding) => finding.event_count,
    source_ip: (finding) => finding.source_ip,
    region: (finding) => finding.region,
    account_id: (finding) => finding.account_id,
    resource: (finding) => finding.resource,
    element: (finding) => finding.element,
    attack: (finding) => finding.attack.join(" "),
    atlas: (finding) => finding.atlas.join(" "),
    metrics: (finding) => (finding.metrics === null ? null : valueText(finding.metrics)),
    records: (finding) => stretches(finding.records).map(stretchText).join(" "),
    record_total: (finding) => finding.record_total,
    suppressed_by: (finding) => finding.suppressed_by,
    detection_id: (finding) => finding.detection_id,
    version: (finding) => finding.version,
    sha256: (finding) => finding.sha256,
    parameters: (finding) => parameterText(finding.parameters),
    run_id: (finding) => finding.run_id,
  });
}

/** `findings.jsonl`: the same findings in full, one JSON object a line, in pure ASCII where characters would be invisible. */
export function findingsJsonLines(content: ReportContent): string {
  return allFindings(content)
    .map((finding) => `${asciiControls(JSON.stringify(finding))}\n`)
    .join("");
}

/** `timeline.csv`: every cited event, one line each, with the numbers of the findings that cite it. */
export function timelineCsv({ events }: ReportContent): string {
  const text = (name: keyof CitedEvent) => (event: CitedEvent) => event[name] as string | number | null;
  return toCsv<CitedEvent>(events, {
    event_time: text("event_time"),
    event_end: text("event_end"),
    time_meaning: text("time_meaning"),
    time_precision: text("time_precision"),
    source: text("source"),
    account_id: text("account_id"),
    region: text("region"),
    principal: text("principal"),
    credential: text("credential"),
    source_ip: text("source_ip"),
    action: text("action"),
    resource: text("resource"),
    outcome: text("outcome"),
    bytes: text("bytes"),
    summary: text("summary"),
    findings: (event) => event.findings.map((no) => `F${no}`).join(" "),
    artifact_id: text("artifact_id"),
    record_no: text("record_no"),
  });
}

function allFindings({ run }: ReportContent): Finding[] {
  return [...run.findings, ...run.suppressed].sort((left, right) => left.finding_no - right.finding_no);
}

/** JSON stays the same JSON; what is invisible or moves text about is written as an escape. */
function asciiControls(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
