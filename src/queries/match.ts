import type { Value } from "../database/index.js";

type Row = Record<string, Value>;

/** Says how rows differ from the expected ones, in order; only the columns that are expected count. */
export function describeMismatch(actual: readonly Row[], expected: readonly Row[]): string[] {
  const differences: string[] = [];
  if (actual.length !== expected.length) {
    const shown = actual.slice(0, 5).map((row) => JSON.stringify(row.entity ?? row.summary ?? row));
    const list = shown.length === 0 ? "" : `: ${shown.join(", ")}${actual.length > 5 ? ", …" : ""}`;
    differences.push(`returns ${actual.length} rows, expected ${expected.length}${list}`);
  }
  for (const [index, wanted] of expected.entries()) {
    const row = actual[index];
    if (row === undefined) break;
    for (const [name, value] of Object.entries(wanted)) {
      if (!(name in row)) differences.push(`row ${index + 1} has no column ${name}`);
      else if (!fits(row[name] ?? null, value)) {
        differences.push(
          `row ${index + 1}: ${name} is ${JSON.stringify(row[name])}, expected ${JSON.stringify(value)}`,
        );
      }
    }
  }
  return differences;
}

/**
 * True when a value is what a case expects: numbers by value, times by instant, objects by the keys that are expected,
 * a text between slashes as a regular expression, everything else exactly.
 */
function fits(actual: Value, expected: Value): boolean {
  if (expected === null || actual === null) return actual === expected;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => fits(actual[index] ?? null, item))
    );
  }
  if (typeof expected === "object") {
    if (typeof actual !== "object" || Array.isArray(actual)) return false;
    return Object.entries(expected).every(([key, item]) => fits((actual as Row)[key] ?? null, item as Value));
  }
  if (typeof expected === "number") {
    const number = Number(actual);
    return (
      typeof actual !== "object" && Math.abs(number - expected) <= 1e-9 * Math.max(1, Math.abs(expected))
    );
  }
  if (typeof expected === "string" && typeof actual === "string") {
    const expression = /^\/(.+)\/$/s.exec(expected)?.[1];
    if (expression !== undefined) return new RegExp(expression, "s").test(actual);
    return (
      actual === expected ||
      (isTime(actual) && isTime(expected) && Date.parse(actual) === Date.parse(expected))
    );
  }
  return actual === expected;
}

function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text);
}
