import { activitySection, trafficSection } from "./activity-section.js";
import { elementsSection, scenariosSection } from "./answers-section.js";
import type { ReportContent } from "./content.js";
import { coverageSection } from "./coverage-section.js";
import { custodySection } from "./custody-section.js";
import { evidenceSection, rejectsSection } from "./evidence-section.js";
import { findingsSection, suppressedSection } from "./findings-section.js";
import { html, Markup } from "./html.js";
import { lineageSection } from "./lineage-section.js";
import { methodsSection, queriesSection } from "./methods-section.js";
import { negativesSection } from "./negatives-section.js";
import type { Section } from "./part.js";
import { sequencesSection } from "./sequences-section.js";
import { styleSheet } from "./style.js";
import { summarySection, titleBlock } from "./summary-section.js";
import { techniquesSection } from "./techniques-section.js";
import { timelineSection } from "./timeline-section.js";
import { formatTime, visible } from "./visible.js";

/** Content security policy of every page: nothing is fetched and nothing runs, whatever the evidence holds. */
export const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The report as one self-contained page. */
export function htmlDocument(content: ReportContent): string {
  const sections = [
    summarySection,
    timelineSection,
    lineageSection,
    elementsSection,
    scenariosSection,
    sequencesSection,
    findingsSection,
    negativesSection,
    suppressedSection,
    trafficSection,
    activitySection,
    techniquesSection,
    coverageSection,
    evidenceSection,
    rejectsSection,
    custodySection,
    methodsSection,
    queriesSection,
  ].map((section) => section(content));
  const { case: held } = content;
  const style = new Markup(styleSheet(`${visible(held.id)} – coldtrail report ${content.run.runId}`));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${held.id}: ${held.title}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<div class="page">
${titleBlock(content)}<div class="body">
${contents(sections)}<main id="main">
${sections.map(sectionPart)}</main>
</div>
<footer>Case ${held.id}, run ${content.run.runId}, made ${formatTime(content.generatedAt)} with coldtrail ${content.toolVersion}. Nothing in this page is fetched and nothing in it runs.</footer>
</div>
</body>
</html>
`.text;
}

function contents(sections: readonly Section[]): Markup {
  return html`<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ol>${sections.map(
    ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`,
  )}</ol></nav>
`;
}

function sectionPart({ id, title, body, leaf }: Section): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-heading"${leaf === true ? html` class="leaf"` : ""}>
<h2 id="${id}-heading">${title}</h2>
${body}</section>
`;
}
