import type { ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { type FileCount, readFileCounts, readStatus, type Status } from "../../ingest/index.js";
import { openAnalysis } from "../analysis.js";
import { countText, table } from "../output.js";
import { recorded } from "../recorded.js";
import { type StatusSection, statusSections } from "../status-page.js";
import type { Terminal } from "../terminal.js";

/** `coldtrail status`: the coverage statement, for people (`--markdown` for a page) or `--json` for machines. */
export async function status(
  options: { case: string; json?: boolean; markdown?: boolean; detail?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const held = await openCase(options.case);
  const database = await openAnalysis(held);
  let found: Status;
  let files: FileCount[] | null = null;
  try {
    found = await readStatus(database);
    if (options.json === true || options.detail === true) files = await readFileCounts(database);
  } finally {
    database.close();
  }
  return recorded(held, "status", terminal, async ({ out }) => {
    if (options.json === true) {
      out(`${JSON.stringify({ ...found, records_by_file: files }, null, 1)}\n`);
      return { format: "json" };
    }
    const sections = statusSections(found, files);
    const isPage = options.markdown === true;
    out(isPage ? await markdown(held.title, summary(found), sections) : text(summary(found), sections));
    return { format: isPage ? "markdown" : "table" };
  });
}

function summary(found: Status): string {
  const sum = (name: "records" | "rows" | "duplicates" | "skipped" | "rejected"): string =>
    found.sources.reduce((total, source) => total + source[name], 0).toLocaleString("en-US");
  return `${countText(found.artifacts, "artifact")}, ${found.unclaimed.toLocaleString("en-US")} of them unclaimed; ${sum("records")} records = ${sum("rows")} rows + ${sum("duplicates")} duplicates + ${sum("skipped")} skipped + ${sum("rejected")} rejected`;
}

function text(first: string, sections: StatusSection[]): string {
  const parts = sections.map(({ title, notes, names, rows }) =>
    ["", title, ...notes, rows.length > 0 ? table(names, rows).trimEnd() : ""].join("\n").trimEnd(),
  );
  return `${[first, ...parts].join("\n")}\n`;
}

async function markdown(title: string, first: string, sections: StatusSection[]): Promise<string> {
  const { escapeMarkdown } = await import("../../report/index.js");
  const parts = sections.map(({ title: heading, notes, names, rows }) => {
    const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
    return [
      `## ${escapeMarkdown(heading)}`,
      "",
      ...notes.flatMap((note) => [escapeMarkdown(note), ""]),
      line(names.map(escapeMarkdown)),
      line(names.map(() => "---")),
      ...rows.map((row) => line(names.map((name) => escapeMarkdown(String(row[name] ?? ""))))),
      "",
    ].join("\n");
  });
  return [`# Coverage: ${escapeMarkdown(title)}`, "", escapeMarkdown(first), "", ...parts].join("\n");
}
