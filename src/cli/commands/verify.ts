import { EXIT, type ExitCode } from "../../errors.js";
import { appendCustody, openCase, verifyEvidence } from "../../evidence/index.js";
import { byteText, countText } from "../output.js";
import { startProgress } from "../progress.js";
import { safeText, type Terminal } from "../terminal.js";

/** `coldtrail verify`: names every missing, unexpected and changed file and every broken link of the custody log. */
export async function verify(
  options: { case: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const held = await openCase(options.case);
  const bar = startProgress(terminal, "verify", "files");
  const found = await verifyEvidence(held, {
    progress: ({ files, bytes, totalFiles }) => bar.update({ done: files, total: totalFiles, bytes }),
  }).finally(() => bar.end());
  const problems = [...found.problems, ...found.custody];
  const { bags, files, bytes, notes } = found;
  await appendCustody(
    held,
    {
      action: "verify",
      detail: { bags, files, bytes, problems: problems.map((problem) => problem.message) },
    },
    terminal,
  );
  if (options.json === true) terminal.out(`${JSON.stringify(found, null, 1)}\n`);
  else for (const problem of problems) terminal.out(`${safeText(problem.message)}\n`);
  for (const note of notes) terminal.note(`${safeText(note)}\n`);
  const verdict =
    problems.length === 0
      ? "all as it was sealed, custody log unbroken"
      : `${countText(problems.length, "problem")}; the evidence is not as it was sealed`;
  terminal.note(
    `verified ${countText(bags, "bag")}, ${countText(files, "file")}, ${byteText(bytes)}: ${verdict}\n`,
  );
  return problems.length === 0 ? EXIT.done : EXIT.evidenceNotIntact;
}
