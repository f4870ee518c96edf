import { CASE_TO, DAY, isWeekday } from "./clock.js";
import { tenant, type Workload } from "./workload.js";

// The scaled sample: the story stays as it is, tenants of the same kind work beside it and on days before it.

/** CloudTrail events of the story alone. */
const STORY_EVENTS = 14_424;

/** How many tenants work on how many days so that the CloudTrail events are exactly as many as asked for. */
export interface Scale {
  /** First second of the evidence; before 1 March for a large scale. */
  readonly from: number;
  readonly tenants: readonly Workload[];
  /** One more tenant that only asks questions, spread evenly, to make the number exact. */
  readonly remainder: Workload;
  readonly remainderCalls: number;
}

/** Events of a tenant on a day: 484 or 144 questions, 484 of the training run, 13 of the knowledge base. */
function tenantEvents(day: number): number {
  return (isWeekday(day) ? 484 : 144) + 484 + 13;
}

/** Plans a scale; without a number there are no tenants. */
export function planScale(events: number = STORY_EVENTS): Scale {
  const wanted = Math.max(0, events - STORY_EVENTS);
  const days = wanted < 200_000 ? 11 : wanted < 2_000_000 ? 31 : 61;
  const from = CASE_TO - days * DAY;
  let each = 0;
  for (let day = from; day < CASE_TO; day += DAY) each += tenantEvents(day);
  const count = Math.floor(wanted / each);
  return {
    from,
    tenants: Array.from({ length: count }, (_, n) => tenant(n)),
    remainder: tenant(count),
    remainderCalls: wanted - count * each,
  };
}
