import { assetFolder } from "../../assets.js";
import type { ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { findQuery, type GivenParameters, loadLibrary } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import type { FormatOptions } from "../row-format.js";
import { answerQuestion } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface SummaryOptions extends FormatOptions {
  case: string;
  name?: string;
  from?: string;
  to?: string;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail summary`: what every identity and every key did, in one line each. */
export async function summary(options: SummaryOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const query = findQuery(await loadLibrary(assetFolder("queries"), "hunt"), "h-summary");
  const wanted = { name: options.name, case_from: options.from, case_to: options.to };
  const given = Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== undefined),
  ) as GivenParameters;
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  return answerQuestion({ held, database, query, given, action: "summary", options }, terminal).finally(() =>
    database.close(),
  );
}
