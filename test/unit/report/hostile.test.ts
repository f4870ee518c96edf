import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Finding } from "../../../src/queries/index.js";
import { hostile, writeHostileReport } from "./hostile-report.js";
import { tagsOf, textOf } from "./page.js";

const FILES = [
  "attack-navigator.json",
  "findings.csv",
  "findings.jsonl",
  "report.html",
  "report.md",
  "timeline.csv",
] as const;
let folder: string;
const files = {} as Record<(typeof FILES)[number], string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "coldtrail-hostile-"));
  await writeHostileReport(folder);
  for (const name of FILES) files[name] = await readFile(join(folder, name), "utf8");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("no text of the evidence becomes a tag, an attribute, a link or a style of the page", () => {
  const page = files["report.html"];
  const tags = tagsOf(page);
  const known = new Set(
    "doctype html head meta title style body a div header p h1 h2 h3 h4 dl dt dd nav ol ul li main section span b br wbr code table caption thead tbody tr th td article figure figcaption svg desc g rect path text footer".split(
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
    "ct.event_name",
    "s3.bucket",
    "s3.key",
    "s3.operation",
    "vpc.interface",
    "bedrock.operation",
    "reason",
    "partial",
    "artifact.path",
    "input.case.title",
    "input.evidence.custody.0.action",
    "input.status.blind.0.switched_by",
    "ct.maker",
    "ct.unlogged",
    "vpc.destination",
    "bedrock.principal",
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
