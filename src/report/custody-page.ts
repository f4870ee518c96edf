import { POLICY } from "./document.js";
import { type Content, html, Markup } from "./html.js";
import type { CustodyRecord, ReportCase } from "./input.js";
import { code, facts, prose, table, verdict } from "./part.js";
import { styleSheet } from "./style.js";
import { compareTexts, counted, formatCount, formatTime, visible } from "./visible.js";

/** What the form has beyond the style of reports: details line by line, and room for names and signatures. */
const FORM = `
.detail{display:grid;grid-template-columns:minmax(9em,max-content) minmax(0,1fr);gap:0 12px;margin:3px 0}
.detail dt{font-size:12px;padding-top:1px}
.detail dd{font-size:13px}
table.log td.name{min-width:26ch;width:26ch}
table.log td.wide{width:auto}
table.log code{font-size:11.5px}
table.form td{height:15mm;border:1px solid var(--soft)}
table.form{margin-top:6px}
@media print{.detail dt{font-size:7.4pt}.detail dd{font-size:8pt}table.log code{font-size:6.4pt}table.log td.name{width:22ch;min-width:0}}`;

/** Items of one list that the form shows; a verification may have found any number of problems. */
const ITEMS = 200;
/** Longest piece of text that `html` takes uncut. */
const PIECE = 1_000;

/**
 * The chain-of-custody form of a case: one page, ready for print, with what was sealed, every entry of the log in full, what a
 * check of the log found (`problems`, sentences), and room for the signatures of those who hand over.
 */
export function custodyPage(
  held: ReportCase,
  entries: readonly CustodyRecord[],
  problems: readonly string[],
): string {
  const style = new Markup(`${styleSheet(`${visible(held.id)} – chain of custody`)}\n${FORM}`);
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
<header class="cover"><p class="kind">Chain of custody</p>
<h1>${prose(held.title)}</h1>
${facts([
  ["Case", code(held.id)],
  ["Organisation", prose(held.organisation)],
  ["Examiner", prose(held.examiner)],
  ["Accounts in scope", (held.accounts ?? []).join(", ")],
  ["First entry (UTC)", formatTime(entries[0]?.time)],
  ["Last entry (UTC)", formatTime(entries.at(-1)?.time)],
])}</header>
<main id="main">
<section><h2>Evidence</h2>
${items(entries)}</section>
<section><h2>Log</h2>
${state(entries, problems)}
${log(entries)}</section>
<section><h2>Handed over</h2>
${handover()}</section>
</main>
</div>
</body>
</html>
`.text;
}

/** What was sealed, by the entries of its acquisitions. */
function items(entries: readonly CustodyRecord[]): Markup {
  return table(
    "Sealed acquisitions, each a BagIt bag in evidence/",
    entries.filter(({ action }) => action === "acquire"),
    [
      { title: "Item", kind: "no", cell: ({ detail }) => text(detail.acquisition) },
      {
        title: "Sealed (UTC), by",
        kind: "name",
        cell: ({ time, examiner }) =>
          html`<span class="time">${formatTime(time)}</span><br>${prose(examiner)}`,
      },
      { title: "Files", kind: "number", cell: ({ detail }) => text(detail.files) },
      { title: "Bytes", kind: "number", cell: ({ detail }) => text(detail.bytes) },
      {
        title: "From, and the SHA-256 of tagmanifest-sha256.txt, which covers all the rest",
        kind: "wide",
        cell: ({ detail }) =>
          html`${value(detail.sources)}<br><code>${text(detail.tagmanifest_sha256)}</code>`,
      },
    ],
    { empty: "Nothing was acquired.", style: "log" },
  );
}

/** What the check of the chain found. */
function state(entries: readonly CustodyRecord[], problems: readonly string[]): Markup {
  const count = counted(entries.length, "entry", "entries");
  if (problems.length === 0)
    return verdict(
      `${count}. Each holds the SHA-256 of the one before; checked when this form was made: unbroken.`,
      "ok",
    );
  const more = problems.length - ITEMS;
  return html`${verdict(`${count}. The log is not as it was written: ${counted(problems.length, "problem")}.`, "bad")}
<ul>${problems.slice(0, ITEMS).map((problem) => html`<li>${prose(problem)}</li>`)}${more > 0 ? html`<li>${formatCount(more)} more; coldtrail custody verify names all</li>` : null}</ul>`;
}

function log(entries: readonly CustodyRecord[]): Markup {
  return table(
    "Every act, in order",
    entries,
    [
      { title: "No.", kind: "no", cell: ({ seq }) => String(seq) },
      {
        title: "When (UTC), who, with what",
        kind: "name",
        cell: ({ time, examiner, tool }) =>
          html`<span class="time">${formatTime(time)}</span><br>${prose(examiner)}<br><span class="soft">${prose(`${tool.name} ${tool.version}`)}</span>`,
      },
      {
        title: "Act and its result",
        kind: "wide",
        cell: ({ action, detail, previous }) =>
          html`<b>${prose(action)}</b><dl class="detail">${lines(detail)}<dt>entry before</dt><dd>${code(previous)}</dd></dl>`,
      },
    ],
    { empty: "The custody log holds no entry.", style: "log" },
  );
}

/** Empty lines for those who hand over and take over. */
function handover(): Markup {
  const blank = () => " ";
  return table(
    "To be filled in by hand, or kept as notes with coldtrail custody note",
    [1, 2, 3, 4],
    [
      { title: "Date and time (UTC)", kind: "name", cell: blank },
      { title: "Items, purpose", cell: blank },
      { title: "Handed over by (name, signature)", cell: blank },
      { title: "Received by (name, signature)", cell: blank },
    ],
    { style: "form" },
  );
}

/** A detail as terms and values: nested objects give terms of several words. */
function lines(detail: Readonly<Record<string, unknown>>, before = ""): Content[] {
  return Object.entries(detail)
    .sort(([left], [right]) => compareTexts(left, right))
    .flatMap(([name, item]): Content[] => {
      const term = `${before}${name.replaceAll("_", " ")}`;
      if (isEmpty(item)) return [];
      if (isObject(item)) return lines(item, `${term} `);
      if (Array.isArray(item) && item.some(isObject))
        return item
          .slice(0, ITEMS)
          .flatMap((element, index) => lines({ [`${index + 1}`]: element }, `${term} `));
      return [html`<dt>${term}</dt><dd>${value(item)}</dd>`];
    });
}

function value(item: unknown): Content {
  if (Array.isArray(item)) {
    const shown = item.slice(0, ITEMS).flatMap((element) => [value(element), html`<br>`]);
    const more = item.length - ITEMS;
    return more > 0 ? [...shown, `${formatCount(more)} more; custody.jsonl holds all`] : shown.slice(0, -1);
  }
  const whole = text(item);
  return /^[0-9a-f]{32,}$/.test(whole) ? code(whole) : pieces(whole);
}

function text(item: unknown): string {
  if (typeof item === "number") return formatCount(item);
  return typeof item === "string" ? item : (JSON.stringify(item) ?? "");
}

/** A text in pieces that are not cut: the form leaves out nothing of what was asked. */
function pieces(whole: string): string[] {
  const letters = Array.from(whole);
  const parts: string[] = [];
  for (let start = 0; start < letters.length; start += PIECE)
    parts.push(letters.slice(start, start + PIECE).join(""));
  return parts;
}

function isObject(item: unknown): item is Record<string, unknown> {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}

function isEmpty(item: unknown): boolean {
  return item === null || item === undefined || (typeof item === "object" && Object.keys(item).length === 0);
}
