import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../../src/database/index.js";
import { writeReport } from "../../../src/report/index.js";
import { tagsOf, textOf } from "./page.js";
import { openStory, storyInput } from "./story.js";

/** What checks a report without us. */
const STRANGER = "sha256sum";

let database: Database;
let folder: string;
let page: string;
const read = (name: string, run = "one") => readFile(join(folder, run, name), "utf8");

beforeAll(async () => {
  database = await openStory();
  folder = await mkdtemp(join(tmpdir(), "coldtrail-report-"));
  await writeReport(storyInput(database), join(folder, "one"));
  page = await read("report.html");
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

test("a report is seven files, and sha256sum agrees with its manifest", async () => {
  expect((await readdir(join(folder, "one"))).sort()).toEqual([
    "attack-navigator.json",
    "findings.csv",
    "findings.jsonl",
    "manifest-sha256.txt",
    "report.html",
    "report.md",
    "timeline.csv",
  ]);
  const checked = execFileSync(STRANGER, ["-c", "manifest-sha256.txt"], { cwd: join(folder, "one") });
  expect(String(checked).match(/: OK$/gm)).toHaveLength(6);
});

test("the same case gives the same bytes again, also over an older report", async () => {
  const again = await writeReport(storyInput(database), join(folder, "two"));
  const over = await writeReport(storyInput(database), join(folder, "two"));
  expect(over.files).toEqual(again.files);
  for (const { name } of again.files) expect(await read(name, "two")).toBe(await read(name));
});

test("the clock comes in through now alone", async () => {
  await writeReport(storyInput(database, { now: new Date("2031-01-01T00:00:00Z") }), join(folder, "later"));
  const later = await read("report.html", "later");
  expect(later.replaceAll("2031-01-01 00:00:00Z", "2026-03-20 10:00:00Z")).toBe(page);
});

test("a run that the database does not hold is an error with a next step", async () => {
  const input = storyInput(database);
  const unknown = { ...input, detections: { ...input.detections, runId: "nope" } };
  await expect(writeReport(unknown, join(folder, "none"))).rejects.toMatchObject({ code: "run-unknown" });
});

test("the page holds its policy, one first heading, and no tag that could run or fetch anything", () => {
  expect(page).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:`,
  );
  const tags = tagsOf(page);
  expect(tags.filter((tag) => tag.name === "h1" && !page.includes(`</${tag.name}>x`)).length).toBe(2);
  for (const { name, attributes } of tags) {
    expect(["script", "iframe", "object", "embed", "link", "base", "form", "img"]).not.toContain(name);
    for (const attribute of Object.keys(attributes))
      expect(attribute).not.toMatch(/^on|^src$|^style$|^srcset$/);
    if (attributes.href !== undefined) expect(attributes.href).toMatch(/^#/);
  }
});

test("every link of the page leads to something in it, and no id stands for two things", () => {
  const tags = tagsOf(page);
  const ids = tags.flatMap((tag) => tag.attributes.id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  const targets = tags.flatMap((tag) => tag.attributes.href?.slice(1) ?? []);
  expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  const labels = tags.flatMap((tag) => tag.attributes["aria-labelledby"]?.split(" ") ?? []);
  expect(labels.filter((label) => !ids.includes(label))).toEqual([]);
});

test("headings never jump a level, tables have captions and scoped heads, pictures have title and description", () => {
  const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  levels.forEach((level, index) => {
    expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  });
  expect(page.match(/<table/g)?.length).toBe(page.match(/<table[^>]*>\n<caption>/g)?.length);
  expect(page.match(/<th[ >]/g)?.length).toBe(page.match(/<th scope="(col|row)"/g)?.length);
  const pictures = page.match(/<svg [^>]*role="(?:img|group)"[^>]*><title [^>]*>[^<]+<\/title><desc /g);
  expect(pictures?.length).toBe(page.match(/<svg /g)?.length);
  expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(3);
  expect(page).toContain('<html lang="en">');
});

test("findings stand under their actor, the gravest first, and suppressed ones in their own section", () => {
  const text = textOf(page);
  const [, findings = ""] = text.split("\nFindings by actor\n");
  const admin = findings.indexOf("user/Kqwbxn482");
  const thief = findings.indexOf("user/svc-rag-sync");
  expect(admin).toBeGreaterThan(-1);
  expect(thief).toBeGreaterThan(admin);
  expect(findings.indexOf("Suppressed findings")).toBeLessThan(findings.indexOf("redteam-bot"));
  expect(text).toContain(
    "2026-03-11 09:12:04Z – 12:17:59Z: 3 findings of high or critical severity by 2 actors. It begins with F2: svc-rag-sync read AI configuration in 3 calls.",
  );
  expect(text).toContain("reference/allow.csv line 2: red team (CHG-101)");
});

test("a finding names its query, hash, parameters and records, and says when it lists fewer than it has", () => {
  const text = textOf(page);
  expect(text).toContain(`aic-guardrail-deleted 1.2.0, sha256 ${"c".repeat(64)}. Parameters: in_use=7 days`);
  expect(text).toContain("3 records (file/record): cloudtrail_event 1/1–1/3");
  expect(text).toContain("480 records (file/record): s3_access 2/1–2/200 – 200 of 480 listed here.");
  expect(text).toMatch(/1evidence\/0001\/data\/part-1\.gz1{64}[\s\S]*2part-2\.gz2{64}/);
  expect(text).toContain("2".repeat(64));
});

test("a detection that could not be asked is printed with its reason, and nothing is called clean", async () => {
  const text = textOf(page);
  expect(text).toMatch(/inv-jailbreak\s*high\s*not_evaluable\s*bedrock_invocation is empty/);
  expect(text).toMatch(
    /agy-ses-abuse\s*high\s*partial\s*ref_design is empty; fill reference\/design\.csv\. No match in/,
  );
  expect(text).toContain("No match in cloudtrail_event (5 rows, 2026-03-01 to 2026-03-11), ref_principal.");
  expect(text).toContain("1 detection of the library did not run and say nothing: rdy-not-run");
  for (const name of ["report.html", "report.md"]) expect(await read(name)).not.toMatch(/\bclean\b/i);
  expect(await read("report.md")).toContain(
    "| Title of inv-jailbreak (inv-jailbreak) | not_evaluable | bedrock\\_invocation is empty |",
  );
});

test("the timeline folds reads alike into one line of the page and keeps each in the CSV", async () => {
  const text = textOf(page);
  expect(text).toMatch(
    /2026-03-11 12:10:00Z– 12:13:19Z\s*200\s*user\/Kqwbxn482198\.51\.100\.23\s*s3:REST\.GET\.OBJECT/,
  );
  const lines = (await read("timeline.csv")).trimEnd().split("\n");
  expect(lines).toHaveLength(1 + 204);
  expect(lines[1]).toMatch(
    /^2026-03-11T09:12:04Z,,completed,second,cloudtrail_event,111122223333,us-east-1,/,
  );
});

test("evidence that was not verified, or is not intact, is never called intact", async () => {
  const input = storyInput(database);
  const { verification, ...unverified } = input.evidence;
  await writeReport({ ...input, evidence: unverified }, join(folder, "unverified"));
  expect(textOf(await read("report.html", "unverified"))).toContain("not verified for this report");
  const problems = [
    { kind: "changed", path: "evidence/0001/data/a", message: "sha256 is 1, the manifest says 2." },
  ];
  const broken = { ...input.evidence, verification: { ...verification!, problems } };
  await writeReport({ ...input, evidence: broken }, join(folder, "broken"));
  const text = textOf(await read("report.html", "broken"));
  expect(text).toContain("NOT INTACT: 1 problem");
  expect(text).toContain("sha256 is 1, the manifest says 2.");
});

test("a run without findings says that this proves nothing, and draws what there is", async () => {
  const quiet = await openStory({}, [
    { ...(await import("./story.js")).result("acc-root-activity"), runId: "quiet" },
  ]);
  const input = storyInput(quiet, {
    status: {
      artifacts: 0,
      unclaimed: 0,
      sources: [],
      coverage: [],
      blind: [],
      off: [],
      gaps: [],
      files: [],
      rejects: [],
    },
  });
  await writeReport({ ...input, detections: { ...input.detections, runId: "quiet" } }, join(folder, "quiet"));
  const text = textOf(await read("report.html", "quiet"));
  expect(text).toContain("No detection fired. That is no proof that nothing happened");
  expect(await read("findings.jsonl", "quiet")).toBe("");
  quiet.close();
});
