import { expect, test } from "vitest";
import { cellText, type Strip, stripLine, stripOf, stripRuler } from "../../../src/cli/hour-strip.js";

const at = (time: string): number => Date.parse(time);

test("a day is a mark for an hour, under a ruler of hours", () => {
  const strip = stripOf("2026-03-11T00:00:00Z", "2026-03-12T00:00:00Z") as Strip;
  expect(cellText(strip)).toBe("an hour");
  expect(stripRuler(strip)).toBe("00    06    12    18");
  const hours = [0, 1, 2, 9].map((hour) => at("2026-03-11T00:00:00Z") + hour * 3_600_000);
  const blind: [number, number][] = [[at("2026-03-11T14:22:00Z"), at("2026-03-12T00:00:00Z")]];
  expect(stripLine(strip, hours, blind)).toBe("███······█····××××××××××");
});

test("longer periods have wider marks, and some hours of one are not all", () => {
  const strip = stripOf("2026-03-01T00:00:00Z", "2026-03-12T00:00:00Z") as Strip;
  expect(cellText(strip)).toBe("6 hours");
  expect(stripRuler(strip)).toMatch(/^03-01 +03-03/);
  expect(stripLine(strip, [at("2026-03-01T07:00:00Z")], []).slice(0, 3)).toBe("·▒·");
});

test("a year is drawn in weeks, and forged centuries still fit", () => {
  const year = stripOf("2025-03-01T00:00:00Z", "2026-02-20T00:00:00Z") as Strip;
  expect(year.cells).toBeLessThanOrEqual(48);
  const forged = stripOf("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z") as Strip;
  expect(forged.cells).toBeLessThanOrEqual(48);
  expect(stripRuler(forged).length).toBeLessThanOrEqual(48);
});

test("a row at midnight is in its period, a period without length is none", () => {
  expect(stripOf("2026-03-11T00:00:00Z", "2026-03-11T00:00:00Z")).toBeNull();
  expect(stripOf(null, null)).toBeNull();
});
