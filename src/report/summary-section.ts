import { type Finding, SEVERITIES, type Severity } from "../queries/index.js";
import { verdictBoard } from "./answers-section.js";
import type { ReportContent } from "./content.js";
import { coverageSpan } from "./coverage-text.js";
import { clip } from "./figure.js";
import { html, type Markup } from "./html.js";
import { integrityText } from "./integrity-content.js";
import { LIMIT } from "./limit.js";
import {
  badge,
  code,
  facts,
  findingLink,
  inlineFacts,
  leftOut,
  type Section,
  shortActor,
  table,
  time,
  verdict,
} from "./part.js";
import { firstOfEach, isAct } from "./run-content.js";
import { glance } from "./timeline-picture.js";
import { compareTexts, counted, formatCount, formatSpan, formatTime } from "./visible.js";

/** Letters of a summary in the table of steps; the finding has it in full. */
const SENTENCE = 150;
const WORST_FIRST = [...SEVERITIES].reverse();

/** Title block: which case, who, when, with what. */
export function titleBlock(content: ReportContent): Markup {
  const { case: held, run } = content;
  return html`<header class="cover">
<p class="kind">Incident evidence report</p>
<h1>${held.title}</h1>
${inlineFacts([
  ["Case", code(held.id)],
  ["Examiner", held.examiner],
  ["Organisation", held.organisation],
  ["Period of interest", period(held.caseFrom, held.caseTo)],
  ["Accounts", held.accounts?.join(", ") || "all in evidence"],
  ["Regions", held.regions?.join(", ") || "all in evidence"],
  ["Report made", time(content.generatedAt)],
  ["Run of detections", code(run.runId)],
])}</header>\n`;
}

/** The story in one screen: what happened, the verdicts, the attack in time; then figures, actors and steps. */
export function summarySection(content: ReportContent): Section {
  const { run } = content;
  const body = html`${verdict(headline(content), run.findings.some(isGrave) ? "bad" : "")}
<div class="figures">${WORST_FIRST.map(
    (severity) =>
      html`<div class="${severity}"><b>${formatCount(countOf(content, severity))}</b> <span>${severity}</span></div>`,
  )}</div>
${verdictBoard(content)}${glance(content)}
${stepsTable(content)}
${actorTable(content)}
<h3>What this rests on</h3>
${facts([
  ["Evidence", coverageSpan(content.status.coverage)],
  ["Integrity", integrity(content)],
  ["CloudTrail digests", integrityText(content.integrity) ?? "none in the evidence, or not verified"],
  ["Logging switched off", blindText(content)],
  [
    "Detections",
    `${counted(run.detections.length, "detection")} run: ${statusCount(content, "fired")} fired, ${statusCount(content, "not_fired")} not fired, ${statusCount(content, "partial")} partial, ${statusCount(content, "not_evaluable")} not evaluable`,
  ],
  ["Findings suppressed", `${formatCount(run.suppressed.length)} as known noise`],
])}`;
  return { id: "summary", title: "Summary", body };
}

/** Whether the sealed evidence is as it was sealed, in one sentence. */
export function integrity({ evidence: { verification } }: ReportContent): string {
  if (verification === undefined) return "not verified for this report";
  const problems = verification.problems.length + verification.custody.length;
  if (problems > 0) return `NOT INTACT: ${counted(problems, "problem")}, see Custody and verification`;
  return `intact: ${counted(verification.files, "file")} in ${counted(verification.bags, "acquisition")} and the custody chain verified`;
}

/** What happened, from when to when, by whom, and what stays open. */
export function headline(content: ReportContent): string {
  const { run } = content;
  if (run.findings.length === 0) {
    return `No detection fired. That is no proof that nothing happened: ${openQuestions(content)}.`;
  }
  const acts = run.findings.filter(isAct);
  const grave = acts.filter(isGrave);
  if (grave.length === 0) {
    return `${counted(run.findings.length, "finding")}, none of which tells of an act of high or critical severity. That is no proof that nothing happened: ${openQuestions(content)}.`;
  }
  const actors = run.actors.filter(
    (group) => group.actor !== null && group.findings.some((finding) => isAct(finding) && isGrave(finding)),
  ).length;
  const dated = grave.filter((finding) => finding.first_seen !== null && finding.summary !== null);
  const begin = dated.map((finding) => finding.first_seen ?? "").sort(compareTexts)[0];
  // Of what begins in the same second, the finding about the fewest events says most plainly what it was.
  const [first] = dated
    .filter((finding) => finding.first_seen === begin)
    .sort((left, right) => left.event_count - right.event_count || left.finding_no - right.finding_no);
  const opening = first === undefined ? "" : ` It begins with F${first.finding_no}: ${first.summary}.`;
  const blind = content.status.blind.length;
  const blindness =
    blind === 0 ? "" : `; logging was switched off ${blind === 1 ? "once" : `${formatCount(blind)} times`}`;
  return `${formatSpan(content.firstSeen, content.lastSeen)}: ${counted(grave.length, "finding")} of high or critical severity by ${counted(actors, "actor")}.${opening} What the evidence leaves open: ${openQuestions(content)}${blindness}.`;
}

function openQuestions(content: ReportContent): string {
  const partial = statusCount(content, "partial");
  return `${statusCount(content, "not_evaluable")} of ${content.run.detections.length} detections could not be asked, ${partial} only in part`;
}

/** The gravest acts in the order of time, one for each detection and actor. */
export function steps({ run }: ReportContent): { steps: Finding[]; total: number } {
  const grave = run.findings.filter((finding) => isAct(finding) && isGrave(finding));
  const firsts = firstOfEach(grave, ({ detection_id, actor }) => JSON.stringify([detection_id, actor]));
  return { steps: firsts.slice(0, LIMIT.steps).sort(inTime), total: firsts.length };
}

function stepsTable(content: ReportContent): Markup {
  const { steps: shown, total } = steps(content);
  return table(
    "The gravest steps in the order of time",
    shown,
    [
      { title: "Begins (UTC)", kind: "time", cell: (finding) => formatTime(finding.first_seen) },
      { title: "Severity", cell: (finding) => badge(finding.severity) },
      {
        title: "What",
        kind: "rest",
        cell: (finding) => html`<b>${finding.title}.</b> ${clip(finding.summary ?? "", SENTENCE)}`,
      },
      { title: "Finding", kind: "no", cell: findingLink },
    ],
    {
      empty: "No finding of high or critical severity tells of an act.",
      note:
        total > shown.length
          ? `the first finding of each detection and actor, the ${formatCount(shown.length)} with the highest scores of ${formatCount(total)}`
          : "the first finding of each detection and actor",
    },
  );
}

function actorTable({ run }: ReportContent): Markup {
  return table(
    "Actors, gravest first",
    run.actors.slice(0, LIMIT.actors),
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
      { title: "Identity", kind: "name", cell: (group) => code(group.actor) },
    ],
    {
      empty: "No finding names an actor.",
      note: leftOut(LIMIT.actors, run.actors.length, "findings.csv names all"),
    },
  );
}

function blindText({ status: { blind } }: ReportContent): string {
  if (blind.length === 0) return "no record says so";
  const sources = [...new Set(blind.map(({ source }) => source))].sort(compareTexts);
  return `${counted(blind.length, "interval")} (${sources.join(", ")}), see Coverage of the evidence`;
}

function inTime(left: Finding, right: Finding): number {
  return compareTexts(left.first_seen ?? "", right.first_seen ?? "") || left.finding_no - right.finding_no;
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
