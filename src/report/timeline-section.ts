import type { ReportContent } from "./content.js";
import type { CitedEvent } from "./event-content.js";
import { type Content, html } from "./html.js";
import { LIMIT } from "./limit.js";
import { code, leftOut, prose, type Section, shortActor, table, verdict } from "./part.js";
import { isAct } from "./run-content.js";
import { timelinePictures } from "./timeline-picture.js";
import { counted, formatCount, formatTime } from "./visible.js";

/** Cited events that differ in nothing but time, record, address, bytes and the last part of the resource, following one another. */
interface Fold {
  first: CitedEvent;
  last: CitedEvent;
  count: number;
  bytes: number;
  findings: Set<number>;
  addresses: Set<string>;
}

/** The attack as picture and as table. */
export function timelineSection(content: ReportContent): Section {
  const { events, citedRecords, run } = content;
  const acts = new Set(run.findings.filter(isAct).map((finding) => finding.finding_no));
  const told = events.filter((event) => event.findings.some((no) => acts.has(no)));
  const folds = foldEvents(told);
  const shown = folds.slice(0, LIMIT.timelineLines);
  const timeless =
    citedRecords - new Set(events.map((event) => `${event.artifact_id}/${event.record_no}`)).size;
  const body = html`${verdict(
    `${counted(citedRecords, "record")} cited by findings, told in order of time.${
      timeless > 0
        ? ` ${counted(timeless, "cited record")} ${timeless === 1 ? "is" : "are"} no event (a configuration, an inventory) and ${timeless === 1 ? "has" : "have"} no place in it.`
        : ""
    }${
      told.length < events.length
        ? ` ${counted(events.length - told.length, "event")} of findings about what stands or is usual ${events.length - told.length === 1 ? "is" : "are"} in timeline.csv only.`
        : ""
    }`,
  )}
${timelinePictures(content)}
${table(
  "Attack timeline",
  shown,
  [
    { title: "Time (UTC)", kind: "time", cell: timeCell },
    { title: "Events", kind: "number", cell: ({ count }) => formatCount(count) },
    { title: "Actor and address", kind: "name", cell: actorCell },
    { title: "What, on what, with what outcome", kind: "wide", cell: whatCell },
    {
      title: "Findings",
      kind: "short",
      cell: ({ findings }) =>
        html`${[...findings]
          .sort((left, right) => left - right)
          .slice(0, LINKS)
          .map(
            (no, index) => html`${index === 0 ? "" : ", "}<a href="#finding-${no}">F${no}</a>`,
          )}${findings.size > LINKS ? ", …" : ""}`,
    },
    {
      title: "First record",
      cell: ({ first }) =>
        html`<a class="mono whole" href="#artifact-${first.artifact_id}">${first.artifact_id}/${first.record_no}</a>`,
    },
  ],
  {
    empty: "No finding cites an event.",
    note: html`events alike that follow one another are one line, up to an hour apart; timeline.csv holds each. ${leftOut(shown.length, folds.length, "the rest is in timeline.csv") ?? ""}`,
  },
)}`;
  return { id: "timeline", title: "Attack timeline", body, leaf: true };
}

/** Findings that one line names; timeline.csv names all. */
const LINKS = 8;

/** Longest pause, in milliseconds, within one line of the table. */
const PAUSE = 3_600_000;

/** Joins events alike that follow one another, other lines in between allowed as long as the pause is short. */
export function foldEvents(events: readonly CitedEvent[]): Fold[] {
  const folds: Fold[] = [];
  const open = new Map<string, Fold>();
  for (const event of events) {
    const key = JSON.stringify([
      event.source,
      event.principal,
      event.credential,
      event.action,
      event.outcome,
      container(event.resource),
    ]);
    const fold = open.get(key);
    if (fold !== undefined && isClose(fold.last, event)) {
      fold.last = event;
      fold.count += 1;
      fold.bytes += event.bytes ?? 0;
      for (const no of event.findings) fold.findings.add(no);
      if (event.source_ip !== null) fold.addresses.add(event.source_ip);
      continue;
    }
    const begun = {
      first: event,
      last: event,
      count: 1,
      bytes: event.bytes ?? 0,
      findings: new Set(event.findings),
      addresses: new Set(event.source_ip === null ? [] : [event.source_ip]),
    };
    open.set(key, begun);
    folds.push(begun);
  }
  return folds;
}

function timeCell({ first, last, count }: Fold): Content {
  const [from, to] = [formatTime(first.event_time), formatTime(last.event_time)];
  if (count === 1 || from === to) return from;
  return html`${from}<br>– ${from.slice(0, 11) === to.slice(0, 11) ? to.slice(11) : to}`;
}

/** Longest name of an actor that is kept on one line. */
const WHOLE = 24;

function actorCell({ first, addresses }: Fold): Content {
  const [address] = addresses;
  const from = addresses.size > 1 ? counted(addresses.size, "address", "addresses") : code(address);
  const actor = shortActor(first.principal, "–");
  const name = actor.length <= WHOLE ? html`<span class="whole">${actor}</span>` : prose(actor);
  return html`${name}${from === null ? null : html`<br>${from}`}`;
}

/** Outcomes that need no word: done, HTTP 200, flow let through. */
const PLAIN = ["success", "200", "ACCEPT"];

function whatCell({ first, last, count, bytes }: Fold): Content {
  const resource = first.resource === last.resource ? first.resource : `${container(first.resource) ?? ""} …`;
  const isPlain = first.outcome === null || PLAIN.includes(first.outcome);
  return html`<b>${prose(first.action)}</b>${isPlain ? null : html` <span class="outcome">${prose(first.outcome)}</span>`} ${
    resource === null ? null : code(resource)
  }${bytes > 0 ? html` <span class="soft">${formatCount(bytes)} bytes</span>` : null}${
    count === 1 && first.action === null ? prose(first.summary) : null
  }`;
}

/** The resource without its last part: reads of many keys below one prefix are one line. */
function container(resource: string | null): string | null {
  return resource === null ? null : resource.replace(/\/[^/]*$/, "/");
}

function isClose(earlier: CitedEvent, later: CitedEvent): boolean {
  const pause = Date.parse(later.event_time ?? "") - Date.parse(earlier.event_time ?? "");
  return earlier.event_time === later.event_time || pause <= PAUSE;
}
