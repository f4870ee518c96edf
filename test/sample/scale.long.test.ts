import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import type { DetectionResult } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { incidentCase } from "./incident-case.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-scale-"));
afterAll(() => rm(work, { recursive: true, force: true }));

/** Detections whose answer depends on how much else there is, and why. */
const DEPENDS_ON_SCALE: Record<string, string> = {};

async function answersOf(source: string): Promise<Map<string, DetectionResult>> {
  const folder = await incidentCase(source);
  const { out } = await coldtrail("detect", folder, "--json");
  await rm(join(folder, ".."), { recursive: true, force: true });
  return new Map((JSON.parse(out) as DetectionResult[]).map((result) => [result.id, result]));
}

test("in a haystack of 50,000 events the incident gives the same answers", async () => {
  const generator = join(import.meta.dirname, "generate.ts");
  await promisify(execFile)(process.execPath, [
    "--import",
    "tsx",
    generator,
    "--scale",
    "50000",
    "--out",
    work,
  ]);
  const [alone, scaled] = [await answersOf(assetFolder("sample-evidence")), await answersOf(work)];
  const incident = (result: DetectionResult | undefined): object => ({
    status: result?.status,
    findings: result?.findings
      .filter((finding) => (finding.last_seen ?? "") >= "2026-03-11")
      .map(
        ({ severity, entity, source_ip, first_seen }) => `${severity} ${entity} ${source_ip} ${first_seen}`,
      )
      .sort(),
  });
  const differences = [...alone.keys()]
    .filter((id) => DEPENDS_ON_SCALE[id] === undefined)
    .filter((id) => JSON.stringify(incident(alone.get(id))) !== JSON.stringify(incident(scaled.get(id))))
    .map((id) => ({ id, alone: incident(alone.get(id)), scaled: incident(scaled.get(id)) }));
  expect(differences).toEqual([]);
});
