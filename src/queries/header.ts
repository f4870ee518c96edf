import { z } from "zod";
import { SEVERITIES } from "./finding.js";
import type { CheckProblem } from "./problem.js";
import { parseYaml } from "./yaml-file.js";

/** Kinds of query, and the folder that makes a file one of that kind. */
export const KIND_FOLDERS = {
  detection: "detections",
  hunt: "hunts",
  timeline: "timelines",
  scenario: "scenarios",
  sequence: "sequences",
} as const;
export type QueryKind = keyof typeof KIND_FOLDERS;

/** Elements of the CIRT methodology for generative AI, plus readiness, in the order of the report. */
export const ELEMENTS = [
  "access",
  "infrastructure-changes",
  "ai-changes",
  "data-store-changes",
  "invocation",
  "private-data",
  "agency",
  "readiness",
] as const;
export type Element = (typeof ELEMENTS)[number];

const PARAMETER_TYPES = ["text", "integer", "double", "boolean", "timestamptz", "interval"] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** Parameters that may take their default from the one row of `ref_case`. */
export const CASE_PARAMETERS = ["case_from", "case_to", "base_from", "base_to"] as const;

/** How much a query needs a table: empty means not evaluable, partial, or nothing at all. */
export type Need = "needed" | "helpful" | "optional";

const text = z.string().trim().min(1, "must not be empty");
const semver = z.string().regex(/^\d+\.\d+\.\d+$/, "must be a version such as 1.0.0");

const parameter = z.strictObject({
  type: z.enum(PARAMETER_TYPES),
  default: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  required: z.literal(true).optional(),
  description: text,
});

const precondition = z.strictObject({
  query: text,
  otherwise: z.enum(["not_evaluable", "partial"]),
  reason: text,
});

const step = z.strictObject({ name: text, optional: z.literal(true).optional() });

const header = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "must be kebab-case, such as acc-root-activity"),
  version: semver,
  title: text,
  status: z.enum(["stable", "experimental", "deprecated"]),
  severity: z.enum(SEVERITIES).optional(),
  element: z.enum(ELEMENTS).optional(),
  attack: z.array(text).default([]),
  atlas: z.array(text).default([]),
  description: text,
  requires: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*$/, "must be the name of a table or view"),
    z.enum(["needed", "helpful", "optional"]),
  ),
  preconditions: z.array(precondition).default([]),
  steps: z.array(step).default([]),
  scenarios: z.array(text).default([]),
  parameters: z.record(z.string().regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, "must be snake_case"), parameter),
  false_positives: z.array(text).default([]),
  references: z.array(text).default([]),
  changelog: z.record(semver, text),
});

/** What the YAML of a query says. */
export type QueryHeader = z.infer<typeof header>;
export type ParameterDefinition = z.infer<typeof parameter>;
export type Precondition = z.infer<typeof precondition>;
/** A step of a sequence; its number, `step_no` in the rows, is its place in the list, from 1. */
export type StepDefinition = z.infer<typeof step>;

/** A query file, parted. */
export interface ParsedQuery {
  header: QueryHeader;
  /** The SELECT, without header and without a closing semicolon. */
  sql: string;
  /** Line of the file on which `sql` begins. */
  sqlLine: number;
}

export interface ParseResult {
  query: ParsedQuery | undefined;
  problems: CheckProblem[];
}

const FENCE = /^--\s*---\s*$/;

/** Parts a query file and holds its header against the contract; collects every problem and throws none. */
export function parseQuery(fileText: string, file: string, kind: QueryKind, id: string): ParseResult {
  const lines = fileText.split(/\r?\n/);
  const open = lines.findIndex((line) => line.trim() !== "");
  if (open < 0 || !FENCE.test(lines[open] ?? "")) {
    return failed(file, 1, "has no header; the first line must be `-- ---`");
  }
  const close = lines.findIndex((line, index) => index > open && FENCE.test(line));
  if (close < 0)
    return failed(file, open + 1, "the header is not closed; a second line `-- ---` must end it");
  const problems: CheckProblem[] = [];
  for (const [index, line] of lines.slice(open + 1, close).entries()) {
    if (/^--(\s|$)/.test(line)) continue;
    problems.push({ file, line: open + 2 + index, message: "a line of the header must begin with `-- `" });
  }
  if (problems.length > 0) return { query: undefined, problems };

  const yaml = lines.slice(open + 1, close).map((line) => line.replace(/^-- ?/, ""));
  const { value, problems: found, lineOf } = parseYaml(yaml.join("\n"), file, header, open + 2);
  if (value === undefined) return { query: undefined, problems: found };
  problems.push(
    ...headerProblems(value, kind, id).map(({ path, message }) => ({ file, line: lineOf(path), message })),
  );

  let first = close + 1;
  while (first < lines.length - 1 && (lines[first] ?? "").trim() === "") first++;
  const sql = lines.slice(first).join("\n").trimEnd().replace(/;$/, "").trimEnd();
  if (sql === "") problems.push({ file, line: close + 1, message: "there is no SQL after the header" });
  return { query: { header: value, sql, sqlLine: first + 1 }, problems };
}

interface HeaderProblem {
  path: string[];
  message: string;
}

function headerProblems(value: QueryHeader, kind: QueryKind, id: string): HeaderProblem[] {
  const problems: HeaderProblem[] = [];
  const say = (path: string[], message: string) => problems.push({ path, message });
  if (value.id !== id)
    say(["id"], `id is ${value.id}, the file is called ${id}.sql; the two must be the same`);
  if (kind === "detection") {
    if (value.severity === undefined) say([], `severity is missing; one of ${SEVERITIES.join(", ")}`);
    if (value.element === undefined) say([], `element is missing; one of ${ELEMENTS.join(", ")}`);
  } else if (value.severity !== undefined) {
    say(["severity"], `severity belongs to detections; a ${kind} has none`);
  }
  if (kind === "sequence" && !value.steps.some(({ optional }) => optional === undefined)) {
    say(["steps"], "steps names no step that a chain needs; a sequence has at least one");
  } else if (kind !== "sequence") {
    for (const key of ["steps", "scenarios"] as const) {
      if (value[key].length > 0) say([key], `${key} belongs to sequences; a ${kind} has none`);
    }
  }
  if (!value.description.startsWith("Finds ")) say(["description"], 'description must begin with "Finds "');
  if (!/(^|[.!?]\s+)Misses /.test(value.description)) {
    say(
      ["description"],
      'description needs a sentence that begins with "Misses " and says what stays unseen',
    );
  }
  if (value.changelog[value.version] === undefined) {
    say(["changelog"], `changelog says nothing about version ${value.version}`);
  }
  for (const [name, { default: fallback, required }] of Object.entries(value.parameters)) {
    const path = ["parameters", name];
    if (required === true && fallback !== undefined) {
      say(path, `parameter ${name} is required and has a default; only one of the two makes sense`);
    }
    if (required === undefined && fallback === undefined) {
      say(path, `parameter ${name} has neither a default nor \`required: true\``);
    }
    if (required === true && (kind === "detection" || kind === "sequence")) {
      say(path, `parameter ${name} is required; a ${kind} must run without being asked anything`);
    }
    if (fallback === "case" && !(CASE_PARAMETERS as readonly string[]).includes(name)) {
      say(path, `parameter ${name} takes its default from the case; only ${CASE_PARAMETERS.join(", ")} can`);
    }
  }
  return problems;
}

function failed(file: string, line: number, message: string): ParseResult {
  return { query: undefined, problems: [{ file, line, message }] };
}
