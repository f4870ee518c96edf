import { createHash } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { EXIT, type ExitCode } from "../errors.js";
import { appendCustody, type Case, type CustodyEntry, type CustodyEvent } from "../evidence/index.js";
import type { Terminal } from "./terminal.js";

/**
 * Runs a command that reads the case, and appends to the custody log what was asked (the detail that `work` returns) and the
 * SHA-256 of what was printed: the same command again, piped into `sha256sum`, shows whether it still gives the same.
 */
export async function recorded(
  held: Case,
  action: string,
  terminal: Terminal,
  work: (terminal: Terminal) => Promise<CustodyEvent["detail"]>,
): Promise<ExitCode> {
  const hash = createHash("sha256");
  let bytes = 0;
  const out = (data: string | Uint8Array) => {
    hash.update(data);
    bytes += typeof data === "string" ? Buffer.byteLength(data) : data.length;
    terminal.out(data);
  };
  const detail = await work({ ...terminal, out });
  await record(
    held,
    { action, detail: { ...detail, output: { bytes, sha256: hash.digest("hex") } } },
    terminal,
  );
  return EXIT.done;
}

/** Whether an entry tells of reading alone: such entries, and no others, have what was printed. */
export function isReading({ detail }: CustodyEntry): boolean {
  return detail?.output !== undefined;
}

/**
 * Appends an entry to the custody log. A case that cannot be written, such as a copy on a write-protected medium, can be read and
 * checked all the same: that the log does not tell of it is then said on stderr.
 */
export async function record(held: Case, event: CustodyEvent, terminal: Terminal): Promise<void> {
  if (await isWritable(held)) await appendCustody(held, event, terminal);
  else
    terminal.note(
      `${held.dir}: the case cannot be written; its custody log does not tell of this ${event.action}\n`,
    );
}

/** Whether this user may write to the case folder. */
export function isWritable({ dir }: Case): Promise<boolean> {
  return access(dir, constants.W_OK).then(
    () => true,
    () => false,
  );
}
