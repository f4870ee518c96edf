import type { ExitCode } from "../../errors.js";
import { answerFromLibrary, type QueryOptions } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface SummaryOptions extends QueryOptions {
  name?: string;
  from?: string;
  to?: string;
}

/** `coldtrail summary`: what every identity and every key did, in one line each. */
export async function summary(options: SummaryOptions, terminal: Terminal): Promise<ExitCode> {
  const parameters = { name: options.name, case_from: options.from, case_to: options.to };
  return answerFromLibrary(
    { action: "summary", kind: "hunt", id: "h-summary" },
    parameters,
    options,
    terminal,
  );
}
