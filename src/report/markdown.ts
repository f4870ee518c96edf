import { SEVERITIES } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { negativeSentence } from "./coverage-text.js";
import { LIMIT } from "./limit.js";
import { parameterText, shortActor, valueText } from "./part.js";
import { stretches, stretchText } from "./records.js";
import { headline, integrity, steps } from "./summary-section.js";
import { formatCount, formatSpan, formatTime, shorten, visible } from "./visible.js";

/** The report in short, as Markdown: what happened, verdicts, steps, lineage, findings by actor, detections without findings. */
export function markdownDocument(content: ReportContent): string {
  const { case: held, run } = content;
  const lines = [
    `# ${escapeMarkdown(held.title)}`,
    "",
    ...list([
      ["Case", held.id],
      ["Examiner", held.examiner],
      ["Organisation", held.organisation],
      ["Report made", formatTime(content.generatedAt)],
      ["Run", run.runId],
      ["Evidence", integrity(content)],
      ["First activity", formatTime(content.firstSeen)],
      ["Last activity", formatTime(content.lastSeen)],
      [
        "Findings",
        `${formatCount(run.findings.length)} (${severities(content)}), ${formatCount(run.suppressed.length)} suppressed`,
      ],
      ["Made with", `coldtrail ${content.toolVersion}`],
    ]),
    "",
    escapeMarkdown(headline(content)),
    "",
    "All times are UTC. Records are file/record; report.html names the sealed files with their SHA-256.",
    "",
    ...stepLines(content),
    ...answerLines(content),
    ...lineageLines(content),
    ...sequenceLines(content),
    "## Findings by actor",
    "",
    ...findingLines(content),
    "## Detections without findings",
    "",
    "No finding does not mean that nothing happened.",
    "",
    "| Detection | Status | Why, or what was searched |",
    "|---|---|---|",
    ...run.detections
      .filter((detection) => detection.status !== "fired")
      .map(({ id, title, status, reason, tables }) => {
        const searched =
          status === "not_evaluable" ? [] : [negativeSentence(tables, content.status.coverage)];
        const why = [...(reason === null ? [] : [reason]), ...searched].join(". ");
        return `| ${escapeMarkdown(title)} (${escapeMarkdown(id)}) | ${status} | ${escapeMarkdown(why)} |`;
      }),
    "",
  ];
  return lines.join("\n");
}

function stepLines(content: ReportContent): string[] {
  const { steps: shown, total } = steps(content);
  if (shown.length === 0) return [];
  return [
    "## The gravest steps in the order of time",
    "",
    `${formatCount(shown.length)} of ${formatCount(total)}: the first finding of each detection and actor, those with the highest scores.`,
    "",
    "| Begins | Severity | What | Finding |",
    "|---|---|---|---|",
    ...shown.map(
      (finding) =>
        `| ${formatTime(finding.first_seen)} | ${finding.severity} | ${escapeMarkdown(`${finding.title}. ${finding.summary ?? ""}`)} | F${finding.finding_no} |`,
    ),
    "",
  ];
}

function answerLines({ questionnaires }: ReportContent): string[] {
  return questionnaires.flatMap(({ title, id, version, answers }) => [
    `## ${escapeMarkdown(title)}`,
    "",
    "| No. | Question | Verdict | Findings | First and last seen | Left open |",
    "|---|---|---|---|---|---|",
    ...answers.map((answer) =>
      [
        "",
        escapeMarkdown(answer.no),
        escapeMarkdown(answer.question),
        answer.verdict,
        formatCount(answer.event_count),
        answer.first_seen === null ? "–" : formatSpan(answer.first_seen, answer.last_seen),
        escapeMarkdown((answer.not_answered ?? []).join("; ") || "–"),
        "",
      ]
        .join(" | ")
        .trim(),
    ),
    "",
    `${escapeMarkdown(answers[0]?.coverage ?? "")} Query ${escapeMarkdown(id)} ${escapeMarkdown(version)}.`.trim(),
    "",
  ]);
}

function lineageLines({ lineage }: ReportContent): string[] {
  if (lineage.edges.length === 0) return [];
  return [
    "## Lineage of identities",
    "",
    "| First | From | By | To | Record |",
    "|---|---|---|---|---|",
    ...lineage.edges.map(
      ({ first_time, parent, via, child, artifact_id, record_no, isStrong }) =>
        `| ${formatTime(first_time)} | ${escapeMarkdown(parent)} | ${escapeMarkdown(via)} | ${escapeMarkdown(child)} | ${isStrong ? `${artifact_id}/${record_no}` : "same address"} |`,
    ),
    "",
  ];
}

function sequenceLines({ sequences }: ReportContent): string[] {
  const chains = sequences.flatMap(({ id, version, title, chains: found }) =>
    found.map((chain) => ({ id, version, title, chain })),
  );
  if (chains.length === 0) return [];
  return [
    "## Sequences",
    "",
    ...chains
      .slice(0, LIMIT.chains)
      .flatMap(({ id, version, title, chain }) => [
        `### ${escapeMarkdown(title)}: ${escapeMarkdown(chain.entity)}`,
        "",
        `${escapeMarkdown(id)} ${escapeMarkdown(version)}, ${formatSpan(chain.first_seen, chain.last_seen)}`,
        "",
        ...chain.steps.map(({ no, name, first_seen, last_seen, event_count, records }) =>
          first_seen === null
            ? `${no}. ${escapeMarkdown(name)}: not seen`
            : `${no}. ${escapeMarkdown(name)}: ${formatSpan(first_seen, last_seen)}, ${formatCount(event_count)} events, records ${stretches(records).slice(0, LIMIT.chainRecords).map(stretchText).join(", ")}`,
        ),
        "",
      ]),
  ];
}

function findingLines({ run }: ReportContent): string[] {
  return run.actors.flatMap(({ actor, findings }) => [
    `### ${escapeMarkdown(shortActor(actor))}`,
    "",
    ...(actor === null ? [] : [escapeMarkdown(actor), ""]),
    ...findings.flatMap((finding) => {
      const parts = stretches(finding.records);
      const shown = parts.slice(0, LIMIT.recordStretches);
      const more = finding.record_total - shown.reduce((sum, part) => sum + part.last - part.first + 1, 0);
      return [
        `#### F${finding.finding_no} ${finding.severity}: ${escapeMarkdown(finding.title)}`,
        "",
        escapeMarkdown(finding.summary ?? "The query gives no summary."),
        "",
        ...list([
          ["First and last seen", `${formatTime(finding.first_seen)} to ${formatTime(finding.last_seen)}`],
          ["Events", formatCount(finding.event_count)],
          ["Entity", finding.entity],
          ["Address", finding.source_ip],
          ["Resource", finding.resource],
          ["Metrics", finding.metrics === null ? undefined : valueText(finding.metrics)],
          ["ATT&CK, ATLAS", [...finding.attack, ...finding.atlas].join(", ")],
          [
            "Records",
            `${shown.map(stretchText).join(", ")}${more > 0 ? `, and ${formatCount(more)} more` : ""}`,
          ],
          [
            "Query",
            `${finding.detection_id} ${finding.version}, sha256 ${finding.sha256}, ${parameterText(finding.parameters)}`,
          ],
        ]),
        "",
      ];
    }),
  ]);
}

function list(entries: readonly (readonly [string, string | null | undefined])[]): string[] {
  return entries
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([term, value]) => `- ${escapeMarkdown(term)}: ${escapeMarkdown(value ?? "")}`);
}

function severities({ run }: ReportContent): string {
  return [...SEVERITIES]
    .reverse()
    .map(
      (severity) => `${run.findings.filter((finding) => finding.severity === severity).length} ${severity}`,
    )
    .join(", ");
}

/** Text that no Markdown reader takes for markup, a link or HTML. */
export function escapeMarkdown(text: string): string {
  return (
    visible(shorten(text, LIMIT.value * 3))
      .replaceAll("&", "&amp;")
      .replace(/[\\`*_[\]#|~!]/g, "\\$&")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replace(/^[-+=]/, "\\$&")
      .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
      // Readers make links of bare addresses; a colon as an entity reads the same and is none.
      .replace(/:(?=\/\/)/g, "&#58;")
      .replace(/\bwww\./gi, "www&#46;")
      .replaceAll("@", "&#64;")
  );
}
