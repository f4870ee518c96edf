import { firstLine } from "../../database/index.js";
import { ColdtrailError, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { openAnalysis } from "../analysis.js";
import { formatOf, printRows } from "../output.js";
import { recorded } from "../recorded.js";
import type { Terminal } from "../terminal.js";

export interface SqlOptions {
  case: string;
  query: string;
  json?: boolean;
  csv?: boolean;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail sql`: one question to the database, which cannot write, read files or attach. */
export async function sql(options: SqlOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const database = await openAnalysis(held, {
    memoryLimit: options["memory-limit"],
    threads: options.threads,
  });
  const stop = (): void => database.interrupt();
  terminal.signal.addEventListener("abort", stop, { once: true });
  try {
    const { columns, rows } = await database.query(options.query).catch((error: unknown) => {
      if (terminal.signal.aborted) throw error;
      throw new ColdtrailError("sql-failed", `the query fails: ${firstLine(error)}`);
    });
    return await recorded(held, "sql", terminal, async (recording) => {
      printRows(recording, columns, rows, formatOf(options));
      return { query: options.query, format: formatOf(options), rows: rows.length };
    });
  } finally {
    terminal.signal.removeEventListener("abort", stop);
    database.close();
  }
}
