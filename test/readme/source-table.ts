import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assetFolder } from "../../src/assets.js";
import { loadSources, type Source } from "../../src/ingest/index.js";

const README = join(import.meta.dirname, "..", "..", "README.md");
const PLACE = /(<!-- sources: npm run readme -->\n)[\s\S]*?(<!-- end of sources -->)/;

/** The table of sources as the headers of `sql/sources/*.sql` have it, in Markdown. */
export async function sourceTable(): Promise<string> {
  const sources = (await loadSources(assetFolder("sql"))).sort((a, b) => (a.title < b.title ? -1 : 1));
  const lines = sources.map(
    (source) =>
      `| ${source.title} | ${recognition(source)} | ${source.emits.map((table) => `\`${table}\``).join(", ")} | ${cell((source.caveats ?? []).join(" "))} |`,
  );
  return ["| evidence | known by | table | caveats |", "|---|---|---|---|", ...lines, ""].join("\n");
}

function recognition({ recognises }: Source): string {
  const parts = Object.entries(recognises).flatMap(([way, value]) => {
    if (way === "json") {
      return (value as { in?: string[]; keys?: string[] }[]).map(
        ({ keys = [] }) => `keys ${keys.map((key) => `\`${key}\``).join(", ")}`,
      );
    }
    return way === "order" ? [] : [way.replaceAll("_", " ")];
  });
  const ways = [...new Set(parts)].filter((part) => part !== "keys ");
  const more = ways.length > 3 ? ` and ${ways.length - 3} more` : "";
  return cell(ways.slice(0, 3).join("; ") + more);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** The README with its table as it ought to be. */
export async function readmeWithSources(): Promise<{ present: string; wanted: string }> {
  const present = await readFile(README, "utf8");
  const table = await sourceTable();
  return {
    present,
    wanted: present.replace(PLACE, (_, start: string, end: string) => `${start}${table}${end}`),
  };
}

if (process.argv[1]?.endsWith("source-table.ts")) {
  await writeFile(README, (await readmeWithSources()).wanted);
}
