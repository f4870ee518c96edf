import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { assetFolder } from "../../src/assets.js";
import { loadLibrary, loadVocabulary, type Query } from "../../src/queries/index.js";

// The page queries/COVERAGE.md: which query answers what the two documents ask for.

interface Coverage {
  items: { code: string; item: string; by: string[] }[];
  /** Event names and error codes by document. */
  names: Record<string, string[]>;
}

export const COVERAGE_PAGE = join(assetFolder("queries"), "COVERAGE.md");

/** The page as it ought to be, and what the two documents ask for that nothing answers. */
export async function coveragePage(): Promise<{ page: string; uncovered: string[] }> {
  const data = parse(await readFile(join(import.meta.dirname, "seed-coverage.yaml"), "utf8")) as Coverage;
  const queries = await loadLibrary(assetFolder("queries"));
  const { namedSets } = await loadVocabulary(assetFolder("queries"));
  const uncovered: string[] = [];
  const items = data.items.map(({ code, item, by }) => {
    const found = by.flatMap((pattern) => matching(pattern, queries));
    if (found.length === 0 || by.some((pattern) => matching(pattern, queries).length === 0))
      uncovered.push(code);
    return `| ${code} | ${item} | ${links(found)} |`;
  });
  const names = Object.entries(data.names).flatMap(([document, list]) =>
    list.map((name) => {
      const within = Object.keys(namedSets).filter((set) => namedSets[set]?.includes(name));
      const readers = queries.filter(({ sql }) =>
        [name, ...within].some((word) => sql.includes(`'${word}'`)),
      );
      if (readers.length === 0) uncovered.push(`${document} ${name}`);
      return `| ${document} | \`${name}\` | ${links(readers)} |`;
    }),
  );
  const page = `# What is covered

Written by \`npm run coverage-page\` from \`test/readme/seed-coverage.yaml\` and from the queries; a test holds it up to date. S0 is
the methodology of the AWS CIRT for incidents on generative AI, S2 the guide to the forensics of AI in AWS.

## Checks and recommendations

| code | item | answered by |
|---|---|---|
${items.join("\n")}

## Event names and error codes

A query is listed when its SQL names the event or a set that holds it.

| document | name | read by |
|---|---|---|
${names.join("\n")}
`;
  return { page, uncovered };
}

function matching(pattern: string, queries: readonly Query[]): Query[] {
  return pattern.endsWith("*")
    ? queries.filter(({ id, kind }) => kind === "detection" && id.startsWith(pattern.slice(0, -1)))
    : queries.filter(({ id }) => id === pattern);
}

function links(queries: readonly Query[]): string {
  return queries.map(({ id, kind }) => `[${id}](${folderOf(kind)}/${id}.sql)`).join(", ");
}

function folderOf(kind: Query["kind"]): string {
  return `${kind}s`;
}

if (process.argv[1]?.endsWith("coverage-page.ts")) {
  const { page, uncovered } = await coveragePage();
  await writeFile(COVERAGE_PAGE, page);
  if (uncovered.length > 0) process.exitCode = 1;
}
