import fc from "fast-check";
import { expect, test } from "vitest";
import type { Value } from "../../../src/database/index.js";
import { canonicalJson, type Query, resolveParameters } from "../../../src/queries/index.js";
import { typedValue } from "../../../src/queries/parameters.js";

const UNBOUNDED = { case_from: null, case_to: null, base_from: null, base_to: null };

const query = {
  id: "dst-bulk-read",
  parameters: {
    min_objects: { type: "integer", default: 100, description: "objects" },
    window: { type: "interval", default: "10 minutes", description: "window" },
    case_from: { type: "timestamptz", default: "case", description: "start" },
    bucket: { type: "text", default: null, description: "bucket" },
  },
} as unknown as Query;

test("defaults, the period of the case and given values are laid over each other", () => {
  const period = { ...UNBOUNDED, case_from: "2026-03-11T00:00:00Z" };
  const { bound, values } = resolveParameters(query, { "min-objects": "5" }, period);
  expect(bound).toEqual({
    min_objects: "5",
    window: "10 minutes",
    case_from: "2026-03-11T00:00:00Z",
    bucket: null,
  });
  expect(canonicalJson(values)).toBe(
    '{"bucket":null,"case_from":"2026-03-11T00:00:00Z","min_objects":5,"window":"10 minutes"}',
  );
});

test("a value for this query alone wins over one for all", () => {
  const given = { "dst-bulk-read.min_objects": 7, min_objects: 5, "acc-other.window": "1 hour" };
  expect(resolveParameters(query, given, UNBOUNDED).values).toMatchObject({
    min_objects: 7,
    window: "10 minutes",
  });
});

test("every wrong value is named in one error", () => {
  expect(() =>
    resolveParameters(query, { min_objects: "many", window: "soon", min_object: 1 }, UNBOUNDED),
  ).toThrow(
    [
      "dst-bulk-read has no parameter min_object; did you mean min_objects?",
      'dst-bulk-read: min_objects is "many", expected a whole number',
      'dst-bulk-read: window is "soon", expected a length of time such as 10 minutes',
    ].join("\n"),
  );
});

test("a required value that is missing is asked for as the command line spells it", () => {
  const hunt = {
    id: "h-key-activity",
    parameters: { access_key: { type: "text", required: true, description: "id of the key" } },
  } as unknown as Query;
  expect(() => resolveParameters(hunt, {}, UNBOUNDED)).toThrow(
    "h-key-activity needs --access-key (text: id of the key)",
  );
});

test.each<[string, string, Value | undefined]>([
  ["integer", "12", 12],
  ["integer", "1.5", undefined],
  ["integer", "99999999999999999999", undefined],
  ["double", "1.5e3", 1500],
  ["double", "Infinity", undefined],
  ["boolean", "true", true],
  ["boolean", "yes", undefined],
  ["interval", "1 hour  30 minutes", "1 hour 30 minutes"],
  ["interval", "00:10:00", "00:10:00"],
  ["interval", "10 minutes; drop table finding", undefined],
  ["timestamptz", "2026-03-11", "2026-03-11T00:00:00Z"],
  ["timestamptz", "2026-03-11 14:00", "2026-03-11T14:00:00Z"],
  ["timestamptz", "2026-03-11T14:00:00+14:00", "2026-03-11T00:00:00Z"],
  ["timestamptz", "2026-03-11T14:00:00.120Z", "2026-03-11T14:00:00.12Z"],
  ["timestamptz", "2026-02-30", undefined],
  ["timestamptz", "2026-13-01", undefined],
  ["timestamptz", "yesterday", undefined],
  ["text", "  as it is ", "  as it is "],
])("%s takes %j as %j", (type, text, expected) => {
  expect(typedValue(text, type as "text")).toEqual(expected);
});

test("canonical JSON does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse());
      expect(canonicalJson(reversed as Value)).toBe(canonicalJson(object as Value));
      expect(JSON.parse(canonicalJson(object as Value))).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});
