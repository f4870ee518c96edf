import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type FileWork, type FileWorkResult, perform } from "./file-work.js";
import type { Outcome } from "./file-worker.js";

/** Where work on files is done. */
export interface FileThreads {
  /** How much work is worth to be asked for at a time. */
  readonly width: number;
  run<W extends FileWork>(work: W): Promise<FileWorkResult[W["kind"]]>;
  /** Nothing is under way when it returns; what was is rejected. */
  close(): Promise<void>;
}

/** Files or bytes above which starting threads pays. */
const WORTH_FILES = 200;
const WORTH_BYTES = 8 * 1024 * 1024;
/** Waiting for a disk is done in parallel, too, so that few processors are no reason for fewer threads. */
export const THREADS = 4;
/** A parcel is to keep a thread busy for about so long, milliseconds: long enough to be worth sending, short enough to share. */
const PARCEL_MS = 20;
const LARGEST_PARCEL = 64;

/**
 * Chooses threads for much work, this thread for little (or where there is no compiled worker to start). When `signal` aborts, work
 * under way ends at once and is rejected.
 */
export function openFileThreads(
  amount: { files: number; bytes: number },
  { threads = THREADS, signal }: { threads?: number; signal?: AbortSignal | undefined } = {},
): FileThreads {
  const isCompiled = import.meta.url.endsWith(".js");
  const isWorth = amount.files > WORTH_FILES || amount.bytes > WORTH_BYTES;
  return isCompiled && isWorth ? new Threads(threads, signal) : HERE;
}

const HERE: FileThreads = {
  width: 1,
  async run(work) {
    await turn(); // whoever shows progress or wants to stop gets its turn
    return perform(work);
  },
  close: () => Promise.resolve(),
};

interface Waiting {
  work: FileWork;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  parcel: Waiting[];
  started: number;
  /** How much it gets the next time. */
  size: number;
}

class Threads implements FileThreads {
  readonly width: number;
  readonly #threads: Thread[];
  readonly #queue: Waiting[] = [];
  #failure: { error: unknown } | undefined;
  readonly #onAbort = () => void this.#stop(this.signal?.reason);

  constructor(
    count: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.width = count * LARGEST_PARCEL * 2;
    this.#threads = Array.from({ length: count }, () => {
      const worker = new Worker(new URL("./file-worker.js", import.meta.url));
      const thread: Thread = { worker, parcel: [], started: 0, size: 1 };
      worker.on("message", (outcomes: Outcome[]) => this.#settle(thread, outcomes));
      worker.on("error", (error) => void this.#stop(error));
      return thread;
    });
    signal?.addEventListener("abort", this.#onAbort);
  }

  run<W extends FileWork>(work: W): Promise<FileWorkResult[W["kind"]]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.error);
      this.#queue.push({ work, resolve, reject });
      const idle = this.#threads.find(({ parcel }) => parcel.length === 0);
      // Not at once: what is asked for in the same moment travels together.
      if (idle !== undefined && this.#queue.length === 1) setImmediate(() => this.#serveAll());
    });
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener("abort", this.#onAbort);
    await this.#stop(new Error("the threads were closed"));
  }

  #serveAll(): void {
    for (const thread of this.#threads) if (thread.parcel.length === 0) this.#serve(thread);
  }

  #serve(thread: Thread): void {
    const share = Math.ceil(this.#queue.length / this.#threads.length);
    thread.parcel = this.#queue.splice(0, Math.min(thread.size, share));
    thread.started = performance.now();
    if (thread.parcel.length > 0) thread.worker.postMessage(thread.parcel.map(({ work }) => work));
  }

  #settle(thread: Thread, outcomes: Outcome[]): void {
    const { parcel } = thread;
    const took = performance.now() - thread.started;
    if (took > PARCEL_MS) thread.size = Math.max(1, thread.size >> 1);
    else if (parcel.length === thread.size) thread.size = Math.min(LARGEST_PARCEL, thread.size * 2);
    this.#serve(thread);
    for (const [index, outcome] of outcomes.entries()) {
      if ("result" in outcome) parcel[index]?.resolve(outcome.result as never);
      else parcel[index]?.reject(Object.assign(new Error(outcome.failure.message), outcome.failure));
    }
  }

  /** Ends the threads, then rejects what they had not done: whoever waits may close the files that they worked on. */
  async #stop(error: unknown): Promise<void> {
    this.#failure ??= { error };
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    const left = [...this.#threads.flatMap(({ parcel }) => parcel.splice(0)), ...this.#queue.splice(0)];
    for (const { reject } of left) reject(this.#failure.error);
  }
}
