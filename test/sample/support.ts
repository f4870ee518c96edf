import { converseInput, converseOutput, invoke } from "./bedrock.js";
import { dayOf, dayOfMonth, HOUR, isWeekday, utc } from "./clock.js";
import type { Journal } from "./journal.js";
import { MODEL } from "./place.js";
import { poisonedExchange, SUPPORT_SYSTEM, supportExchange, ticketHistory } from "./prompt.js";
import type { Workload } from "./workload.js";

// The support assistant: questions of customers, answered with what retrieval found (detections.md D.4).

/** Calls of the support assistant in an hour of the day. */
function appCalls(day: number, hourOfDay: number): number {
  return isWeekday(day) && hourOfDay >= 8 && hourOfDay < 18 ? 40 : 6;
}

const POISON_FROM = utc("2026-03-11T11:25:00");
const POISON_TO = utc("2026-03-11T11:52:00");
/** Requests with an attachment over 100 KB: two of the poisoned ones, two of ordinary days. */
const LARGE = new Set(["2026-03-04/100", "2026-03-10/200", "poisoned/2", "poisoned/8"]);

/** Calls whose user agent CloudTrail has cut. */
const TRUNCATED = new Set(["2026-03-03/50", "2026-03-03/300"]);

/** One call of the support assistant: the k-th of its day, the i-th of its hour. */
export function converse(work: Workload, journal: Journal, at: number, k: number, i: number): void {
  const input = 600 + ((k * 53) % 600);
  const output = 120 + ((k * 31) % 200);
  const poisoned = work.suffix === "" && at >= POISON_FROM && at < POISON_TO;
  const number = i - 17;
  const exchange = poisoned ? poisonedExchange(k, number, i % 4 === 0) : supportExchange(k);
  const day = new Date(at * 1000).toISOString().slice(0, 10);
  const truncated = work.suffix === "" && TRUNCATED.has(`${day}/${k}`);
  const large = work.suffix === "" && (poisoned ? LARGE.has(`poisoned/${number}`) : LARGE.has(`${day}/${k}`));
  invoke(journal, work.numbering, {
    at,
    caller: truncated ? { ...work.app, agent: work.app.agent.slice(0, 58) } : work.app,
    model: MODEL.haiku,
    operation: "Converse",
    logged: {
      input: converseInput(SUPPORT_SYSTEM, exchange, large ? ticketHistory(k) : undefined),
      output: converseOutput(exchange.answer, input, output),
      inputTokens: input,
      outputTokens: output,
      large,
      ...(k % 2 === 0 ? { metadata: { userId: `u${k % 37}` } } : {}),
    },
  });
}

/** The calls of the support assistant in one hour. */
export function supportHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  const hour = (from - day) / HOUR;
  let k = 0;
  for (let earlier = 0; earlier < hour; earlier++) k += appCalls(day, earlier);
  const n = appCalls(day, hour);
  for (let i = 0; i < n; i++, k++) {
    const jitter = (dayOfMonth(day) * 37 + hour * 13 + i * 7) % 41;
    converse(
      work,
      journal,
      from + i * Math.floor(HOUR / n) + jitter + (work.delay > 0 ? work.delay % 19 : 0),
      k,
      i,
    );
  }
}
