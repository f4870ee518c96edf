import { parentPort, workerData } from "node:worker_threads";
import type { Batch, StageJob } from "./batch.js";
import { Stager, type StagerOptions } from "./stage.js";

/** What the thread that loads sends to the threads that stage. */
export type ToWorker = { type: "stage"; jobs: StageJob[] } | { type: "flush" } | { type: "loaded" };
/** What they answer. */
export type FromWorker = { type: "batch"; batch: Batch } | { type: "ready" } | { type: "flushed" };

export type ThreadSettings = Omit<StagerOptions, "ship"> & {
  /** Batches that may wait for the loader before staging pauses. */
  ahead: number;
};

const port = parentPort;
if (port === null) throw new Error("stage-worker runs as a worker thread only");

const { ahead, ...settings } = workerData as ThreadSettings;
let waiting = 0;
let resume: (() => void) | null = null;
const stager = new Stager({
  ...settings,
  ship: async (batch) => {
    waiting++;
    port.postMessage({ type: "batch", batch } satisfies FromWorker);
    if (waiting >= ahead) {
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    }
  },
});

let queue: Promise<void> = Promise.resolve();
port.on("message", (message: ToWorker) => {
  if (message.type === "loaded") {
    waiting--;
    resume?.();
    resume = null;
    return;
  }
  queue = queue.then(async () => {
    if (message.type === "stage") {
      for (const job of message.jobs) await stager.stage(job);
      port.postMessage({ type: "ready" } satisfies FromWorker);
    } else {
      await stager.flush();
      port.postMessage({ type: "flushed" } satisfies FromWorker);
    }
  });
});
