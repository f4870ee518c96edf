import { agentHour } from "./agent.js";
import { BASE_FROM, CASE_TO, HOUR } from "./clock.js";
import type { Delivery } from "./delivery.js";
import { Numbering } from "./identifier.js";
import { access } from "./incident-access.js";
import { data } from "./incident-data.js";
import { ending } from "./incident-end.js";
import { invocations } from "./incident-invocation.js";
import { Diary } from "./journal.js";
import { knowledgeHour } from "./knowledge.js";
import { humanHour, idleHour, notebookHour, singles } from "./office.js";
import type { Scale } from "./scale.js";
import { converse, supportHour } from "./support.js";
import { captureHour, trainingHour } from "./training.js";
import { acme, type Workload } from "./workload.js";

function incident(numbering: Numbering): Diary {
  const diary = new Diary();
  singles(diary, numbering);
  access(diary, numbering);
  invocations(diary, numbering);
  data(diary, numbering);
  ending(diary, numbering);
  return diary;
}

const WORK = [supportHour, trainingHour, knowledgeHour, captureHour] as const;

/** Tells the story hour by hour and delivers every hour as soon as it is over. */
export async function tell(
  delivery: Delivery,
  scale: Scale,
  onHour: (hour: number) => void = () => {},
): Promise<void> {
  const numbering = new Numbering();
  const diary = incident(numbering);
  const own = acme(numbering);
  const story = delivery.journal(true);
  const crowd = delivery.journal(false);
  // The first digest begins the chain and is empty: the first log file arrives in the second hour.
  delivery.digests.write(scale.from, new Map(), false);
  let asked = 0;
  for (let hour = scale.from; hour < CASE_TO; hour += HOUR) {
    delivery.begin(hour);
    if (hour >= BASE_FROM) {
      for (const work of WORK) work(own, story, hour);
      notebookHour(story, numbering, hour);
      humanHour(story, numbering, hour);
      agentHour(story, numbering, hour);
      idleHour(story, hour);
      diary.replay(hour, story);
    }
    for (const workload of scale.tenants) for (const work of WORK) work(workload, crowd, hour);
    asked = askRemainder(scale, scale.remainder, crowd, hour, asked);
    await delivery.end(hour, hour === CASE_TO - HOUR);
    onHour(hour);
  }
}

function askRemainder(
  scale: Scale,
  work: Workload,
  journal: ReturnType<Delivery["journal"]>,
  hour: number,
  asked: number,
): number {
  const span = CASE_TO - scale.from;
  let k = asked;
  for (; k < scale.remainderCalls; k++) {
    const at = scale.from + Math.floor((k * span) / scale.remainderCalls);
    if (at >= hour + HOUR) break;
    converse(work, journal, at, k, k % 40);
  }
  return k;
}
