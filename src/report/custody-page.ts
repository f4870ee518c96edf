import { detailText } from "./custody-section.js";
import { POLICY } from "./document.js";
import { html, Markup } from "./html.js";
import type { CustodyRecord, ReportCase } from "./input.js";
import { code, prose, table } from "./part.js";
import { styleSheet } from "./style.js";
import { formatTime, visible } from "./visible.js";

/** The chain-of-custody form of a case: one page, ready for print, with room for the signatures of those who hand over. */
export function custodyPage(held: ReportCase, entries: readonly CustodyRecord[]): string {
  const style = new Markup(styleSheet(`${visible(held.id)} – chain of custody`));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${held.id}: chain of custody</title>
<style>${style}</style>
</head>
<body>
<div class="page">
<header><h1>Chain of custody</h1>
<p>Case ${prose(held.id)}: ${prose(held.title)}. Examiner: ${prose(held.examiner)}.</p></header>
<main id="main">
${table(
  "Every act on the evidence, each entry with the SHA-256 of the one before",
  entries,
  [
    { title: "No.", kind: "no", cell: (entry) => String(entry.seq) },
    { title: "Time (UTC)", kind: "time", cell: (entry) => formatTime(entry.time) },
    { title: "Who", kind: "name", cell: (entry) => prose(entry.examiner) },
    {
      title: "Act, with what, and its result",
      kind: "wide",
      cell: (entry) =>
        html`<b>${prose(entry.action)}</b> ${prose(`${entry.tool.name} ${entry.tool.version}`)} ${code(detailText(entry.detail))}<br>${code(entry.previous)}`,
    },
  ],
  { empty: "The custody log holds no entry." },
)}
${table(
  "Handed over",
  [1, 2, 3],
  [
    { title: "Date and time (UTC)", kind: "time", cell: () => " " },
    { title: "From (name, signature)", kind: "wide", cell: () => " " },
    { title: "To (name, signature)", kind: "wide", cell: () => " " },
  ],
  { empty: "" },
)}
</main>
</div>
</body>
</html>
`.text;
}
