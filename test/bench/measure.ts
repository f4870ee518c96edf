import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");

/** What one process took. */
export interface Taken {
  seconds: number;
  /** Processor time, user and system, seconds; 0 for a program other than Node. */
  cpu: number;
  /** Peak resident memory, bytes. */
  memory: number;
}

/** Prints the processor time of the process as it ends, on a channel of its own. */
const REPORT = `data:text/javascript,import { writeSync } from "node:fs"; process.on("exit", () => {
const { user, system } = process.cpuUsage(); writeSync(3, String((user + system) / 1e6)); });`.replaceAll(
  "\n",
  "",
);

/** Runs the built command line as the analyst does, and measures the whole process. */
export function coldtrail(...args: string[]): Promise<Taken> {
  return program(process.execPath, "--import", REPORT, BIN, ...args);
}

/** Runs a piece of JavaScript in a process of its own. */
export function script(source: string, ...args: string[]): Promise<Taken> {
  return program(
    process.execPath,
    "--import",
    REPORT,
    "--input-type=module",
    "--eval",
    source,
    "--",
    ...args,
  );
}

/** Runs any program; rejects with what it says when it fails. */
export function program(file: string, ...args: string[]): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    let [memory, notes, cpu] = [0, "", ""];
    child.stderr?.on("data", (chunk: Buffer) => {
      notes += chunk.toString();
    });
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      cpu += chunk.toString();
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
    child.on("close", (code) => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (code === 0) resolve({ seconds, cpu: Number(cpu), memory });
      else reject(new Error(`${file} ${args.join(" ")} ended with ${code}: ${notes}`));
    });
  });
}
