import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { DetectionResult } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { describeSamples, samples } from "../sources/samples.js";

interface PantherRule {
  RuleID?: string;
  Tests?: { Name: string; ExpectedResult: boolean; Log: Record<string, unknown> }[];
}

/** The detection that is about what the rule is about, and by test of the rule why it says something else. */
interface Counterpart {
  detection: string;
  disagreements?: Record<string, string>;
}

const counterparts = parse(await readFile(join(import.meta.dirname, "panther-rules.yaml"), "utf8")) as Record<
  string,
  Counterpart
>;

async function readRules(): Promise<Map<string, PantherRule>> {
  const folder = join(samples, "panther-analysis/rules");
  const rules = new Map<string, PantherRule>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (!name.endsWith(".yml")) continue;
    const rule = parse(await readFile(join(folder, name), "utf8")) as PantherRule;
    if (rule.RuleID !== undefined) rules.set(rule.RuleID, rule);
  }
  return rules;
}

describeSamples("the events of a rule of panther give a finding where the rule expects one", () => {
  test("every rule that has a detection of the first priority", { timeout: 60_000 }, async () => {
    const rules = await readRules();
    // An event of its own id, so that tests of the same event are no duplicates of each other.
    const events = Object.entries(counterparts).flatMap(([rule, { detection, disagreements }]) => {
      const tests = rules.get(rule)?.Tests ?? [];
      expect(tests.length, rule).toBeGreaterThan(0);
      return tests.map(({ Name: name, ExpectedResult: expected, Log: log }, index) => ({
        rule,
        detection,
        name: `${index + 1} ${name}`,
        expected,
        reason: disagreements?.[index + 1],
        log: { ...log, eventID: `${rule}-${index + 1}` },
      }));
    });
    const work = await mkdtemp(join(tmpdir(), "coldtrail-panther-"));
    try {
      const evidence = join(work, "events.jsonl");
      await writeFile(evidence, events.map(({ log }) => `${JSON.stringify(log)}\n`).join(""));
      const folder = join(work, "case");
      const period = ["--from", "2000-01-01T00:00:00Z", "--to", "2030-01-01T00:00:00Z"];
      await coldtrail("init", folder, "--title", "Panther", "--examiner", "Test", ...period);
      await coldtrail("acquire", folder, evidence);
      const ingested = await coldtrail("ingest", folder);
      expect(ingested.code, ingested.notes).toBe(0);
      const only = [...new Set(events.map(({ detection }) => detection))].flatMap((id) => ["--only", id]);
      const results = JSON.parse(
        (await coldtrail("detect", folder, "--json", ...only)).out,
      ) as DetectionResult[];
      const outcomes = events.map((event, index) => ({
        ...event,
        found: results.some(
          ({ id, findings }) =>
            id === event.detection &&
            findings.some(({ records }) => records.some(({ record_no }) => record_no === index + 1)),
        ),
      }));
      process.stdout.write(
        `${outcomes
          .map(({ rule, detection, name, expected, found, reason }) =>
            [
              rule.padEnd(44),
              detection.padEnd(30),
              `expected ${expected}`.padEnd(16),
              `found ${found}`.padEnd(13),
              `${name}${reason === undefined ? "" : `: ${reason}`}`,
            ].join(""),
          )
          .join("\n")}\n`,
      );
      for (const { rule, name, expected, found, reason } of outcomes)
        expect(expected !== found, `${rule} ${name}`).toBe(reason !== undefined);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
});
