/** Exit codes of the command line; the README lists the same table. */
export const EXIT = {
  done: 0,
  severityReached: 1,
  usage: 2,
  evidenceNotIntact: 3,
  coverageBroken: 4,
  queryCheckFailed: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * A failure that the person at the keyboard can act on: one sentence that says what, where and what to do.
 * Anything else that is thrown is a bug and keeps its stack trace.
 */
export class ColdtrailError extends Error {
  override readonly name: string = "ColdtrailError";

  constructor(
    /** Stable, kebab-case, for programs: `case-not-found`. */
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = EXIT.usage,
  ) {
    super(message);
  }
}
