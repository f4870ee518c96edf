import type { Row } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import { appendCustody, openCase, readCustody, verifyCustody } from "../../evidence/index.js";
import { countText, formatOf, printRows } from "../output.js";
import { safeText, type Terminal } from "../terminal.js";

export interface CustodyOptions {
  action: "show" | "note" | "verify";
  case: string;
  text?: string;
  json?: boolean;
  csv?: boolean;
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
    const problems = await verifyCustody(held);
    for (const { message } of problems) terminal.out(`${safeText(message)}\n`);
    terminal.note(
      problems.length === 0 ? "custody log unbroken\n" : `${countText(problems.length, "problem")}\n`,
    );
    return problems.length === 0 ? EXIT.done : EXIT.evidenceNotIntact;
  }
  const entries = await readCustody(held);
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
