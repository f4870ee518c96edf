import { SEVERITIES, type Severity } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { coverageSpan } from "./coverage-text.js";
import { html, type Markup } from "./html.js";
import { integrityText } from "./integrity-content.js";
import {
  badge,
  code,
  facts,
  findingLink,
  prose,
  type Section,
  shortActor,
  table,
  time,
  verdict,
} from "./part.js";
import { counted, formatCount, formatTime } from "./visible.js";

const WORST_FIRST = [...SEVERITIES].reverse();
const TOP = 10;

/** Title block: which case, who, when, with what. */
export function titleBlock(content: ReportContent): Markup {
  const { case: held, run } = content;
  return html`<header class="cover">
<p class="kind">Incident evidence report</p>
<h1>${held.title}</h1>
${facts([
  ["Case", code(held.id)],
  ["Examiner", held.examiner],
  ["Organisation", held.organisation],
  ["Period of interest", period(held.caseFrom, held.caseTo)],
  ["Accounts in scope", held.accounts?.join(", ") || "all in evidence"],
  ["Regions in scope", held.regions?.join(", ") || "all in evidence"],
  ["Report made", time(content.generatedAt)],
  ["Run of detections", code(run.runId)],
  ["Made with", `coldtrail ${content.toolVersion}`],
])}</header>\n`;
}

/** Verdict figures, the actors and the gravest findings. */
export function summarySection(content: ReportContent): Section {
  const { run } = content;
  const body = html`${verdict(headline(content), run.findings.some(isGrave) ? "bad" : "")}
<div class="figures">${WORST_FIRST.map(
    (severity) =>
      html`<div class="${severity}"><b>${formatCount(countOf(content, severity))}</b><span>${severity}</span></div>`,
  )}</div>
${facts([
  ["First activity", time(content.firstSeen)],
  ["Last activity", time(content.lastSeen)],
  ["Actors with findings", formatCount(run.actors.filter((group) => group.actor !== null).length)],
  ["Detections run", formatCount(run.detections.length)],
  ["Fired", statusCount(content, "fired")],
  ["Not fired", statusCount(content, "not_fired")],
  ["Partial", statusCount(content, "partial")],
  ["Not evaluable", statusCount(content, "not_evaluable")],
  ["Findings suppressed", formatCount(run.suppressed.length)],
  ["Evidence", coverageSpan(content.status.coverage)],
  ["Integrity", integrity(content)],
  ["CloudTrail digests", integrityText(content.integrity) ?? "none in the evidence, or not verified"],
])}
${actorTable(content)}
${topTable(content)}`;
  return { id: "summary", title: "Summary", body };
}

/** Whether the sealed evidence is as it was sealed, in one sentence. */
export function integrity({ evidence: { verification } }: ReportContent): string {
  if (verification === undefined) return "not verified for this report";
  const problems = verification.problems.length + verification.custody.length;
  if (problems > 0) return `NOT INTACT: ${counted(problems, "problem")}, see Custody and verification`;
  return `intact: ${counted(verification.files, "file")} in ${counted(verification.bags, "acquisition")} and the custody chain verified`;
}

function headline(content: ReportContent): string {
  const { run } = content;
  if (run.findings.length === 0) {
    return `No detection fired. That is no proof that nothing happened: ${openQuestions(content)}.`;
  }
  const grave = run.findings.filter(isGrave).length;
  const actors = run.actors.filter((group) => group.actor !== null).length;
  return `${counted(run.findings.length, "finding")}, ${formatCount(grave)} of them high or critical, by ${counted(actors, "actor")}; activity from ${formatTime(content.firstSeen)} to ${formatTime(content.lastSeen)}. What the evidence leaves open: ${openQuestions(content)}.`;
}

function openQuestions(content: ReportContent): string {
  const partial = statusCount(content, "partial");
  return `${statusCount(content, "not_evaluable")} of ${content.run.detections.length} detections could not be asked, ${partial} only in part`;
}

function actorTable({ run }: ReportContent): Markup {
  return table(
    "Actors, gravest first",
    run.actors,
    [
      {
        title: "Actor",
        kind: "head",
        cell: (group) => html`<a href="#${group.anchor}">${shortActor(group.actor)}</a>`,
      },
      { title: "Worst", cell: (group) => badge(group.severity) },
      { title: "Findings", kind: "number", cell: (group) => formatCount(group.findings.length) },
      { title: "First seen (UTC)", kind: "time", cell: (group) => formatTime(group.firstSeen) },
      { title: "Last seen (UTC)", kind: "time", cell: (group) => formatTime(group.lastSeen) },
      { title: "Identity", cell: (group) => code(group.actor) },
    ],
    { empty: "No finding names an actor." },
  );
}

function topTable({ run }: ReportContent): Markup {
  const top = run.findings
    .toSorted((left, right) => right.score - left.score || left.finding_no - right.finding_no)
    .slice(0, TOP);
  return table(
    `The ${top.length} findings with the highest score`,
    top,
    [
      { title: "Finding", kind: "no", cell: findingLink },
      { title: "Severity", cell: (finding) => badge(finding.severity) },
      { title: "First seen (UTC)", kind: "time", cell: (finding) => formatTime(finding.first_seen) },
      { title: "What", cell: (finding) => html`<b>${finding.title}.</b> ${prose(finding.summary)}` },
    ],
    { empty: "There is no finding." },
  );
}

function countOf({ run }: ReportContent, severity: Severity): number {
  return run.findings.filter((finding) => finding.severity === severity).length;
}

function statusCount({ run }: ReportContent, status: string): string {
  return formatCount(run.detections.filter((detection) => detection.status === status).length);
}

function isGrave({ severity }: { severity: Severity }): boolean {
  return severity === "high" || severity === "critical";
}

function period(from: string | undefined, to: string | undefined): string {
  if (from === undefined && to === undefined) return "not bounded";
  return `${from === undefined ? "begin of evidence" : formatTime(from)} to ${to === undefined ? "end of evidence" : formatTime(to)}`;
}
