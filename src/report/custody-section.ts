import type { Value } from "../database/index.js";
import type { ReportContent } from "./content.js";
import { html, type Markup } from "./html.js";
import type { VerificationResult } from "./input.js";
import { kindText } from "./integrity-content.js";
import { LIMIT } from "./limit.js";
import { code, leftOut, prose, type Section, table, valueText, verdict } from "./part.js";
import { integrity } from "./summary-section.js";
import { formatCount, formatTime } from "./visible.js";

/** What verification found, and who did what with the case. */
export function custodySection(content: ReportContent): Section {
  const { verification, custody } = content.evidence;
  const isSound =
    verification !== undefined &&
    verification.problems.length + verification.custody.length === 0 &&
    !content.integrity.counts.some(({ verdict: judged }) => judged === "invalid");
  const half = LIMIT.custody / 2;
  const shown =
    custody.length <= LIMIT.custody ? custody : [...custody.slice(0, half), ...custody.slice(-half)];
  const body = html`${verdict(`Evidence: ${integrity(content)}.`, isSound ? "ok" : "bad")}
${verification === undefined ? html`<p>Run <code>coldtrail verify CASE</code> and make the report again to have the verdict here.</p>` : verificationPart(verification)}
${digestPart(content)}
${table(
  "Custody log",
  shown,
  [
    { title: "No.", kind: "no", cell: (entry) => String(entry.seq) },
    { title: "Time (UTC)", kind: "time", cell: (entry) => formatTime(entry.time) },
    {
      title: "Who, with what",
      kind: "name",
      cell: (entry) =>
        html`${prose(entry.examiner)}<br><span class="soft">${prose(`${entry.tool.name} ${entry.tool.version}`)}</span>`,
    },
    {
      title: "Action, detail, SHA-256 of the entry before",
      kind: "wide",
      cell: (entry) =>
        html`<b>${prose(entry.action)}</b> ${code(detailText(entry.detail))}<br><span class="soft">after</span> ${code(entry.previous)}`,
    },
  ],
  {
    empty: "The custody log holds no entry.",
    note: leftOut(shown.length, custody.length, "the first and the last; custody.jsonl holds all"),
  },
)}`;
  return { id: "custody", title: "Custody and verification", body };
}

function verificationPart({ bags, files, bytes, problems, custody, notes }: VerificationResult): Markup {
  const all = [
    ...problems.map(({ kind, path, message }) => ({ kind, place: path, message })),
    ...custody.map(({ kind, line, message }) => ({
      kind,
      place: line === 0 ? "custody.jsonl" : `custody.jsonl line ${line}`,
      message,
    })),
  ];
  const shown = all.slice(0, LIMIT.problems);
  return html`<p>Read again and compared with what was sealed: ${formatCount(bags)} acquisitions, ${formatCount(files)} files, ${formatCount(bytes)} bytes.</p>
${table(
  "Problems of the evidence",
  shown,
  [
    { title: "Kind", kind: "head", cell: (problem) => problem.kind },
    { title: "Where", cell: (problem) => code(problem.place) },
    { title: "What", cell: (problem) => prose(problem.message) },
  ],
  {
    empty:
      "Every sealed file has the bytes it was sealed with, no file is missing or added, and every link of the custody chain holds.",
    note: leftOut(shown.length, all.length, "`coldtrail verify` names all"),
  },
)}
${notes.length === 0 ? null : html`<p>Notes of the verification:</p><ul>${notes.slice(0, LIMIT.problems).map((note) => html`<li>${prose(note)}</li>`)}</ul>`}`;
}

/** What CloudTrail itself signed: its digests with the log files that they list, and results of Lake queries. */
function digestPart({ integrity: { counts, remarkable, total } }: ReportContent): Markup {
  if (counts.length === 0) {
    return html`<p>Of CloudTrail’s own signatures nothing is known: the evidence holds no digest, or <code>coldtrail verify</code> has not run since it was ingested.</p>`;
  }
  return html`${table(
    "What CloudTrail signed (digests, the log files they list, results of Lake queries), as of the last verification",
    counts,
    [
      { title: "Kind", kind: "head", cell: ({ kind }) => kindText(kind) },
      { title: "Verdict", cell: ({ verdict: judged }) => html`<span class="state">${judged}</span>` },
      { title: "Objects", kind: "number", cell: ({ objects }) => formatCount(objects) },
    ],
  )}
${
  total === 0
    ? null
    : table(
        "Of these, not plainly valid",
        remarkable,
        [
          { title: "Verdict", cell: (row) => html`<span class="state">${row.verdict}</span>` },
          { title: "Region", cell: (row) => code(row.region) ?? "–" },
          { title: "Object", kind: "wide", cell: (row) => code(row.object) ?? kindText(row.kind) },
          { title: "Why", cell: (row) => prose(row.reason) ?? "–" },
        ],
        { note: leftOut(remarkable.length, total, "`coldtrail verify` names all") },
      )
}`;
}

/** Detail of a custody entry in one line. */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  return Object.keys(detail).length === 0 ? "" : valueText(detail as Value);
}
