import { EXIT, type ExitCode } from "../../errors.js";
import { initCase } from "../../evidence/index.js";
import type { Terminal } from "../terminal.js";

export interface InitOptions {
  case: string;
  title: string;
  examiner: string;
  organisation?: string;
  from?: string;
  to?: string;
  account?: string[];
  region?: string[];
}

/** `coldtrail init`. */
export async function init(options: InitOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await initCase(
    options.case,
    {
      title: options.title,
      examiner: options.examiner,
      ...(options.organisation === undefined ? {} : { organisation: options.organisation }),
      ...(options.from === undefined ? {} : { caseFrom: options.from }),
      ...(options.to === undefined ? {} : { caseTo: options.to }),
      accounts: options.account ?? [],
      regions: options.region ?? [],
    },
    terminal,
  );
  terminal.note(
    `${held.dir}: case ${held.id}; next: \`coldtrail acquire ${options.case} SOURCE…\`, and fill reference/*.csv with what you know\n`,
  );
  return EXIT.done;
}
