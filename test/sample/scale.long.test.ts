import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import type { DetectionResult, Finding } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { incidentCase } from "./incident-case.js";
import { planScale } from "./scale.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-scale-"));
afterAll(() => rm(work, { recursive: true, force: true }));

const EVENTS = 50_000;

/** The roles of the tenants that the scale adds: they do what acme's own roles do, and nothing else. */
const plan = planScale(EVENTS);
const TENANT_ROLES = new Set(
  [...plan.tenants, plan.remainder]
    .flatMap(({ app, training, trainingService, pipeline, ingestion, sync }) => [
      app,
      training,
      trainingService,
      pipeline,
      ingestion,
      sync,
    ])
    .map((caller) => caller.identity(0).sessionContext as { sessionIssuer: { arn: string } })
    .map(({ sessionIssuer }) => sessionIssuer.arn),
);

/**
 * A row of an inventory (severity info) of a tenant's ordinary work. There are more of them because there are more tenants;
 * anything else that a detection says about a tenant is a false alarm and a difference.
 */
function isTenantInventory({ severity, actor }: Finding): boolean {
  return severity === "info" && actor !== null && TENANT_ROLES.has(actor);
}

/** Says when each log begins and ends; with more traffic that is a little earlier and later. */
const SPAN_OF_THE_EVIDENCE = "rdy-evidence-coverage";

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
    String(EVENTS),
    "--out",
    work,
  ]);
  const [alone, scaled] = [await answersOf(assetFolder("sample-evidence")), await answersOf(work)];
  const incident = (result: DetectionResult | undefined): object => ({
    status: result?.status,
    findings: result?.findings
      .filter((finding) => (finding.last_seen ?? "") >= "2026-03-11" && !isTenantInventory(finding))
      .map(
        ({ severity, entity, source_ip, first_seen }) =>
          `${severity} ${entity} ${source_ip} ${result.id === SPAN_OF_THE_EVIDENCE ? "" : first_seen}`,
      )
      .sort(),
  });
  const differences = [...alone.keys()]
    .filter((id) => JSON.stringify(incident(alone.get(id))) !== JSON.stringify(incident(scaled.get(id))))
    .map((id) => ({ id, alone: incident(alone.get(id)), scaled: incident(scaled.get(id)) }));
  expect(differences).toEqual([]);
});
