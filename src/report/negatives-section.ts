import { compareSeverity } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { coverageBySource, extent, negativeSentence } from "./coverage-text.js";
import { html, type Markup } from "./html.js";
import { prose, type Section, table, verdict } from "./part.js";
import type { DetectionRun } from "./run-content.js";
import { compareTexts, counted, formatCount } from "./visible.js";

const STATES = [
  {
    status: "not_evaluable",
    heading: "Could not be asked",
    lead: "The evidence or the reference data that these detections need is not there, or the query itself failed. They say nothing, neither yes nor no.",
  },
  {
    status: "partial",
    heading: "Asked in part",
    lead: "Nothing matched in what there is, and something was missing. What is missing may hold what they look for.",
  },
  {
    status: "not_fired",
    heading: "Not fired",
    lead: "What these detections need is there, and nothing in it matched under their parameters. The answer holds for the evidence named and for nothing beyond it.",
  },
] as const;

/** Detections without findings: why, and what they had to search. */
export function negativesSection(content: ReportContent): Section {
  const { run, status } = content;
  const quiet = run.detections.filter((detection) => detection.status !== "fired");
  const incomplete = run.detections.filter(
    (detection) => detection.status === "fired" && detection.reason !== null,
  );
  const covered = coverageBySource(status.coverage);
  const body = html`${verdict(
    `${counted(quiet.length, "detection")} of ${formatCount(run.detections.length)} without a finding: ${STATES.map(
      ({ status: state, heading }) => `${countOf(quiet, state)} ${heading.toLowerCase()}`,
    ).join(", ")}. None of this says that nothing happened.`,
  )}
${
  covered.length === 0
    ? html`<p>The evidence holds no event at all.</p>`
    : html`<p>Events searched:</p>
<ul>${covered.map((source) => html`<li><code>${source.source}</code>: ${extent(source)}</li>`)}</ul>`
}
${STATES.map((state) => statePart(quiet, state, content))}
${
  incomplete.length === 0
    ? null
    : html`<h3>Fired on incomplete evidence</h3>
${table("Detections with findings that may not be all", incomplete.toSorted(byTitle), [
  { title: "Detection", kind: "head", cell: named },
  { title: "What was missing", cell: (detection) => prose(detection.reason) },
])}`
}${
  run.notRun.length === 0
    ? null
    : html`<h3>Not part of this run</h3>
<p>${counted(run.notRun.length, "detection")} of the library did not run and say nothing: ${run.notRun.map(
        (id, index) => html`${index === 0 ? "" : ", "}<code>${id}</code>`,
      )}.</p>`
}`;
  return { id: "negatives", title: "Detections without findings", body, leaf: true };
}

function statePart(
  quiet: readonly DetectionRun[],
  { status, heading, lead }: (typeof STATES)[number],
  { status: { coverage } }: ReportContent,
): Markup {
  const members = quiet.filter((detection) => detection.status === status).toSorted(byTitle);
  if (members.length === 0) return html``;
  return html`<h3>${heading}</h3>
<p>${lead}</p>
${table(`${heading}: ${counted(members.length, "detection")}`, members, [
  { title: "Detection", kind: "head", cell: named },
  { title: "Severity", cell: (detection) => detection.severity ?? "–" },
  { title: "Status", cell: (detection) => html`<span class="state">${detection.status}</span>` },
  status === "not_fired"
    ? { title: "Searched", cell: (detection) => negativeSentence(detection.tables, coverage) }
    : {
        title: status === "partial" ? "Missing, and what was searched" : "Why",
        cell: (detection) =>
          html`${prose(detection.reason) ?? "no reason given"}${
            status === "partial" ? `. ${negativeSentence(detection.tables, coverage)}` : ""
          }`,
      },
])}`;
}

function named(detection: DetectionRun): Markup {
  return html`${detection.title}<br><a class="small mono" href="#query-${detection.id}">${detection.id}</a>`;
}

function byTitle(left: DetectionRun, right: DetectionRun): number {
  return (
    compareSeverity(right.severity ?? "info", left.severity ?? "info") || compareTexts(left.id, right.id)
  );
}

function countOf(detections: readonly DetectionRun[], status: string): number {
  return detections.filter((detection) => detection.status === status).length;
}
