import { ColdtrailError, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { readTerm, searchedRows, searchQuery } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { countText } from "../output.js";
import type { FormatOptions } from "../row-format.js";
import { answerQuestion } from "../run-query.js";
import { safeText, type Terminal } from "../terminal.js";

export interface SearchOptions extends FormatOptions {
  case: string;
  text: string;
  regex?: boolean;
  source?: string;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail search`: a word, a regular expression or field:value over all sources. */
export async function search(options: SearchOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.text === "") throw new ColdtrailError("usage", "name a text to search for");
  const held = await openCase(options.case);
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  try {
    const term = await readTerm(database, options.text, { isRegex: options.regex, source: options.source });
    const query = await searchQuery(database, term);
    const given = { text: term.text };
    const looked = await searchedRows(database, term);
    const code = await answerQuestion({ held, database, query, given, action: "search", options }, terminal);
    const where = term.field === undefined ? "every column" : `field ${safeText(term.field)}`;
    terminal.note(`looked in ${where} of ${looked.rows} rows in ${countText(looked.tables, "table")}\n`);
    return code;
  } finally {
    database.close();
  }
}
