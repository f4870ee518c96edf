import type { ReportContent } from "./content.js";
import { html, type Markup } from "./html.js";
import { parameterText, prose, type Section, table, verdict } from "./part.js";
import { compareTexts, counted } from "./visible.js";

/** How each source of events dates its records. */
const TIMES: readonly (readonly [source: string, meaning: string, precision: string, delivery: string])[] = [
  [
    "cloudtrail_event",
    "when the service completed the request",
    "1 s",
    "about 5 minutes, up to 15; order not guaranteed",
  ],
  [
    "s3_access",
    "when the request was received",
    "1 s",
    "minutes to hours, best effort: lines can be missing",
  ],
  [
    "vpc_flow",
    "first and last packet of an interval",
    "1 s",
    "5 to 10 minutes after capture; several rows for one flow",
  ],
  [
    "bedrock_invocation",
    "when the model was invoked",
    "1 s",
    "about 5 minutes; nothing while logging is off",
  ],
  [
    "sagemaker_capture",
    "when the endpoint answered",
    "1 s",
    "minutes; a sample when less than 100 % is captured",
  ],
  [
    "security_finding",
    "first and last activity that the finding is about",
    "1 s",
    "5 minutes to 6 hours; the same finding is updated",
  ],
  ["cloudwatch_metric", "begin of the period", "60 s or 300 s", "minutes"],
  [
    "s3_object_version",
    "when stored; for multipart uploads, when the upload began",
    "1 s",
    "a snapshot: deleted versions are gone",
  ],
];

/** How the report came about, and what it cannot say. */
export function methodsSection(content: ReportContent): Section {
  const { run } = content;
  const present = new Set(content.status.coverage.map((row) => row.source));
  const times = TIMES.filter(([source]) => present.has(source));
  const body = html`${verdict(
    "Every statement above is a row of a versioned query over records of sealed files; the same evidence, queries and parameters give this report again, byte for byte.",
  )}
<h3>Method</h3>
<ul>
<li>Evidence was copied, hashed while copying, compared after copying and sealed as BagIt bags (RFC 8493). <code>sha256sum -c manifest-sha256.txt</code> in a bag checks it without coldtrail.</li>
<li>Every record was read from the sealed files into a DuckDB database that can be made again from them at any time. For each file, records = rows + duplicates + skipped + rejected.</li>
<li>Detections are SQL queries with a version and a SHA-256, run with the parameters that each finding names. A finding lists the records it rests on; where there are more than listed, it says how many.</li>
<li>Score: info 10, low 30, medium 50, high 75, critical 90, unless the query computes one. Findings are sorted by score and grouped by the identity that acted, never by address alone: addresses of NAT gateways, offices and AWS services are shared.</li>
<li>Findings named in reference/allow.csv are suppressed, counted and listed, never deleted.</li>
<li>This report was made with coldtrail ${content.toolVersion} from run <code>${run.runId}</code>. <code>sha256sum -c manifest-sha256.txt</code> in its folder checks its files.</li>
</ul>
<h3>How to read it</h3>
<ul>
<li>All times are UTC. Events within the same second are in no order.</li>
<li>Text of the evidence is shown as text. Characters that cannot be seen or that move others about (controls, direction marks, zero-width characters, unusual spaces) are spelt out as <code>\\u{202E}</code>. Long values are cut and their length stated; findings.jsonl holds them in full.</li>
${maskingNote(content)}
<li>In findings.csv and timeline.csv a cell that a spreadsheet would take for a formula (it begins with <code>=</code>, <code>+</code>, <code>-</code>, <code>@</code>, a tab or a carriage return) has a single quote put before it.</li>
</ul>
<h3>Limits</h3>
<ul>
<li>A detection without a finding means that nothing matched in the evidence it names, not that nothing happened. Detections that could not be asked say nothing.</li>
<li>Log delivery is not complete by nature: S3 access logs are best effort, flow logs can skip records, model invocation logs exist only while logging is on, data events only where a trail selects them.</li>
<li>Identity in a log is the credential that signed, not the person who held it.</li>
</ul>
${table(
  "What the times mean",
  times,
  [
    { title: "Source", kind: "head", cell: ([source]) => source },
    { title: "The time is", cell: ([, meaning]) => meaning },
    { title: "Precision", cell: ([, , precision]) => precision },
    { title: "Delivery", cell: ([, , , delivery]) => delivery },
  ],
  { empty: "There is no source of events." },
)}`;
  return { id: "methods", title: "Methods and limits", body, leaf: true };
}

/** What is masked in this report, and what is not. */
function maskingNote({ showPrompts, unmask }: ReportContent): Markup {
  if (unmask === true)
    return html`<li>Nothing is masked: secrets, personal data and prompts are shown in full.</li>`;
  return html`<li>Secrets (secret keys, tokens, passwords)${showPrompts === true ? "" : ", prompts and answers of models"} and personal data (addresses of mail, numbers of cards, bank accounts and social security) are masked, here and in the other files of the report, with offset, length, the start of their SHA-256 and, where long enough, the last four characters. Access key ids and names of identities are shown in full. <code>coldtrail record</code> shows what is sealed.</li>`;
}

/** Every query of the run with version, hash and parameters. */
export function queriesSection({ run }: ReportContent): Section {
  const rows = run.detections.toSorted((left, right) => compareTexts(left.id, right.id));
  const body = html`${verdict(`${counted(rows.length, "detection")} ran.`)}
${table("Queries of this run", rows, [
  {
    title: "Query",
    kind: "head",
    cell: (query) => html`<span class="mono" id="query-${query.id}">${query.id}</span><br>${query.version}`,
  },
  {
    title: "What it finds and misses, its hash and its parameters",
    kind: "rest",
    cell: (query) =>
      html`${query.description === "" ? query.title : query.description}${
        query.falsePositives.length === 0
          ? null
          : html`<br><span class="soft">Known false positives: ${prose(query.falsePositives.join(" "))}</span>`
      }<br><span class="soft">sha256</span> <code>${query.sha256}</code><br><span class="soft">parameters</span> <code>${parameterText(query.parameters)}</code>`,
  },
])}`;
  return { id: "queries", title: "Query versions", body, leaf: true };
}
