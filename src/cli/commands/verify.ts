import { EXIT, type ExitCode } from "../../errors.js";
import {
  openCase,
  type VerdictLine,
  validateDigests,
  verdictLines,
  verifyEvidence,
  writeVerdicts,
} from "../../evidence/index.js";
import { byteText, countText } from "../output.js";
import { startProgress } from "../progress.js";
import { isWritable, record } from "../recorded.js";
import { safeText, type Terminal } from "../terminal.js";

/**
 * `coldtrail verify`: names every missing, unexpected and changed file and every broken link of the custody log, and
 * validates what CloudTrail signed: digests with the log files that they list, and results of Lake queries.
 */
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
  const digests = await validateDigests(held);
  const verdicts = verdictLines(digests);
  const verdictsSha256 = (await isWritable(held)) ? await writeVerdicts(held, verdicts) : null;
  const { bags, files, bytes, notes } = found;
  await record(
    held,
    {
      action: "verify",
      detail: {
        bags,
        files,
        bytes,
        problems: problems.map((problem) => problem.message),
        digests: countVerdicts(verdicts, "digest"),
        logs: countVerdicts(verdicts, "log"),
        lake_results: countVerdicts(verdicts, "lake-result"),
        verdicts_sha256: verdictsSha256,
      },
    },
    terminal,
  );
  if (options.json === true) terminal.out(`${JSON.stringify({ ...found, digests }, null, 1)}\n`);
  else for (const problem of problems) terminal.out(`${safeText(problem.message)}\n`);
  if (digests.keyFiles.length > 0)
    notes.push(
      `signatures of CloudTrail were checked with the public keys of ${digests.keyFiles.join(", ")}; that these are the keys of AWS rests on how they were collected`,
    );
  for (const note of [...notes, ...digests.problems]) terminal.note(`${safeText(note)}\n`);
  const verdict =
    problems.length === 0
      ? "all as it was sealed, custody log unbroken"
      : `${countText(problems.length, "problem")}; the evidence is not as it was sealed`;
  terminal.note(
    `verified ${countText(bags, "bag")}, ${countText(files, "file")}, ${byteText(bytes)}: ${verdict}\n`,
  );
  const forged = describeDigests(verdicts, options.json === true ? terminal.note : terminal.out, terminal);
  return problems.length === 0 && !forged ? EXIT.done : EXIT.evidenceNotIntact;
}

/** Says what is not plainly valid, then the counts; true when something is not what CloudTrail signed. */
function describeDigests(verdicts: VerdictLine[], print: Terminal["note"], terminal: Terminal): boolean {
  for (const { verdict, object, region, reason } of verdicts) {
    if (verdict === "gap") print(`digest chain of ${region}: ${safeText(reason ?? "")}\n`);
    else if (verdict === "invalid" || verdict === "missing") {
      print(`${safeText(object)}: ${verdict}: ${safeText(reason ?? "")}\n`);
    }
  }
  const text = (kind: VerdictLine["kind"]): string =>
    Object.entries(countVerdicts(verdicts, kind))
      .map(([verdict, count]) => `${count} ${verdict}`)
      .join(", ") || "none";
  const has = (...kinds: VerdictLine["kind"][]) => verdicts.some(({ kind }) => kinds.includes(kind));
  if (has("digest", "log"))
    terminal.note(`CloudTrail digests: ${text("digest")}; log files: ${text("log")}\n`);
  if (has("lake-sign", "lake-result"))
    terminal.note(`CloudTrail Lake sign files: ${text("lake-sign")}; result files: ${text("lake-result")}\n`);
  return verdicts.some(({ verdict }) => verdict === "invalid");
}

function countVerdicts(verdicts: VerdictLine[], kind: VerdictLine["kind"]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind: own, verdict } of verdicts)
    if (own === kind) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
