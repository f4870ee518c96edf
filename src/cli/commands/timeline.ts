import type { ExitCode } from "../../errors.js";
import { answerFromLibrary, type QueryOptions } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface TimelineOptions extends QueryOptions {
  principal?: string;
  key?: string;
  lineage?: string;
  ip?: string;
  resource?: string;
  source?: string;
  from?: string;
  to?: string;
}

/** `coldtrail timeline`: the timeline over all sources, filtered. */
export async function timeline(options: TimelineOptions, terminal: Terminal): Promise<ExitCode> {
  const parameters = {
    principal: options.principal,
    credential: options.key,
    lineage: options.lineage,
    source_ip: options.ip,
    resource: options.resource,
    source: options.source,
    case_from: options.from,
    case_to: options.to,
  };
  return answerFromLibrary(
    { action: "timeline", kind: "timeline", id: "t-all" },
    parameters,
    options,
    terminal,
  );
}
