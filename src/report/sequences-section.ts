import type { SequenceChain, SequenceResult } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { AXIS, axisLines, clip, figure, INK, LEFT, label, RIGHT, SOFT } from "./figure.js";
import { type Content, html, type Markup, numeric, rounded } from "./html.js";
import { LIMIT } from "./limit.js";
import { code, leftOut, parameterText, prose, type Section, shortActor, table, verdict } from "./part.js";
import { stretches, stretchText } from "./records.js";
import { place, seconds, type TimeAxis } from "./time-axis.js";
import { counted, formatCount, formatSpan, formatTime } from "./visible.js";

/** A chain with the sequence that it is one of. */
interface Found {
  result: SequenceResult;
  chain: SequenceChain;
  anchor: string;
}

/** Chains of steps that belong together: as lines of time, and step by step with the records. */
export function sequencesSection({ sequences }: ReportContent): Section {
  const all = sequences
    .flatMap((result) => result.chains.map((chain) => ({ result, chain })))
    .sort((left, right) => (seconds(left.chain.first_seen) ?? 0) - (seconds(right.chain.first_seen) ?? 0));
  const shown = all.slice(0, LIMIT.chains).map((one, index) => ({ ...one, anchor: `chain-${index + 1}` }));
  const silent = sequences.filter((result) => result.chains.length === 0);
  const note = leftOut(
    shown.length,
    all.length,
    "`coldtrail investigate CASE --sequence all` lists every one",
  );
  const body =
    sequences.length === 0
      ? verdict("No sequence was asked for this report.")
      : html`${verdict(
          `${counted(all.length, "chain")} of ${counted(sequences.length - silent.length, "sequence")}; ${counted(silent.length, "sequence")} of ${formatCount(sequences.length)} without one. A chain holds all steps that its sequence needs, in order and within its span; steps that it does not need can be missing.${note === undefined ? "" : ` ${note}.`}`,
        )}
${shown.length === 0 ? null : picture(shown)}
${shown.map(chainPart)}
${table(
  "Sequences without a chain",
  silent,
  [
    {
      title: "Sequence",
      kind: "name",
      cell: (row) => html`${row.title}<br><span class="small mono">${row.id}</span>`,
    },
    { title: "Status", cell: (row) => html`<span class="state">${row.status}</span>` },
    { title: "What was missing", kind: "rest", cell: (row) => prose(row.reason) ?? "nothing" },
  ],
  { empty: "Every sequence has one." },
)}
${table(
  "Queries of sequences",
  sequences,
  [
    {
      title: "Query",
      kind: "head",
      cell: (row) => html`<span class="mono">${row.id}</span><br>${row.version}`,
    },
    {
      title: "What it finds and misses, its hash and its parameters",
      kind: "rest",
      cell: (row) =>
        html`${row.description}<br><span class="soft">sha256</span> <code>${row.sha256}</code><br><span class="soft">parameters</span> <code>${parameterText(row.parameters)}</code>`,
    },
  ],
  { style: "dense" },
)}`;
  return { id: "sequences", title: "Sequences", body, leaf: true };
}

function chainPart({ result, chain, anchor }: Found): Markup {
  return html`<h3 id="${anchor}">${result.title}</h3>
<p>${chain.entity_type} ${code(shortActor(chain.entity))}, ${formatSpan(chain.first_seen, chain.last_seen)}, ${counted(chain.event_count, "event")}.</p>
${table(
  `Steps of ${result.id}`,
  chain.steps,
  [
    { title: "Step", kind: "number", cell: ({ no }) => String(no) },
    {
      title: "What",
      kind: "name",
      cell: ({ name, optional }) =>
        html`<b>${name}</b>${optional ? html` <span class="soft">(not needed)</span>` : null}`,
    },
    {
      title: "When (UTC)",
      kind: "time",
      cell: ({ first_seen, last_seen }) =>
        first_seen === null ? "not seen" : formatSpan(first_seen, last_seen),
    },
    { title: "Events", kind: "number", cell: ({ event_count }) => formatCount(event_count) },
    { title: "First record says", kind: "rest", cell: ({ summary }) => prose(summary) ?? "–" },
    { title: "Records", kind: "short", cell: recordsCell },
  ],
  { style: "chains" },
)}`;
}

function recordsCell({ records, event_count }: SequenceChain["steps"][number]): Content {
  const parts = stretches(records);
  const shown = parts.slice(0, LIMIT.chainRecords);
  const named = shown.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return html`${shown.map((part, index) => html`${index === 0 ? "" : ", "}<span class="mono whole">${stretchText(part)}</span>`)}${event_count > named ? html` <span class="soft">of ${formatCount(event_count)}</span>` : null}`;
}

const ROW = 26;

/** A line for each chain on one axis of time, its steps as numbered marks where they begin. */
function picture(found: readonly Found[]): Markup {
  const times = found.flatMap(({ chain }) =>
    [chain.first_seen, chain.last_seen].flatMap((time) => seconds(time) ?? []),
  );
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const margin = Math.max((to - from) * 0.02, 60);
  const axis: TimeAxis = { from: from - margin, to: to + margin, left: LEFT + 166, right: RIGHT };
  const height = AXIS + found.length * ROW + 6;
  return figure(
    {
      id: "sequences-picture",
      title: "Chains of steps over time",
      caption: html`<b>Chains of steps over time.</b> Each line is a chain, from its first to its last record; a number stands where that step begins, steps that begin close together share a mark.`,
      description: html`${found.map(({ result, chain }) => `${result.title}: ${formatTime(chain.first_seen)} to ${formatTime(chain.last_seen)}. `)}The tables below hold the steps.`,
    },
    height,
    html`${axisLines(axis, height - 4, 8)}
${found.map((one, index) => rowPart(one, axis, AXIS + index * ROW + 13))}`,
    { role: "group" },
  );
}

/** Width of a mark; a step that begins within it shares it. */
const MARK = 15;

function rowPart({ result, chain, anchor }: Found, axis: TimeAxis, y: number): Markup {
  const marks: { x: number; numbers: number[] }[] = [];
  const seen = chain.steps
    .flatMap(({ no, first_seen }) => {
      const at = seconds(first_seen);
      return at === undefined ? [] : [{ no, x: place(axis, at) }];
    })
    .sort((left, right) => left.x - right.x || left.no - right.no);
  for (const { no, x } of seen) {
    const last = marks.at(-1);
    if (last !== undefined && x - last.x < widthOf(last.numbers) + 1) last.numbers.push(no);
    else marks.push({ x, numbers: [no] });
  }
  const [begin, end] = [chain.first_seen, chain.last_seen].map((time) =>
    place(axis, seconds(time) ?? axis.from),
  );
  return html`<a href="#${anchor}"><title>${result.title}, ${formatSpan(chain.first_seen, chain.last_seen)}</title>${label(10, y + 4, clip(result.title, 50), { size: 11 })}</a><path d="${numeric(["M", 0, y + 13, "H", RIGHT])}" stroke="#e1e5ea" stroke-width="0.7"/><path d="${numeric(["M", begin ?? axis.left, y, "H", Math.max((begin ?? axis.left) + 1, end ?? axis.left)])}" stroke="${SOFT}" stroke-width="3"/>${marks.map(
    ({ x, numbers }) => {
      const width = widthOf(numbers);
      const left = Math.min(x, axis.right - width);
      return html`<rect x="${rounded(left)}" y="${y - 8}" width="${width}" height="16" rx="3" fill="${INK}"/>${label(left + width / 2, y + 4, rangeText(numbers), { size: 11, anchor: "middle", weight: 700, fill: "#fff" })}`;
    },
  )}
`;
}

function widthOf(numbers: readonly number[]): number {
  return MARK + (rangeText(numbers).length - 1) * 7;
}

/** `3`, `1–4` for numbers that follow one another, `1,3` for others. */
function rangeText(numbers: readonly number[]): string {
  const [first = 0] = numbers;
  const isRun = numbers.length > 1 && numbers.every((no, index) => no === first + index);
  return isRun ? `${first}–${numbers.at(-1)}` : numbers.join(",");
}
