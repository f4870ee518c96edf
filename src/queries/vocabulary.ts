import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { compareTexts } from "./finding.js";
import { ELEMENTS, type Element } from "./header.js";
import { type CheckProblem, throwProblems } from "./problem.js";
import { parseYaml } from "./yaml-file.js";

/** One regular expression (RE2) with texts that it must and must not match. */
export interface Pattern {
  pattern: string;
  positive: string[];
  negative: string[];
}

/** A framework's ids and names, pinned to one release. */
export interface Framework {
  version: string;
  techniques: Record<string, string>;
  /** Ids that a later release gave to the same technique. */
  successors: Record<string, string>;
  /** Tactics in the order of the matrix; `techniques` names no sub-technique, those serve what their technique serves. */
  tactics: Record<string, { title: string; techniques: string[] }>;
}

/** The knowledge beside the queries: `queries/vocabulary/*.yaml`. */
export interface Vocabulary {
  /** Name of a set to its members, e.g. `INVOKE_RT`. */
  namedSets: Record<string, string[]>;
  /** Name of a pattern to the pattern, e.g. `RX_UA_BROWSER`; the macro is the name in lower case. */
  patterns: Record<string, Pattern>;
  attack: Framework;
  atlas: Framework;
  elements: Record<Element, { title: string; question: string }>;
  /** SHA-256 over what `syncKnowledge` writes into a database. */
  fingerprint: string;
}

export interface VocabularyReading {
  vocabulary: Vocabulary | undefined;
  problems: CheckProblem[];
}

const text = z.string().min(1);
const version = z.union([z.string(), z.number()]).transform(String);
const setName = z.string().regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, "must be upper case, such as INVOKE_RT");
const patternName = z.string().regex(/^RX_[A-Z0-9]+(_[A-Z0-9]+)*$/, "must be upper case and begin with RX_");
const samples = z.array(text).min(1, "needs at least one sample");

const namedSetFile = z.strictObject({ version, sets: z.record(setName, z.array(text).min(1)) });
const regexFile = z.strictObject({
  version,
  patterns: z.record(
    patternName,
    z.union([
      z.strictObject({ pattern: text, positive: samples, negative: samples }),
      z.strictObject({ any_of: z.array(patternName).min(2), positive: samples, negative: samples }),
    ]),
  ),
});
const frameworkFile = z.strictObject({
  version,
  techniques: z.record(z.string().regex(/^(AML\.)?T\d{4}(\.\d{3})?$/, "must be the id of a technique"), text),
  successors: z.record(text, text).default({}),
  tactics: z.record(
    z.string().regex(/^[a-z]+(-[a-z]+)*$/, "must be a short name, such as initial-access"),
    z.strictObject({
      title: text,
      techniques: z.array(
        z.string().regex(/^(AML\.)?T\d{4}$/, "must be the id of a technique, no sub-technique"),
      ),
    }),
  ),
});
const elementFile = z.strictObject({
  version,
  elements: z.record(z.enum(ELEMENTS), z.strictObject({ title: text, question: text })),
});

/** Reads the vocabulary of a queries folder; throws one error (`vocabulary-invalid`) that names every problem. */
export async function loadVocabulary(queriesFolder: string): Promise<Vocabulary> {
  const { vocabulary, problems } = await readVocabulary(queriesFolder);
  throwProblems("vocabulary-invalid", problems);
  return vocabulary as Vocabulary;
}

/** Reads the vocabulary and collects problems instead of throwing. */
export async function readVocabulary(queriesFolder: string): Promise<VocabularyReading> {
  const problems: CheckProblem[] = [];
  const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const file = join(queriesFolder, "vocabulary", name);
    const content = await readFile(file, "utf8").catch(() => undefined);
    if (content === undefined) {
      problems.push({ file, message: "is missing or cannot be read" });
      return undefined;
    }
    const result = parseYaml(content, file, schema);
    problems.push(...result.problems);
    return result.value;
  };
  const sets = await read("named-set.yaml", namedSetFile);
  const regex = await read("regex.yaml", regexFile);
  const attack = await read("attack.yaml", frameworkFile);
  const atlas = await read("atlas.yaml", frameworkFile);
  const elements = await read("element.yaml", elementFile);
  if (!sets || !regex || !attack || !atlas || !elements) return { vocabulary: undefined, problems };

  const file = (name: string) => join(queriesFolder, "vocabulary", name);
  for (const [name, members] of Object.entries(sets.sets)) {
    const twice = members.find((member, index) => members.indexOf(member) !== index);
    if (twice !== undefined)
      problems.push({ file: file("named-set.yaml"), message: `${name} names ${twice} twice` });
  }
  for (const [name, { techniques, tactics }] of [
    ["attack.yaml", attack],
    ["atlas.yaml", atlas],
  ] as const) {
    const served = new Set(Object.values(tactics).flatMap((tactic) => tactic.techniques));
    for (const id of Object.keys(techniques).filter((known) => !served.has(techniqueOf(known))))
      problems.push({ file: file(name), message: `${id} serves no tactic` });
  }
  const patterns: Record<string, Pattern> = {};
  for (const [name, entry] of Object.entries(regex.patterns)) {
    const { positive, negative } = entry;
    if ("pattern" in entry) {
      patterns[name] = { pattern: entry.pattern, positive, negative };
      continue;
    }
    const parts = entry.any_of.map((part) => {
      const found = regex.patterns[part];
      if (found !== undefined && "pattern" in found) return found.pattern;
      problems.push({
        file: file("regex.yaml"),
        message: `${name} names ${part}, which is no pattern of its own`,
      });
      return "";
    });
    // Flags such as (?i) hold to the end of their group, so every part gets a group of its own.
    patterns[name] = { pattern: parts.map((part) => `(?:${part})`).join("|"), positive, negative };
  }
  const content = { namedSets: sets.sets, patterns };
  return {
    vocabulary: {
      ...content,
      attack,
      atlas,
      elements: elements.elements,
      fingerprint: fingerprintOf(content),
    },
    problems,
  };
}

/** The technique that a sub-technique belongs to: `T1078.004` to `T1078`; a technique is its own. */
export function techniqueOf(id: string): string {
  return id.replace(/\.\d{3}$/, "");
}

/** The macro that gives a pattern: `RX_UA_BROWSER` is `rx_ua_browser()`. */
export function macroName(pattern: string): string {
  return pattern.toLowerCase();
}

function fingerprintOf({ namedSets, patterns }: Pick<Vocabulary, "namedSets" | "patterns">): string {
  const byName = ([left]: [string, unknown], [right]: [string, unknown]) => compareTexts(left, right);
  const content = {
    sets: Object.entries(namedSets).sort(byName),
    patterns: Object.entries(patterns)
      .map(([name, { pattern }]): [string, string] => [name, pattern])
      .sort(byName),
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
