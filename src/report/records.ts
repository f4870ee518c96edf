import type { Finding, RecordReference } from "../queries/index.js";
import { html, type Markup } from "./html.js";
import { LIMIT } from "./limit.js";
import { counted, formatCount } from "./visible.js";

/** Records of one file that follow one another. */
interface Stretch {
  table: string;
  artifact: number;
  first: number;
  last: number;
}

/** Joins references to stretches; the order of the references stays, a stretch stands where its first record does. */
export function stretches(records: readonly RecordReference[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { table, artifact_id, record_no } of records) {
    const last = found.at(-1);
    if (last?.table === table && last.artifact === artifact_id && last.last + 1 === record_no)
      last.last = record_no;
    else found.push({ table, artifact: artifact_id, first: record_no, last: record_no });
  }
  return found;
}

/** `3/17` or `3/17–3/40`, as `coldtrail record` takes them. */
export function stretchText({ artifact, first, last }: Stretch): string {
  return first === last ? `${artifact}/${first}` : `${artifact}/${first}–${artifact}/${last}`;
}

/** The records that a finding rests on, with links to their files, and how many there are beyond those listed. */
export function recordList(finding: Finding): Markup {
  const { records, record_total: total } = finding;
  if (total === 0) return html`<p class="small">This finding rests on no single record.</p>`;
  const all = stretches(records);
  const shown = all.slice(0, LIMIT.recordStretches);
  const tables = [...new Set(shown.map((stretch) => stretch.table))];
  const lists = tables.map(
    (table) =>
      html`<span><code>${table}</code> ${shown
        .filter((part) => part.table === table)
        .map(
          (part, index) =>
            html`${index === 0 ? "" : ", "}<a class="mono" href="#artifact-${part.artifact}">${stretchText(part)}</a>`,
        )}</span> `,
  );
  return html`<p class="small"><b>${counted(total, "record")}</b> (file/record): ${lists}${remainder(finding, shown)}</p>\n`;
}

function remainder({ records, record_total: total }: Finding, shown: readonly Stretch[]): string {
  const printed = shown.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (printed >= total) return "";
  const listed = records.length;
  const inFiles = listed > printed ? `; findings.jsonl lists ${formatCount(listed)}` : "";
  return `– ${formatCount(printed)} of ${formatCount(total)} listed here${inFiles}.`;
}
