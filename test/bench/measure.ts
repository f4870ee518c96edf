import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");

/** What one process took. */
export interface Taken {
  seconds: number;
  /** Peak resident memory, bytes. */
  memory: number;
}

/** Runs the built command line as the analyst does, and measures the whole process. */
export function coldtrail(...args: string[]): Promise<Taken> {
  return measure([BIN, ...args]);
}

/** Runs a piece of JavaScript in a process of its own. */
export function script(source: string, ...args: string[]): Promise<Taken> {
  return measure(["--input-type=module", "--eval", source, "--", ...args]);
}

function measure(args: string[]): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    let memory = 0;
    let notes = "";
    child.stderr.on("data", (chunk: Buffer) => {
      notes += chunk.toString();
    });
    // The kernel keeps the peak; it only has to be read before the process is gone.
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        memory = Math.max(memory, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      } catch {
        clearInterval(timer);
      }
    }, 20);
    child.on("exit", (code) => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (code === 0) resolve({ seconds, memory });
      else reject(new Error(`${args.join(" ")} ended with ${code}: ${notes}`));
    });
  });
}
