import { assetFolder } from "../../assets.js";
import type { ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import { findQuery, type GivenParameters, loadLibrary } from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import type { FormatOptions } from "../row-format.js";
import { answerQuestion } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface TimelineOptions extends FormatOptions {
  case: string;
  principal?: string;
  key?: string;
  lineage?: string;
  ip?: string;
  resource?: string;
  source?: string;
  from?: string;
  to?: string;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail timeline`: the timeline over all sources, filtered. */
export async function timeline(options: TimelineOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const query = findQuery(await loadLibrary(assetFolder("queries"), "timeline"), "t-all");
  const wanted: Record<string, string | undefined> = {
    principal: options.principal,
    credential: options.key,
    lineage: options.lineage,
    source_ip: options.ip,
    resource: options.resource,
    source: options.source,
    case_from: options.from,
    case_to: options.to,
  };
  const given = Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== undefined),
  ) as GivenParameters;
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  return answerQuestion({ held, database, query, given, action: "timeline", options }, terminal).finally(() =>
    database.close(),
  );
}
