import { main } from "../../src/cli/main.js";

/** What one command line printed (bytes as Latin-1) and how it ended. */
export interface Answer {
  code: number;
  out: string;
  notes: string;
}

let ids = 0;

/** Runs a command line in this process, with a clock that stands still. */
export async function coldtrail(...args: string[]): Promise<Answer> {
  const answer: Answer = { code: -1, out: "", notes: "" };
  answer.code = await main(args, {
    out: (data) => {
      answer.out += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    },
    note: (text) => {
      answer.notes += text;
    },
    interactive: false,
    now: () => new Date("2026-03-12T08:00:00Z"),
    newId: () => `case-${++ids}`,
    signal: new AbortController().signal,
    version: "0.0.0-test",
  });
  return answer;
}
