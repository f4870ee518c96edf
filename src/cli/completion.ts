import { assetFolder } from "../assets.js";
import type { Query, QueryKind } from "../queries/index.js";

/** Options whose value is the id of a query, by command. */
const OPTIONS: Record<string, QueryKind> = {
  "detect --only": "detection",
  "investigate --scenario": "scenario",
  "investigate --sequence": "sequence",
};

/**
 * What completes the last of the words of a command line (without `coldtrail`), where an id of a query or a parameter of a
 * hunt stands; undefined elsewhere. The library is read only then.
 */
export async function completeIds(words: readonly string[]): Promise<string[] | undefined> {
  const [command = ""] = words;
  const current = words.at(-1) ?? "";
  const kind = OPTIONS[`${command} ${words.at(-2)}`];
  if (kind !== undefined) return startingWith(current, await idsOf(kind));
  if (command !== "hunt") return undefined;
  const places = words.filter((word) => !word.startsWith("-"));
  const [, action, ...rest] = places;
  if (current.startsWith("-")) {
    const id = action === "run" ? rest[1] : undefined;
    const found = id === undefined ? undefined : (await load("hunt")).find((query) => query.id === id);
    if (found === undefined) return undefined;
    return startingWith(
      current,
      Object.keys(found.parameters).map((name) => `--${name.replaceAll("_", "-")}`),
    );
  }
  const isId = (action === "run" && rest.length === 2) || (action === "show" && rest.length === 1);
  return isId ? startingWith(current, await idsOf("hunt")) : undefined;
}

async function load(kind: QueryKind): Promise<Query[]> {
  const { loadLibrary } = await import("../queries/index.js");
  return loadLibrary(assetFolder("queries"), kind);
}

async function idsOf(kind: QueryKind): Promise<string[]> {
  return (await load(kind)).map((query) => query.id);
}

function startingWith(beginning: string, texts: string[]): string[] {
  return texts.filter((text) => text.startsWith(beginning));
}
