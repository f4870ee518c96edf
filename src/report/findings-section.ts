import type { Value } from "../database/index.js";
import { compareSeverity, type Finding, type Framework } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { type Content, html, type Markup } from "./html.js";
import type { Frameworks } from "./input.js";
import { LIMIT } from "./limit.js";
import {
  badge,
  code,
  inlineFacts,
  leftOut,
  parameterText,
  prose,
  type Section,
  shortActor,
  type TableColumn,
  table,
  valueText,
  verdict,
} from "./part.js";
import { recordList } from "./records.js";
import type { ActorGroup } from "./run-content.js";
import { compareTexts, counted, formatCount, formatSpan, formatTime, shorten } from "./visible.js";

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
    cell: (finding) =>
      html`<b>${finding.title}.</b> ${prose(finding.summary)}${finding.entity === null ? null : html` (${code(finding.entity)})`}`,
  },
  { title: "First seen (UTC)", kind: "time", cell: (finding) => formatTime(finding.first_seen) },
  { title: "Records", kind: "number", cell: (finding) => formatCount(finding.record_total) },
];

/** Every finding in full, by actor and detection, gravest first. */
export function findingsSection(content: ReportContent): Section {
  const { run } = content;
  const body =
    run.findings.length === 0
      ? verdict(
          "No detection fired. Detections without findings, below, says what was searched and what could not be.",
        )
      : html`${verdict(`${counted(run.findings.length, "finding")} by ${counted(run.actors.length, "actor group")}.`)}
${run.actors.slice(0, LIMIT.actors).map((group) => actorPart(group, content))}${leftOverPart(run.actors)}`;
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

function actorPart(group: ActorGroup, { frameworks }: ReportContent): Markup {
  const shown = group.findings.slice(0, LIMIT.findingsOfActor);
  const rest = group.findings.slice(LIMIT.findingsOfActor);
  return html`<h3 id="${group.anchor}">${shortActor(group.actor)}</h3>
<p>${group.actor === null ? "Findings that name no identity" : code(group.actor)}: ${counted(group.findings.length, "finding")}, ${formatSpan(group.firstSeen, group.lastSeen)}.</p>
${byDetection(shown).map((findings) => detectionPart(findings, frameworks))}${
  rest.length === 0
    ? null
    : table(
        `${counted(rest.length, "further finding")} of this actor`,
        rest.slice(0, LIMIT.furtherFindings),
        SHORT,
        {
          note:
            leftOut(LIMIT.furtherFindings, rest.length, "all are in findings.jsonl") ??
            "in full in findings.jsonl",
        },
      )
}`;
}

/** Findings for which there is no room are named, so that links to them lead somewhere. */
function leftOverPart(actors: readonly ActorGroup[]): Content {
  const room = LIMIT.findingsOfActor + LIMIT.furtherFindings;
  const left = [
    ...actors.slice(0, LIMIT.actors).flatMap((group) => group.findings.slice(room)),
    ...actors.slice(LIMIT.actors).flatMap((group) => group.findings),
  ];
  if (left.length === 0) return null;
  const beyond = actors.slice(LIMIT.actors);
  return html`<h3>In findings.jsonl only</h3>
${beyond.map((group) => html`<span id="${group.anchor}"></span>`)}<p>${counted(left.length, "finding")}${beyond.length === 0 ? "" : `, ${counted(beyond.length, "actor")} among them`}, for which the page has no room: ${left.map(({ finding_no: no }) => html`<span id="finding-${no}">F${no}</span> `)}</p>
`;
}

/** Findings of one detection together, in the order of time; the detection with the gravest finding first. */
function byDetection(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = groups.get(finding.detection_id);
    if (known === undefined) groups.set(finding.detection_id, [finding]);
    else known.push(finding);
  }
  return [...groups.values()].map((group) =>
    group.toSorted(
      (left, right) =>
        compareTexts(left.first_seen ?? "", right.first_seen ?? "") || left.finding_no - right.finding_no,
    ),
  );
}

/** What one detection says of one actor: the query once, then finding by finding. */
function detectionPart(findings: readonly Finding[], frameworks: Frameworks): Content {
  const [first] = findings;
  if (first === undefined) return null;
  const worst = findings
    .map(({ severity }) => severity)
    .reduce((left, right) => (compareSeverity(left, right) >= 0 ? left : right));
  const union = (name: "attack" | "atlas") => [...new Set(findings.flatMap((finding) => finding[name]))];
  const heading = `title-${first.finding_no}`;
  return html`<article class="finding ${worst}" aria-labelledby="${heading}">
<h4 id="${heading}">${badge(worst)} ${first.title}${findings.length > 1 ? html` <span class="no">${counted(findings.length, "finding")}</span>` : null}</h4>
${inlineFacts([
  ["Element", first.element.replaceAll("-", " ")],
  ["ATT&CK", techniqueList(union("attack"), frameworks.attack)],
  ["ATLAS", techniqueList(union("atlas"), frameworks.atlas)],
])}${findings.map((finding) => findingPart(finding, findings.length > 1))}<p class="source">Query <a href="#query-${first.detection_id}"><code>${first.detection_id}</code></a> ${first.version}, sha256 <code>${first.sha256}</code>. Parameters: <code>${parameterText(first.parameters)}</code></p>
</article>
`;
}

function findingPart(finding: Finding, isOneOfMany: boolean): Markup {
  return html`<div class="one" id="finding-${finding.finding_no}">
<p class="summary"><span class="no">F${finding.finding_no}</span>${isOneOfMany ? html` <span class="state">${finding.severity}</span>` : null} ${prose(finding.summary) ?? "The query gives no summary."}</p>
${inlineFacts([
  ["Time (UTC)", formatSpan(finding.first_seen, finding.last_seen)],
  ["Events", formatCount(finding.event_count)],
  ["Score", formatCount(finding.score)],
  [entityTerm(finding.entity_type), code(finding.entity)],
  ["Address", code(finding.source_ip)],
  ["Region", code(finding.region)],
  ["Account", code(finding.account_id)],
  ["Resource", finding.resource === finding.entity ? null : code(finding.resource)],
])}${metricsPart(finding)}${recordList(finding)}</div>
`;
}

/** The metrics of a finding in running lines; those without a value are named at the end. */
function metricsPart({ metrics }: Finding): Content {
  if (metrics === null || metrics === "") return null;
  if (typeof metrics !== "object" || Array.isArray(metrics)) {
    return inlineFacts([["Metrics", code(valueText(metrics))]]);
  }
  const all = Object.entries(metrics).map(
    ([name, value]) => [shorten(name.replaceAll("_", " "), LIMIT.value), value as Value] as const,
  );
  const absent = all.filter(([, value]) => isAbsent(value)).map(([name]) => name);
  return inlineFacts([
    ...all
      .filter(([, value]) => !isAbsent(value))
      .map(([name, value]) => [name, code(valueText(value))] as const),
    ["without a value", absent.join(", ")],
  ]);
}

function isAbsent(value: Value): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function techniqueList(ids: readonly string[], { techniques }: Framework): Content {
  if (ids.length === 0) return null;
  return ids.map((id, index) => {
    const name = techniques[id];
    return html`${index === 0 ? "" : ", "}<code>${id}</code>${name === undefined ? "" : ` ${name}`}`;
  });
}

function entityTerm(type: string | null): string {
  return type === null || type === "" ? "Entity" : `Entity (${shorten(type, 40)})`;
}
