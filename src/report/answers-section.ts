import type { Finding } from "../queries/index.js";
import { type Answer, type Questionnaire, VERDICTS, type Verdict } from "./answers-content.js";
import type { ReportContent } from "./content.js";
import { type Content, html, type Markup } from "./html.js";
import { LIMIT } from "./limit.js";
import { findingLink, prose, type Section, verdict } from "./part.js";
import { firstOfEach } from "./run-content.js";
import { compareTexts, counted, formatCount, formatSpan } from "./visible.js";

/** Id of the questionnaire that stands for itself. */
const ELEMENTS = "seven-elements";

/** The seven elements of the methodology, question by question. */
export function elementsSection(content: ReportContent): Section {
  const elements = content.questionnaires.find(({ id }) => id === ELEMENTS);
  const body =
    elements === undefined
      ? verdict("The seven elements were not asked for this report.")
      : html`${verdict(`${verdictCounts(elements)}. “Yes” means that at least one detection or figure of the question found something; a question that none could answer stays open.`)}
${questionnairePart(elements, content)}`;
  return { id: "elements", title: "The seven elements", body, leaf: true };
}

/** The scenarios of incidents on AI workloads, question by question. */
export function scenariosSection(content: ReportContent): Section {
  const scenarios = scenariosOf(content);
  const body =
    scenarios.length === 0
      ? verdict("No scenario was asked for this report.")
      : html`${verdict(
          `${counted(scenarios.length, "scenario")}, ${counted(
            scenarios.reduce((sum, { answers }) => sum + answers.length, 0),
            "question",
          )}: ${VERDICTS.map((kind) => `${formatCount(countOf(scenarios, kind))} ${kind}`).join(", ")}. “Yes” means that at least one detection or figure of the question found something; “no evidence” holds for what was looked at and for nothing beyond it.`,
        )}
${scenarios.map(
  (scenario) => html`<h3 id="scenario-${scenario.id}">${scenario.title}</h3>
<p>${verdictCounts(scenario)}.</p>
${questionnairePart(scenario, content)}`,
)}`;
  return { id: "scenarios", title: "Scenarios", body, leaf: true };
}

/** All questions as squares, one row for each questionnaire, with links: the verdicts at a glance. */
export function verdictBoard(content: ReportContent): Markup | null {
  const { questionnaires } = content;
  if (questionnaires.length === 0) return null;
  const ordered = [...questionnaires.filter(({ id }) => id === ELEMENTS), ...scenariosOf(content)];
  return html`<div class="board" role="group" aria-label="Verdicts by question">${ordered.map(
    ({ id, title, answers }) =>
      html`<div><p><a href="#${id === ELEMENTS ? "elements" : `scenario-${id}`}">${title}</a></p><ol>${answers.map(
        (answer) =>
          html`<li><a class="square ${classOf(answer.verdict)}" href="#${anchorOf(id, answer)}" title="${answer.question} ${answer.verdict}"><span>${answer.no}</span> ${answer.verdict}</a></li>`,
      )}</ol></div>`,
  )}</div>
`;
}

/** In the order of the numbers of their questions. */
function scenariosOf({ questionnaires }: ReportContent): Questionnaire[] {
  const first = ({ answers }: Questionnaire) => Number.parseFloat(answers[0]?.no ?? "0");
  return questionnaires.filter(({ id }) => id !== ELEMENTS).sort((left, right) => first(left) - first(right));
}

function countOf(questionnaires: readonly Questionnaire[], kind: Verdict): number {
  return questionnaires.flatMap(({ answers }) => answers).filter((answer) => answer.verdict === kind).length;
}

function verdictCounts(questionnaire: Questionnaire): string {
  const known = VERDICTS.map((kind) => [kind, countOf([questionnaire], kind)] as const).filter(
    ([, count]) => count > 0,
  );
  return `${counted(questionnaire.answers.length, "question")}: ${known.map(([kind, count]) => `${count} ${kind}`).join(", ")}`;
}

function classOf(kind: Verdict): string {
  return kind.replaceAll(" ", "-");
}

function anchorOf(id: string, { no }: Answer): string {
  return `answer-${id}-${no.replaceAll(".", "-")}`;
}

function questionnairePart(questionnaire: Questionnaire, { run }: ReportContent): Markup {
  const { id, version, sha256, answers } = questionnaire;
  const coverage = answers.find((answer) => answer.coverage !== null)?.coverage;
  return html`${answers.map((answer) => answerPart(id, answer, run.findings))}<p class="small soft">${
    coverage === undefined ? "" : `Coverage: ${coverage}. `
  }Query ${id} ${version}, sha256 <code>${sha256}</code>.</p>
`;
}

function answerPart(id: string, answer: Answer, findings: readonly Finding[]): Markup {
  const fired = new Set(answer.fired ?? []);
  const feeding = findings.filter(
    (finding) => fired.has(finding.detection_id) && finding.severity !== "info",
  );
  const times = answer.first_seen === null ? "" : `, ${formatSpan(answer.first_seen, answer.last_seen)}`;
  return html`<div class="answer ${classOf(answer.verdict)}" id="${anchorOf(id, answer)}">
<div><p class="question"><b>${answer.no}</b> ${answer.question}</p>
<p><span class="badge ${classOf(answer.verdict)}">${answer.verdict}</span></p>
<p class="small soft">${counted(answer.event_count, "finding")}${times}</p></div>
<div>${told(answer, feeding)}${factsPart(answer)}${openPart(answer)}</div>
</div>
`;
}

/** What was found: the gravest finding of each detection first, so that one detection does not push the others out. */
function told(answer: Answer, feeding: readonly Finding[]): Content {
  if (feeding.length === 0) {
    const sentences = answer.answer ?? [];
    return sentences.length === 0
      ? (answer.facts ?? []).length === 0 && html`<p class="soft">Nothing found.</p>`
      : html`<ul>${sentences.map((sentence) => html`<li>${prose(sentence)}</li>`)}</ul>`;
  }
  const firsts = firstOfEach(feeding, ({ detection_id }) => detection_id);
  const others = firstOfEach(feeding, ({ finding_no }) => String(finding_no));
  const shown = [...new Set([...firsts, ...others])].slice(0, LIMIT.answerFindings);
  const inTime = shown.toSorted(
    (left, right) =>
      compareTexts(left.first_seen ?? "", right.first_seen ?? "") || left.finding_no - right.finding_no,
  );
  const rest = feeding.filter((finding) => !shown.includes(finding));
  return html`<ul>${inTime.map(
    (finding) => html`<li>${findingLink(finding)} ${prose(finding.summary ?? finding.title)}</li>`,
  )}</ul>${
    rest.length === 0
      ? null
      : html`<p class="small">And ${counted(rest.length, "further finding")}: ${rest
          .slice(0, LIMIT.answerLinks)
          .map(
            (finding, index) => html`${index === 0 ? "" : ", "}${findingLink(finding)}`,
          )}${rest.length > LIMIT.answerLinks ? ", …" : "."}</p>`
  }`;
}

function factsPart({ facts }: Answer): Content {
  if (facts === null || facts.length === 0) return null;
  return html`<ul>${facts.map((fact) => html`<li>${prose(fact)}</li>`)}</ul>`;
}

function openPart({ not_answered: open }: Answer): Content {
  if (open === null || open.length === 0) return null;
  return html`<p class="small"><b>Left open:</b> ${open.map(
    (reason, index) => html`${index === 0 ? "" : "; "}${prose(reason)}`,
  )}.</p>`;
}
