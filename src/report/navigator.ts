import { type Framework, techniqueOf } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { compareTexts, counted, shorten, visible } from "./visible.js";

const LAYER = "4.5";
/** The first release that reads layers of this format. */
const NAVIGATOR = "4.9.0";

/**
 * Layer for MITRE ATT&CK Navigator, JSON of layer format 4.5 (attack-navigator, layers/spec/v4.5): each technique of a finding with
 * the number of findings as score and what found it as comment. Techniques of ATLAS are not in that domain.
 */
export function attackLayer(content: ReportContent): string {
  const { case: held, run, frameworks } = content;
  const known = tally(content, "attack").filter(({ id }) => ID.test(id));
  const techniques = known.map(({ id, findings }) => ({
    techniqueID: id,
    score: findings.length,
    enabled: true,
    showSubtechniques: true,
    comment: visible(
      shorten(
        [...new Set(findings.map((finding) => `${finding.title} (F${finding.finding_no})`))].join("; "),
        COMMENT,
      ),
    ),
  }));
  const layer = {
    name: visible(shorten(`${held.title}: coldtrail ${run.runId}`, TITLE)),
    versions: { attack: frameworks.attack.version, navigator: NAVIGATOR, layer: LAYER },
    domain: "enterprise-attack",
    description: visible(
      `${counted(techniques.length, "technique")} named by findings of case ${shorten(held.id, TITLE)}. The score is the number of findings; a technique is a label of the query, not a proof of intent.`,
    ),
    sorting: 3,
    layout: { layout: "side", showID: true, showName: true, expandedSubtechniques: "annotated" },
    techniques,
    gradient: {
      colors: ["#f6d7c9", "#b2400d"],
      minValue: 0,
      maxValue: Math.max(1, ...techniques.map(({ score }) => score)),
    },
    metadata: [
      { name: "case", value: visible(shorten(held.id, TITLE)) },
      { name: "run", value: run.runId },
      { name: "made with", value: visible(shorten(`coldtrail ${content.toolVersion}`, TITLE)) },
    ],
  };
  return `${JSON.stringify(layer, null, 1)}\n`;
}

/** Techniques of one framework that findings name, by id, each with its findings. */
export function tally(
  { run }: ReportContent,
  framework: "attack" | "atlas",
): { id: string; findings: ReportContent["run"]["findings"] }[] {
  const byId = new Map<string, ReportContent["run"]["findings"]>();
  for (const finding of run.findings) {
    for (const id of new Set(finding[framework])) {
      const known = byId.get(id);
      if (known === undefined) byId.set(id, [finding]);
      else known.push(finding);
    }
  }
  return [...byId]
    .map(([id, findings]) => ({ id, findings }))
    .sort((left, right) => compareTexts(left.id, right.id));
}

/** Tactics that a technique serves, by short name; empty for a technique that the framework does not know. */
export function tacticsOf({ tactics }: Framework, id: string): string[] {
  return Object.entries(tactics)
    .filter(([, { techniques }]) => techniques.includes(techniqueOf(id)))
    .map(([name]) => name);
}

const ID = /^T\d{4}(\.\d{3})?$/;
const COMMENT = 2_000;
const TITLE = 200;
