import type { ParameterDefinition } from "./header.js";
import type { Query } from "./library.js";
import { kebab } from "./parameters.js";

/** What a person needs to know before running a query: what it finds and misses, what it reads, what it can be told. */
export function describeQuery(query: Query): string {
  const lines = [`${query.id} ${query.version} (${query.kind}, ${query.status})`, query.title, ""];
  lines.push(...wrap(query.description.replace(/\s+/g, " ").trim(), 100), "");
  if (query.severity !== undefined) lines.push(`severity    ${query.severity}`);
  if (query.element !== undefined) lines.push(`element     ${query.element}`);
  const techniques = [...query.attack, ...query.atlas];
  if (techniques.length > 0) lines.push(`techniques  ${techniques.join(", ")}`);
  lines.push(...listing("reads", Object.entries(query.requires), " (", ")"));
  const parameters = Object.entries(query.parameters);
  lines.push("", parameters.length === 0 ? "parameters  none" : "parameters");
  const width = Math.max(0, ...parameters.map(([name]) => kebab(name).length)) + 4;
  for (const [name, definition] of parameters) {
    lines.push(`  ${`--${kebab(name)}`.padEnd(width)}${describeParameter(definition)}`);
  }
  if (query.falsePositives.length > 0) {
    lines.push("", "known noise", ...query.falsePositives.map((item) => `  - ${item}`));
  }
  if (query.references.length > 0)
    lines.push("", "references", ...query.references.map((item) => `  - ${item}`));
  return `${lines.join("\n")}\n`;
}

function describeParameter({ type, default: fallback, required, description }: ParameterDefinition): string {
  const origin =
    required === true
      ? "required"
      : fallback === "case"
        ? "default: from case.yaml"
        : fallback === null || fallback === undefined
          ? "default: none"
          : `default: ${fallback}`;
  return `${type}, ${origin}. ${description}`;
}

function listing(label: string, entries: [string, string][], before: string, after: string): string[] {
  if (entries.length === 0) return [];
  return [
    `${label.padEnd(12)}${entries.map(([name, need]) => `${name}${before}${need}${after}`).join(", ")}`,
  ];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
