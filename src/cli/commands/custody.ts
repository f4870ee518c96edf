import type { Row } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import {
  appendCustody,
  type Case,
  openCase,
  readCustody,
  verifyCustody,
  verifySignatures,
} from "../../evidence/index.js";
import { custodyPage } from "../../report/index.js";
import { countText, formatOf, printRows } from "../output.js";
import { safeText, type Terminal } from "../terminal.js";

export interface CustodyOptions {
  action: "show" | "note" | "verify";
  case: string;
  text?: string;
  json?: boolean;
  csv?: boolean;
  html?: boolean;
  key?: string;
}

/** `coldtrail custody show|note|verify`. */
export async function custody(options: CustodyOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  if (options.action === "note") {
    if (options.text === undefined || options.text.trim() === "") {
      throw new ColdtrailError("usage", 'the note is missing: coldtrail custody note CASE "text"');
    }
    await appendCustody(held, { action: "note", detail: { text: options.text } }, terminal);
    return EXIT.done;
  }
  if (options.action === "verify") {
    return verify(held, options.key, terminal);
  }
  const entries = await readCustody(held);
  if (options.html === true) {
    const problems = (await verifyCustody(held)).map(({ message }) => message);
    terminal.out(custodyPage(held, entries, problems));
    return EXIT.done;
  }
  const rows = entries.map(({ seq, time, examiner, action, detail, tool }) => ({
    seq,
    time,
    examiner,
    action,
    tool: `${tool.name} ${tool.version}`,
    detail,
  })) as unknown as Row[];
  const names = ["seq", "time", "examiner", "action", "tool", "detail"].map((name) => ({ name }));
  printRows(
    terminal,
    names,
    formatOf(options) === "json" ? (entries as unknown as Row[]) : rows,
    formatOf(options),
  );
  return EXIT.done;
}

async function verify(held: Case, key: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const problems = (await verifyCustody(held)).map(({ message }) => message);
  if (key !== undefined) {
    const signatures = await verifySignatures(held, key);
    problems.push(...signatures.problems);
    for (const { what, signature } of signatures.valid) terminal.note(`valid: ${what} (${signature})\n`);
  }
  for (const problem of problems) terminal.out(`${safeText(problem)}\n`);
  terminal.note(
    problems.length === 0 ? "custody log unbroken\n" : `${countText(problems.length, "problem")}\n`,
  );
  return problems.length === 0 ? EXIT.done : EXIT.evidenceNotIntact;
}
