import { describe, expect, test } from "vitest";
import type { CitedEvent } from "../../../src/report/event-content.js";
import { groupByActor } from "../../../src/report/run-content.js";
import { ticks } from "../../../src/report/time-axis.js";
import { dated, focus, insets, joined, planLanes, wholePeriod } from "../../../src/report/timeline-plan.js";
import { foldEvents } from "../../../src/report/timeline-section.js";
import { finding } from "./story.js";

const at = (time: string) => Date.parse(time) / 1_000;
const on = (time: string, changes = {}) => finding({ first_seen: time, last_seen: time, ...changes });

describe("time axis", () => {
  test("ticks are round times, with the day where it changes", () => {
    const axis = { from: at("2026-03-11T21:50:00Z"), to: at("2026-03-12T02:10:00Z"), left: 0, right: 100 };
    expect(ticks(axis, 8).map((tick) => tick.label)).toEqual([
      "03-11 22:00",
      "23:00",
      "03-12 00:00",
      "01:00",
      "02:00",
    ]);
  });

  test("a forged date does not make more ticks than asked for", () => {
    const axis = { from: at("1970-01-01T00:00:00Z"), to: at("9999-01-01T00:00:00Z"), left: 0, right: 100 };
    expect(ticks(axis, 10).length).toBeLessThanOrEqual(200);
  });
});

describe("attack timeline", () => {
  test("the stretch drawn large holds the attack, not the weeks of noise before it", () => {
    const noise = ["2026-03-01", "2026-03-04", "2026-03-08"].map((day) =>
      on(`${day}T08:00:00Z`, { severity: "low", score: 30 }),
    );
    const attack = ["09:12", "10:20", "12:10", "15:40"].map((time) => on(`2026-03-11T${time}:00Z`));
    const all = dated([...attack, ...noise]);
    const near = focus(all);
    expect(near.from).toBeGreaterThan(at("2026-03-11T00:00:00Z"));
    expect(near.to).toBeLessThan(at("2026-03-12T00:00:00Z"));
    expect(wholePeriod(all).from).toBeLessThan(at("2026-03-01T08:00:00Z"));
  });

  test("flags of one row never touch, and findings without room stay as marks", () => {
    const many = Array.from({ length: 90 }, (_, index) =>
      on(new Date(Date.UTC(2026, 2, 11, 9, index)).toISOString(), {
        finding_no: index + 1,
        detection_id: `d-${index}`,
      }),
    );
    const axis = { ...wholePeriod(dated(many)), left: 176, right: 970 };
    const [lane] = planLanes(groupByActor(many), axis);
    expect(lane?.all).toHaveLength(90);
    const named = lane?.rows.flat() ?? [];
    expect(named.length + (lane?.others.length ?? 0)).toBe(90);
    for (const row of lane?.rows ?? []) {
      const starts = row.map((flag) => flag.x).sort((left, right) => left - right);
      starts.slice(1).forEach((x, index) => {
        expect(x - (starts[index] ?? 0)).toBeGreaterThan(20);
      });
    }
  });

  test("findings of one detection are one flag while they follow one another", () => {
    const all = dated([
      on("2026-03-11T09:00:00Z", { finding_no: 1, score: 50 }),
      on("2026-03-11T09:05:00Z", { finding_no: 2, score: 90 }),
      on("2026-03-11T09:06:00Z", { finding_no: 3, detection_id: "another" }),
      on("2026-03-11T11:00:00Z", { finding_no: 4 }),
    ]);
    const flags = joined(all, 600).map(({ finding, count, from, to }) => [
      finding.finding_no,
      count,
      to - from,
    ]);
    expect(flags).toEqual([
      [2, 2, 300],
      [3, 1, 0],
      [4, 1, 0],
    ]);
  });

  test("insets are the densest stretches, apart from one another, in the order of time", () => {
    const burst = (hour: number, size: number) =>
      Array.from({ length: size }, (_, index) =>
        on(new Date(Date.UTC(2026, 2, 11, hour, index)).toISOString(), { finding_no: hour * 100 + index }),
      );
    const all = dated([...burst(9, 10), ...burst(12, 3), ...burst(14, 20)]);
    const near = wholePeriod(all);
    const found = insets(all, near, 2);
    expect(found.map(({ from }) => new Date(from * 1_000).getUTCHours())).toEqual([8, 13]);
    expect(found[0]?.to).toBeLessThan(found[1]?.from ?? 0);
    expect(insets(dated(burst(12, 3)), near, 2)).toEqual([]);
  });

  test("inventory and standing permissions have no place in it", () => {
    const standing = [{ table: "iam_statement", artifact_id: 1, record_no: 1 }];
    const all = [
      on("2026-03-11T09:00:00Z", { finding_no: 1 }),
      on("2026-03-11T09:01:00Z", { finding_no: 2, severity: "info" }),
      on("2026-03-11T09:02:00Z", { finding_no: 3, records: standing }),
      on("2026-03-11T09:03:00Z", { finding_no: 4, element: "readiness" }),
    ];
    const axis = { ...wholePeriod(dated(all)), left: 176, right: 970 };
    const drawn = planLanes(groupByActor(all), axis).flatMap((lane) => lane.all);
    expect(drawn.map(({ finding: { finding_no } }) => finding_no)).toEqual([1]);
  });

  test("findings without a time are in no lane", () => {
    expect(dated([finding({ first_seen: null, last_seen: null })])).toEqual([]);
  });
});

describe("folded events", () => {
  const event = (second: number, changes: Partial<CitedEvent> = {}): CitedEvent => ({
    event_time: new Date(Date.UTC(2026, 2, 11, 12, 0, second)).toISOString(),
    event_end: null,
    time_meaning: "received",
    time_precision: "second",
    source: "s3_access",
    account_id: null,
    region: null,
    principal: "role/nightly",
    credential: null,
    source_ip: "10.0.0.1",
    action: "s3:REST.GET.OBJECT",
    resource: `arn:aws:s3:::b/part-${second}`,
    outcome: "success",
    bytes: 10,
    summary: null,
    artifact_id: 1,
    record_no: second,
    findings: [1],
    ...changes,
  });

  test("reads below one prefix are one line that counts events, bytes and addresses", () => {
    const [fold, ...others] = foldEvents([
      event(1),
      event(2, { source_ip: "10.0.0.2", findings: [2] }),
      event(3),
    ]);
    expect(others).toEqual([]);
    expect(fold).toMatchObject({
      count: 3,
      bytes: 30,
      addresses: new Set(["10.0.0.1", "10.0.0.2"]),
      findings: new Set([1, 2]),
    });
  });

  test("a long pause, another outcome or another prefix begins a line", () => {
    const later = event(0, { event_time: "2026-03-11T14:00:00Z" });
    const folds = foldEvents([
      event(1),
      event(2, { outcome: "AccessDenied" }),
      event(3, { resource: "arn:aws:s3:::c/x" }),
      later,
    ]);
    expect(folds.map((fold) => fold.count)).toEqual([1, 1, 1, 1]);
  });
});
