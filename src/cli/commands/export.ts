import type { ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { planExport } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { answerQuestion, type QueryOptions } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface ExportOptions extends QueryOptions {
  table: string;
}

/** `coldtrail export`: all rows of one table or view, in any of the formats of rows, of any size. */
export async function exportTable(options: ExportOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  try {
    const query = await planExport(database, options.table);
    const asked = { table: options.table };
    return await answerQuestion(
      { held, database, query, given: {}, action: "export", options, asked },
      terminal,
    );
  } finally {
    database.close();
  }
}
