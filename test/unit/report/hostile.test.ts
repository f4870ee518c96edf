import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database, Value } from "../../../src/database/index.js";
import type { Finding } from "../../../src/queries/index.js";
import { type ReportInput, writeReport } from "../../../src/report/index.js";
import { tagsOf, textOf } from "./page.js";
import { finding, openStory, RUN, result, storyInput } from "./story.js";

const PAYLOADS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</style></title></svg><script src=http://evil.example/x.js></script>`,
  `<!-- --><a href="javascript:alert(1)">`,
  `]]><iframe src="https://evil.example">`,
  `\u001b[31m\u001b]8;;http://evil.example\u0007`,
  `\u202Egnp.exe\u2066 zero\u200bwidth \ufeff \u0000`,
  `=cmd|' /C calc'!A0`,
  `+1+1`,
  `-2+3`,
  `@SUM(1)`,
  `\t=1`,
  `\r=1`,
  `![x](http://evil.example/?d=1) | [y](javascript:1)`,
  `\${7*7} {{7*7}} %s`,
  `x`.repeat(5_000),
];
/** A text that holds every payload, told apart by the place it is put in. */
const hostile = (place: string): string => `${place} ${PAYLOADS.join(" ")}`;

/** Puts a hostile text in place of every text of a value, but for those that a schema of ours holds to a form. */
function poisoned<T>(value: T, place: string, spared: readonly string[]): T {
  if (typeof value === "string") return hostile(place) as T;
  if (Array.isArray(value))
    return value.map((item, index) => poisoned(item, `${place}.${index}`, spared)) as T;
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      spared.includes(name) ? item : poisoned(item, `${place}.${name}`, spared),
    ]),
  ) as T;
}

const EVENT = { event_time: "2026-03-11T10:00:00Z" };
const ROWS: Record<string, Record<string, Value>[]> = {
  artifact: [1, 2, 3, 4].map((artifact_id) => ({
    artifact_id,
    acquisition: "0001",
    path: hostile("artifact.path"),
    original: hostile("artifact.original"),
    member: hostile("artifact.member"),
    size: 1,
    sha256: "a".repeat(64),
    source: hostile("artifact.source"),
    state: "loaded",
    records: 1,
  })),
  cloudtrail_event: [
    {
      ...EVENT,
      artifact_id: 1,
      event_source: hostile("ct.event_source"),
      event_name: hostile("ct.event_name"),
      principal: hostile("ct.principal"),
      credential: hostile("ct.credential"),
      user_agent: hostile("ct.user_agent"),
      source_ip_address: hostile("ct.source_ip"),
      error_code: hostile("ct.error_code"),
      aws_region: hostile("ct.region"),
      recipient_account_id: hostile("ct.account"),
      request_parameters: { bucketName: hostile("ct.bucket") },
    },
  ],
  s3_access: [
    {
      ...EVENT,
      artifact_id: 2,
      operation: hostile("s3.operation"),
      bucket: hostile("s3.bucket"),
      key: hostile("s3.key"),
      principal: hostile("s3.principal"),
      remote_ip: hostile("s3.ip"),
      error_code: hostile("s3.error"),
    },
  ],
  vpc_flow: [
    {
      start_time: EVENT.event_time,
      artifact_id: 3,
      interface_id: hostile("vpc.interface"),
      action: hostile("vpc.action"),
    },
  ],
  bedrock_invocation: [
    {
      ...EVENT,
      artifact_id: 4,
      operation: hostile("bedrock.operation"),
      base_model: hostile("bedrock.model"),
      principal: hostile("bedrock.principal"),
    },
  ],
};

const RECORDS = ["cloudtrail_event", "s3_access", "vpc_flow", "bedrock_invocation"].map((table, index) => ({
  table,
  artifact_id: index + 1,
  record_no: 1,
}));
const SPARED: (keyof Finding)[] = [
  "run_id",
  "detection_id",
  "severity",
  "first_seen",
  "last_seen",
  "sha256",
  "version",
  "records",
];
const FINDINGS = [null, "allow.csv line 1"].map((suppressed_by, index) =>
  poisoned(
    finding({
      finding_no: index + 1,
      resource: "resource",
      metrics: { names: ["a", { b: "c" }], [hostile("metric.name")]: "value" },
      records: RECORDS,
      record_total: 4,
      suppressed_by,
    }),
    `finding${index}`,
    SPARED,
  ),
);

const FILES = ["findings.csv", "findings.jsonl", "report.html", "report.md", "timeline.csv"] as const;
let database: Database;
let folder: string;
const files = {} as Record<(typeof FILES)[number], string>;

beforeAll(async () => {
  database = await openStory(ROWS, [
    result("aic-guardrail-deleted", { parameters: { a: hostile("parameter") } }, FINDINGS),
    result("inv-jailbreak", { status: "not_evaluable", reason: hostile("reason") }),
    result("agy-ses-abuse", { status: "partial", reason: hostile("partial") }),
    result("acc-root-activity"),
  ]);
  folder = await mkdtemp(join(tmpdir(), "coldtrail-hostile-"));
  const plain = storyInput(database);
  const { database: _, now, ...texts } = plain;
  const input: ReportInput = {
    ...poisoned(texts, "input", [
      "runId",
      "day",
      "caseFrom",
      "caseTo",
      "baseFrom",
      "first_time",
      "last_time",
      "state",
    ]),
    database,
    now,
  };
  const queries = input.detections.queries.map((query, index) => ({
    ...query,
    id: plain.detections.queries[index]?.id ?? "",
    severity: "high" as const,
    element: "access" as const,
  }));
  const techniques = { T1: hostile("technique") };
  await writeReport(
    { ...input, detections: { ...input.detections, runId: RUN, queries, techniques } },
    folder,
  );
  for (const name of FILES) files[name] = await readFile(join(folder, name), "utf8");
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

test("no text of the evidence becomes a tag, an attribute, a link or a style of the page", () => {
  const page = files["report.html"];
  const tags = tagsOf(page);
  const known = new Set(
    "doctype html head meta title style body a div header p h1 h2 h3 h4 dl dt dd nav ol ul li main section span b br code table caption thead tbody tr th td article figure figcaption svg desc g rect path text footer".split(
      " ",
    ),
  );
  expect([...new Set(tags.map((tag) => tag.name))].filter((name) => !known.has(name))).toEqual([]);
  for (const { attributes } of tags) {
    for (const name of Object.keys(attributes)) expect(name).not.toMatch(/^on|^src|^style$|^formaction$/);
    if (attributes.href !== undefined) expect(attributes.href).toMatch(/^#[a-z]+-?[a-z0-9-]*$/);
  }
  expect(page.match(/<script/gi)).toBeNull();
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
  const running = /@top-left\{content:"(?:\\[0-9a-f]+ |[A-Za-z0-9])*";/;
  expect(style).toMatch(running);
  expect(style.replace(running, "")).not.toMatch(/evil|alert|<|url\(|@import/);
  expect(page.match(/<style/g)).toHaveLength(1);
});

test("the texts are there to read, in every kind of place", () => {
  const text = textOf(files["report.html"]);
  for (const place of [
    "finding0.summary",
    "finding0.title",
    "finding0.actor",
    "finding1.summary",
    "ct.event_source",
    "ct.event_source",
    "s3.operation",
    "vpc.interface",
    "bedrock.operation",
    "reason",
    "partial",
    "artifact.path",
    "input.case.title",
    "input.evidence.custody.0.action",
  ]) {
    const shown = text.includes(`${place} <script>alert(1)</script> "><img src=x onerror=alert(1)>`);
    expect([place, shown]).toEqual([place, true]);
  }
  expect(text).toContain("\\u{202E}gnp.exe\\u{2066} zero\\u{200B}width \\u{FEFF} \\u{0}");
  expect(text).toMatch(/x… \[[\d,]+ characters\]/);
});

test("no file holds a raw control or a character that hides or turns text", () => {
  for (const name of FILES) {
    expect(
      files[name].match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu)?.filter((character) => character !== "\n") ?? [],
    ).toEqual([]);
  }
});

test("no cell of a CSV begins like a formula, and every row is one line", () => {
  for (const name of ["findings.csv", "timeline.csv"] as const) {
    const rows = files[name].trimEnd().split("\n").map(cellsOf);
    const width = rows[0]?.length;
    for (const row of rows) {
      expect(row).toHaveLength(width ?? 0);
      for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@]/);
    }
  }
});

test("every line of findings.jsonl is JSON that gives the finding back", () => {
  const lines = files["findings.jsonl"]
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding);
  expect(lines.map((line) => line.summary)).toEqual([
    hostile("finding0.summary"),
    hostile("finding1.summary"),
  ]);
});

test("Markdown holds no tag, no image, no link", () => {
  expect(files["report.md"]).not.toMatch(/<|>|(?<!\\)!\[|(?<!\\)\]\(|:\/\//);
});

/** Cells of a line of CSV. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,"]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell = ""]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
