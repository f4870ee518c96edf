import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gears, mutated, mutation, RUNS } from "./gear.js";

let gears: Gears;

beforeAll(async () => {
  gears = await Gears.open();
});
afterAll(() => gears.close());

const event = (i: number): string =>
  JSON.stringify({
    eventVersion: "1.11",
    userIdentity: { type: "IAMUser", arn: "arn:aws:iam::111122223333:user/svc-rag-sync" },
    eventTime: `2026-03-11T09:12:0${i}Z`,
    eventSource: "sts.amazonaws.com",
    eventName: "GetCallerIdentity",
    userAgent: 'a "quoted" {é}',
    eventID: `e-${i}`,
  });
const flow =
  "2 111122223333 eni-0acme 10.20.1.51 198.51.100.140 40000 443 6 10 1200 1773230400 1773230460 ACCEPT OK";
const logEvents = [event(1), flow, "plain\nwords", '{"level":"info"}'].map((message, index) => ({
  id: `${index}`,
  timestamp: 1_773_220_320_000 + index,
  message,
}));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const SEEDS: Record<string, string> = {
  "lookup-events": JSON.stringify({
    Events: [1, 2, 3].map((i) => ({ EventId: `e-${i}`, EventName: "x", CloudTrailEvent: event(i) })),
  }),
  subscriptions: JSON.stringify({
    messageType: "DATA_MESSAGE",
    logGroup: "g",
    logStream: "s",
    logEvents,
  }).repeat(2),
  "a log export": `${logEvents.map(({ message }) => `2026-03-11T09:12:01.000Z ${message}`).join("\n")}\n`,
  "a console download": `timestamp,message\n${logEvents.map(({ message }) => `1773220320000,${quoted(message)}`).join("\n")}\n`,
  "Logs Insights": JSON.stringify({
    queryLanguage: "CWLI",
    results: logEvents.map(({ message }) => [{ field: "@message", value: message }]),
    statistics: {},
  }),
  "messages of a queue": JSON.stringify({
    Messages: [1, 2].map((i) => ({
      MessageId: `${i}`,
      Body: JSON.stringify({ Type: "Notification", TopicArn: "t", Message: `{"Records":[${event(i)}]}` }),
    })),
  }),
  "rows of Lake": JSON.stringify({
    QueryResultRows: [1, 2].map((i) => [{ eventid: "e" }, { eventjson: event(i) }]),
  }),
};

describe("whatever happens to a container, both gears give the same rows and every record is accounted for", () => {
  for (const [title, text] of Object.entries(SEEDS)) {
    test(title, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 0, maxLength: 3 }), async (mutations) => {
          const bytes = mutated(Buffer.from(text), mutations);
          const fast = await gears.ingested(bytes, "collected", false);
          expect(fast.broken).toEqual([]);
          expect(await gears.ingested(bytes, "collected", true)).toEqual(fast);
        }),
        { numRuns: RUNS },
      );
    });
  }
});
