import { scaleQuantize } from "d3-scale";
import { type Framework, techniqueOf } from "../queries/index.js";
import type { ReportContent } from "./content.js";
import { clip, figure, INK, LEFT, label, RIGHT, SOFT } from "./figure.js";
import { type Content, html, type Markup, rounded } from "./html.js";
import { LIMIT } from "./limit.js";
import { tacticsOf, tally } from "./navigator.js";
import { findingLink, type Section, table, verdict } from "./part.js";
import { counted, formatCount } from "./visible.js";

const FRAMEWORKS = [
  { key: "attack", name: "ATT&CK" },
  { key: "atlas", name: "ATLAS" },
] as const;

interface Technique {
  id: string;
  name: string;
  tactics: string[];
  findings: ReportContent["run"]["findings"];
}

/** Techniques of MITRE ATT&CK and ATLAS that findings name, as matrix and as table. */
export function techniquesSection(content: ReportContent): Section {
  const parts = FRAMEWORKS.map(({ key, name }) => {
    const framework = content.frameworks[key];
    const techniques = tally(content, key).map(({ id, findings }) => ({
      id,
      name: fullName(framework, id),
      tactics: tacticsOf(framework, id),
      findings,
    }));
    return { key, name, framework, techniques };
  });
  const body = html`${verdict(
    `${parts.map(({ name, techniques }) => `${counted(techniques.length, "technique")} of ${name}`).join(" and ")} named by findings. A technique is a label of the query, not a proof of intent. attack-navigator.json is the same as a layer for ATT&CK Navigator.`,
  )}
${parts.map(
  ({ key, name, framework, techniques }) => html`<h3>MITRE ${name} ${framework.version}</h3>
${
  techniques.length === 0
    ? html`<p>No finding names a technique of ${name}.</p>`
    : html`${matrix(key, `MITRE ${name}`, framework, techniques)}
${techniqueTable(name, framework, techniques)}`
}`,
)}`;
  return { id: "techniques", title: "ATT&CK and ATLAS", body, leaf: true };
}

function techniqueTable(name: string, framework: Framework, techniques: readonly Technique[]): Markup {
  const rows = techniques.toSorted((left, right) => right.findings.length - left.findings.length);
  return table(
    `Techniques of ${name}, most findings first`,
    rows,
    [
      {
        title: "Id",
        kind: "head",
        cell: ({ id }) => html`${id}${successor(framework, id)}`,
      },
      { title: "Name", kind: "name", cell: (row) => row.name },
      { title: "Findings", kind: "number", cell: ({ findings }) => formatCount(findings.length) },
      { title: "Which", kind: "rest", cell: ({ findings }) => links(findings) },
    ],
    { style: "techniques" },
  );
}

function links(findings: Technique["findings"]): Content {
  const shown = findings.slice(0, LIMIT.techniqueLinks);
  return html`${shown.map((finding, index) => html`${index === 0 ? "" : ", "}${findingLink(finding)}`)}${findings.length > shown.length ? ", …" : ""}`;
}

function successor({ successors }: Framework, id: string): Content {
  const later = successors[id];
  return later === undefined ? null : html`<br><span class="soft">later ${later}</span>`;
}

/** `LLM Prompt Injection: Direct`; a sub-technique's own name says little. */
function fullName({ techniques }: Framework, id: string): string {
  const parent = techniqueOf(id);
  const name = techniques[id] ?? "not in the vocabulary";
  return parent === id || techniques[parent] === undefined ? name : `${techniques[parent]}: ${name}`;
}

interface Tone {
  fill: string;
  ink: string;
}
/** From few to many; none between, where neither ink would stand out enough. */
const TONES: Tone[] = [
  { fill: "#fbe9dd", ink: INK },
  { fill: "#f3c4a3", ink: INK },
  { fill: "#b2400d", ink: "#fff" },
  { fill: "#7a2606", ink: "#fff" },
];
const CHIP = 20;
const LETTER = 6.3;

/** A row for each tactic in the order of the matrix, a box for each technique, darker with more findings. */
function matrix(key: string, name: string, framework: Framework, techniques: readonly Technique[]): Markup {
  const most = Math.max(1, ...techniques.map(({ findings }) => findings.length));
  const tone = scaleQuantize([0, Math.log(Math.max(2, most))], TONES);
  let y = 6;
  const rows = Object.entries(framework.tactics).map(([tactic, { title }]) => {
    const members = techniques.filter(({ tactics }) => tactics.includes(tactic));
    const top = y;
    let x = LEFT;
    const chips = members.map(({ id, name: technique, findings }) => {
      const text = `${id.replace(/^AML\./, "")} ${clip(technique, 48)}`;
      const width = text.length * LETTER + 40;
      if (x > LEFT && x + width > RIGHT) {
        x = LEFT;
        y += CHIP + 3;
      }
      const at = x;
      x += width + 5;
      return chip(at, y, width, text, findings.length, tone(Math.log(findings.length)));
    });
    y += CHIP + 9;
    return html`${label(10, top + 14, title, { weight: members.length > 0 ? 600 : 400, fill: members.length > 0 ? INK : SOFT })}${chips}${members.length === 0 ? label(LEFT, top + 14, "no finding", { size: 11, fill: SOFT }) : null}<path d="M 0 ${rounded(y - 5)} H ${RIGHT}" stroke="#d8dde3" stroke-width="0.8"/>
`;
  });
  return figure(
    {
      id: `matrix-${key}`,
      title: `Techniques of ${name} by tactic`,
      caption: html`<b>${name} ${framework.version} by tactic.</b> The number is that of findings; darker means more, on a logarithmic scale. A technique stands under every tactic that it serves.`,
      description: html`${Object.entries(framework.tactics).map(([tactic, { title }]) => {
        const members = techniques.filter(({ tactics }) => tactics.includes(tactic));
        return members.length === 0 ? "" : `${title}: ${members.map(({ id }) => id).join(", ")}. `;
      })}The table below names them all.`,
    },
    y,
    rows,
  );
}

function chip(x: number, y: number, width: number, text: string, findings: number, tone: Tone): Markup {
  const { fill, ink } = tone;
  return html`<rect x="${rounded(x)}" y="${y}" width="${rounded(width)}" height="${CHIP}" rx="3" fill="${fill}"/>${label(x + 7, y + 14, text, { size: 11, fill: ink })}${label(x + width - 7, y + 14, formatCount(findings), { size: 11.5, anchor: "end", weight: 700, fill: ink })}`;
}
