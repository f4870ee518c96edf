import { assetFolder } from "../../assets.js";
import type { Row } from "../../database/index.js";
import { ColdtrailError, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { findQuery, loadLibrary, type QueryAnswer, runQuery } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { formatOf, printRows } from "../output.js";
import { recorded } from "../recorded.js";
import { safeText, type Terminal } from "../terminal.js";

export interface InvestigateOptions {
  case: string;
  scenario?: string;
  json?: boolean;
  csv?: boolean;
}

/** `coldtrail investigate`: every question of a scenario with its verdict, what it rests on, and what was looked at. */
export async function investigate(options: InvestigateOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const scenarios = (await loadLibrary(assetFolder("queries"))).filter((query) => query.kind === "scenario");
  if (options.scenario === undefined) {
    const ids = scenarios.map(({ id, title }) => `  ${id}: ${title}`).join("\n");
    throw new ColdtrailError("usage", `name a scenario with --scenario:\n${ids}`);
  }
  const scenario = findQuery(scenarios, options.scenario);
  const database = await openAnalysis(held);
  let answer: QueryAnswer;
  try {
    answer = await runQuery(database, scenario);
  } finally {
    database.close();
  }
  if (answer.evaluability.status === "not_evaluable") {
    throw new ColdtrailError("no-run", "there is nothing to answer from yet; run `coldtrail detect` first");
  }
  const { id, version, sha256 } = answer.provenance;
  const format = formatOf(options);
  return recorded(held, "investigate", terminal, async (recording) => {
    if (format !== "table") printRows(recording, answer.columns, answer.rows, format);
    else
      recording.out(
        `${scenario.title}\n${answer.rows.map(block).join("")}\n${answer.rows[0]?.coverage ?? ""}\n`,
      );
    terminal.note(`${id} ${version}, sha256 ${sha256.slice(0, 12)}\n`);
    return { ...answer.provenance, format };
  });
}

/** One question: verdict, figures, what was found, what could not be asked. */
function block(row: Row): string {
  const period = row.first_seen === null ? "" : `, ${row.first_seen} – ${row.last_seen}`;
  const lines = [
    `\n${row.no}  ${row.question}`,
    `     ${String(row.verdict).toUpperCase()}: ${row.event_count} findings${period}`,
    ...texts(row.answer).map((text) => `     · ${safeText(text)}`),
    ...texts(row.not_answered).map((text) => `     ? ${safeText(text)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function texts(value: Row[string] | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
