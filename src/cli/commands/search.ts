import { ColdtrailError, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { countRows, planSearch } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { countText } from "../output.js";
import { answerQuestion, type QueryOptions } from "../run-query.js";
import { safeText, type Terminal } from "../terminal.js";

export interface SearchOptions extends QueryOptions {
  text: string;
  regex?: boolean;
  source?: string;
}

/** `coldtrail search`: a word, a regular expression or field:value over all sources. */
export async function search(options: SearchOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.text === "") throw new ColdtrailError("usage", "name a text to search for");
  const held = await openCase(options.case);
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  try {
    const { text, regex: isRegex, source } = options;
    const search = await planSearch(database, text, { isRegex, source });
    const looked = await countRows(database, search.tables);
    const question = { held, database, query: search.query, given: { text: search.text }, action: "search" };
    const asked = {
      text,
      ...(isRegex === true ? { regex: true } : {}),
      ...(source === undefined ? {} : { source }),
    };
    const code = await answerQuestion({ ...question, options, asked }, terminal);
    const where = search.field === undefined ? "every column" : `field ${safeText(search.field)}`;
    terminal.note(`looked in ${where} of ${looked.rows} rows in ${countText(looked.tables, "table")}\n`);
    return code;
  } finally {
    database.close();
  }
}
