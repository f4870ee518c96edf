import { ELEMENTS, SEVERITIES } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { type Content, html } from "./html.js";
import { badge, findingLink, type Section, table, verdict } from "./part.js";
import { counted, formatCount } from "./visible.js";

const LINKS = 6;

/** What the detections of each element of the methodology say. */
export function elementsSection(content: ReportContent): Section {
  const { run, elements } = content;
  const rows = ELEMENTS.map((element) => {
    const findings = run.findings.filter((finding) => finding.element === element);
    const detections = run.detections.filter((detection) => detection.element === element);
    const open = detections.filter(({ status }) => status === "not_evaluable" || status === "partial");
    return { element, findings, detections, open };
  });
  const touched = rows.filter((row) => row.findings.length > 0);
  const body = html`${verdict(
    `Findings in ${touched.length} of ${rows.length} elements of the methodology for incidents on generative AI.`,
  )}
${table("Answers by element", rows, [
  {
    title: "Element",
    kind: "head",
    cell: ({ element }) => elements[element]?.title ?? element.replaceAll("-", " "),
  },
  { title: "Question", cell: ({ element }) => elements[element]?.question ?? "" },
  { title: "Answer of the detections", cell: answer },
  {
    title: "Left open",
    cell: ({ detections, open }) =>
      detections.length === 0
        ? "everything: no detection of this element ran"
        : `${formatCount(open.length)} of ${counted(detections.length, "detection")} partial or not evaluable`,
  },
])}`;
  return { id: "elements", title: "Answers by element", body };

  function answer({ findings, detections }: (typeof rows)[number]): Content {
    if (findings.length === 0) {
      const answered = detections.filter((detection) => detection.status === "not_fired").length;
      if (detections.length === 0) return "Not asked.";
      return answered === 0
        ? "Not evaluable: no detection could be asked in full."
        : `No match in ${counted(answered, "detection")} asked in full.`;
    }
    const worst = SEVERITIES.findLast((severity) =>
      findings.some((finding) => finding.severity === severity),
    );
    const first = findings.slice(0, LINKS);
    return html`${worst === undefined ? null : badge(worst)} ${counted(findings.length, "finding")}: ${first.map(
      (finding, index) => html`${index === 0 ? "" : ", "}${findingLink(finding)}`,
    )}${findings.length > LINKS ? ", …" : ""}`;
  }
}
