import type { Database } from "../database/index.js";
import { type GivenParameters, type Query, type QueryAnswer, runQuery } from "../queries/index.js";
import { countText, type Format, printRows } from "./output.js";
import type { Terminal } from "./terminal.js";

/**
 * Runs a query, prints its rows, and says on stderr what they rest on and what they cannot show. Returns what was asked, for the
 * custody log.
 */
export async function runAndPrint(
  database: Database,
  query: Query,
  given: GivenParameters,
  format: Format,
  terminal: Terminal,
): Promise<QueryAnswer["provenance"] & { format: Format; rows: number }> {
  const answer = await runQuery(database, query, given);
  const { rows, columns, evaluability, provenance } = answer;
  printRows(terminal, columns, rows, format);
  if (evaluability.reason !== null) terminal.note(`${evaluability.status}: ${evaluability.reason}\n`);
  terminal.note(
    `${countText(rows.length, "row")}; ${provenance.id} ${provenance.version}, sha256 ${provenance.sha256.slice(0, 12)}, parameters ${JSON.stringify(provenance.parameters)}\n`,
  );
  return { ...provenance, format, rows: rows.length };
}
