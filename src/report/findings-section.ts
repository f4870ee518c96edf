import type { Finding } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { type Content, html, type Markup } from "./html.js";
import { LIMIT } from "./limit.js";
import { metricsTable } from "./metrics-table.js";
import {
  badge,
  code,
  facts,
  parameterText,
  prose,
  type Section,
  shortActor,
  type TableColumn,
  table,
  time,
  verdict,
} from "./part.js";
import { recordList } from "./records.js";
import type { ActorGroup } from "./run-content.js";
import { counted, formatCount, formatTime, shorten } from "./visible.js";

/** A finding in one line, with its anchor. */
const SHORT: TableColumn<Finding>[] = [
  {
    title: "Finding",
    kind: "head",
    cell: (finding) => html`<span id="finding-${finding.finding_no}">F${finding.finding_no}</span>`,
  },
  { title: "Severity", cell: (finding) => badge(finding.severity) },
  {
    title: "What",
    kind: "wide",
    cell: (finding) => html`<b>${finding.title}.</b> ${prose(finding.summary)}`,
  },
  { title: "Entity", cell: (finding) => code(finding.entity) },
  { title: "First seen (UTC)", kind: "time", cell: (finding) => formatTime(finding.first_seen) },
  { title: "Records", kind: "number", cell: (finding) => formatCount(finding.record_total) },
];

/** Every finding in full, grouped by actor, highest score first. */
export function findingsSection(content: ReportContent): Section {
  const { run } = content;
  const body =
    run.findings.length === 0
      ? verdict(
          "No detection fired. Detections without findings, below, says what was searched and what could not be.",
        )
      : html`${verdict(`${counted(run.findings.length, "finding")} by ${counted(run.actors.length, "actor group")}.`)}
${run.actors.map((group) => actorPart(group, content))}`;
  return { id: "findings", title: "Findings by actor", body, leaf: true };
}

/** What a reader must know of a finding that allow.csv calls known noise. */
export function suppressedSection(content: ReportContent): Section {
  const { suppressed } = content.run;
  const body = html`${verdict(
    suppressed.length === 0
      ? "No finding was suppressed."
      : `${counted(suppressed.length, "finding")} suppressed as known noise. They are not in the figures above and nothing of them was deleted: findings.csv and findings.jsonl hold them in full.`,
  )}${
    suppressed.length === 0
      ? null
      : table("Suppressed findings", suppressed.slice(0, LIMIT.rejects), [
          ...SHORT,
          { title: "Suppressed by", cell: (finding) => prose(finding.suppressed_by) },
        ])
  }`;
  return { id: "suppressed", title: "Suppressed findings", body };
}

function actorPart(group: ActorGroup, { techniques }: ReportContent): Markup {
  const shown = group.findings.slice(0, LIMIT.findingsOfActor);
  const rest = group.findings.slice(LIMIT.findingsOfActor);
  return html`<h3 id="${group.anchor}">${shortActor(group.actor)}</h3>
<p>${group.actor === null ? "Findings that name no identity" : code(group.actor)}: ${counted(group.findings.length, "finding")}, from ${formatTime(group.firstSeen)} to ${formatTime(group.lastSeen)}.</p>
${shown.map((finding) => findingPart(finding, techniques))}${
  rest.length === 0
    ? null
    : table(`${counted(rest.length, "further finding")} of this actor`, rest, SHORT, {
        note: "in full in findings.jsonl",
      })
}`;
}

function findingPart(finding: Finding, techniques: ReportContent["techniques"]): Markup {
  return html`<article class="finding ${finding.severity}" id="finding-${finding.finding_no}" aria-labelledby="title-${finding.finding_no}">
<div class="head">
<h4 id="title-${finding.finding_no}"><span class="no">F${finding.finding_no}</span> ${badge(finding.severity)} <span>${finding.title}</span></h4>
<p class="summary">${prose(finding.summary) ?? "The query gives no summary."}</p>
${facts([
  ["First seen (UTC)", time(finding.first_seen)],
  ["Last seen (UTC)", time(finding.last_seen)],
  ["Events", formatCount(finding.event_count)],
  ["Score", formatCount(finding.score)],
  [entityTerm(finding.entity_type), code(finding.entity)],
  ["Address", code(finding.source_ip)],
  ["Region", code(finding.region)],
  ["Account", code(finding.account_id)],
  ["Resource", code(finding.resource)],
  ["Element", finding.element.replaceAll("-", " ")],
  ["ATT&CK", techniqueList(finding.attack, techniques)],
  ["ATLAS", techniqueList(finding.atlas, techniques)],
])}</div>
${metricsTable(finding)}${recordList(finding)}<p class="source">Query <a href="#query-${finding.detection_id}"><code>${finding.detection_id}</code></a> ${finding.version}, sha256 <code>${finding.sha256}</code>. Parameters: <code>${parameterText(finding.parameters)}</code></p>
</article>
`;
}

function techniqueList(ids: readonly string[], techniques: ReportContent["techniques"]): Content {
  if (ids.length === 0) return null;
  return ids.map((id, index) => {
    const name = techniques[id];
    return html`${index === 0 ? "" : ", "}<code>${id}</code>${name === undefined ? "" : ` ${name}`}`;
  });
}

function entityTerm(type: string | null): string {
  return type === null || type === "" ? "Entity" : `Entity (${shorten(type, 40)})`;
}
