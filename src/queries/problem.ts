import { ColdtrailError, EXIT } from "../errors.js";

/** One thing that is wrong with a file that a contributor writes. */
export interface CheckProblem {
  /** Path as the caller spelt the folder, plus the name. */
  file: string;
  /** 1-based; absent when the whole file is meant. */
  line?: number;
  /** One sentence: what is wrong and what is expected. */
  message: string;
}

/** `file:line: message`. */
export function formatProblem({ file, line, message }: CheckProblem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** Orders problems by file and line. */
export function sortProblems(problems: CheckProblem[]): CheckProblem[] {
  return [...problems].sort(
    (left, right) =>
      (left.file < right.file ? -1 : left.file > right.file ? 1 : 0) || (left.line ?? 0) - (right.line ?? 0),
  );
}

/** Throws one error that names every problem; does nothing when there is none. */
export function throwProblems(code: string, problems: CheckProblem[]): void {
  if (problems.length === 0) return;
  const lines = sortProblems(problems).map(formatProblem);
  throw new ColdtrailError(code, lines.join("\n"), EXIT.queryCheckFailed);
}
