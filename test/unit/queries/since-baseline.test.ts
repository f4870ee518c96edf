import { expect, test } from "vitest";
import { type DetectionResult, sinceBaseline } from "../../../src/queries/index.js";

const period = { case_from: "2026-03-11T00:00:00Z", case_to: null, base_from: null, base_to: null };

function result(...findings: object[]): DetectionResult {
  return {
    id: "d",
    status: "fired",
    reason: null,
    findings: findings.map((finding) => ({ actor: "a", suppressed_by: null, severity: "high", ...finding })),
  } as unknown as DetectionResult;
}

function kept(...findings: object[]): unknown[] {
  return sinceBaseline([result(...findings)], period).results.flatMap(({ findings: left }) =>
    left.map(({ entity, severity }) => `${entity} ${severity}`),
  );
}

const OLD = "2026-03-01T00:00:00Z";
const NEW = "2026-03-11T00:00:00Z";

test("what began before the case is left out, what begins with it stays", () => {
  expect(kept({ entity: "x", first_seen: OLD }, { entity: "y", first_seen: NEW })).toEqual(["y high"]);
});

test("what was known of the same entity and actor is left out unless it is graver now", () => {
  expect(kept({ entity: "x", first_seen: OLD }, { entity: "x", first_seen: NEW })).toEqual([]);
  expect(
    kept({ entity: "x", first_seen: OLD }, { entity: "x", first_seen: NEW, severity: "critical" }),
  ).toEqual(["x critical"]);
  expect(kept({ entity: "x", first_seen: OLD }, { entity: "x", first_seen: NEW, actor: "b" })).toEqual([
    "x high",
  ]);
});

test("a state without a time stays", () => {
  expect(kept({ entity: "x", first_seen: null })).toEqual(["x high"]);
});

test("a detection with nothing new did not fire, and says why", () => {
  const { results, known } = sinceBaseline([result({ entity: "x", first_seen: OLD })], period);
  expect(known).toBe(1);
  expect(results[0]).toMatchObject({
    status: "not_fired",
    reason: "nothing new since the baseline, 1 known from it",
  });
});

test("a case without a period has no baseline", () => {
  expect(() => sinceBaseline([], { ...period, case_from: null })).toThrow("--since-baseline needs");
});
