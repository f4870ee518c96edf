import { Worker } from "node:worker_threads";
import { type Batch, type StageJob, Stager, type StagerOptions } from "./stage.js";
import type { FromWorker, ToWorker } from "./stage-worker.js";

/** Stages artifacts somewhere and hands batches to the loader, one at a time. */
export interface Staging {
  /** Stages all jobs and those that `load` adds to the list while it works. */
  run(jobs: StageJob[], load: (batch: Batch) => Promise<void>, signal?: AbortSignal): Promise<void>;
}

type Settings = Omit<StagerOptions, "ship" | "name">;

/** Bytes of evidence above which starting threads pays. */
const WORTH_THREADS = 8 * 1024 * 1024;
/** Jobs travel to a thread in parcels of about this many bytes or files. */
const PARCEL_BYTES = 16 * 1024 * 1024;
const PARCEL_FILES = 64;

/** Chooses threads for much evidence, this thread for little (or where there is no compiled worker to start). */
export function createStaging(settings: Settings, bytes: number, threads: number): Staging {
  const compiled = import.meta.url.endsWith(".js");
  return compiled && threads > 1 && bytes > WORTH_THREADS ? threaded(settings, threads) : local(settings);
}

function local(settings: Settings): Staging {
  return {
    async run(jobs, load, signal) {
      const stager = new Stager({ ...settings, name: "local", ship: load });
      while (jobs.length > 0) {
        for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
          signal?.throwIfAborted();
          await stager.stage(job);
        }
        // Loading the last batch may bring jobs for the careful gear.
        await stager.flush();
      }
    },
  };
}

function threaded(settings: Settings, threads: number): Staging {
  return {
    async run(jobs, load, signal) {
      const workers = Array.from({ length: threads }, (_, index) => {
        const workerData = { ...settings, name: `thread-${index}` };
        return new Worker(new URL("./stage-worker.js", import.meta.url), { workerData });
      });
      try {
        while (jobs.length > 0) await runThreads(workers, jobs, load, signal);
      } finally {
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
    },
  };
}

/** Serves every thread from one list until it is empty and every thread has flushed. */
function runThreads(
  workers: Worker[],
  jobs: StageJob[],
  load: (batch: Batch) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let busy = workers.length;
    let loading: Promise<void> = Promise.resolve();
    // The database must not be closed under a statement that is still on its way out.
    const abort = (): void =>
      void loading.catch(() => undefined).then(() => reject(signal?.reason ?? new Error("aborted")));
    signal?.addEventListener("abort", abort, { once: true });
    for (const worker of workers) {
      const send = (message: ToWorker): void => worker.postMessage(message);
      const serve = (): void => {
        const parcel = takeParcel(jobs);
        send(parcel.length === 0 ? { type: "flush" } : { type: "stage", jobs: parcel });
      };
      worker.removeAllListeners();
      worker.on("error", reject);
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") serve();
        else if (message.type === "batch") {
          loading = loading.then(() => load(message.batch));
          loading.then(() => send({ type: "loaded" }), reject);
        } else if (--busy === 0) {
          loading.then(() => {
            signal?.removeEventListener("abort", abort);
            resolve();
          }, reject);
        }
      });
      serve();
    }
  });
}

function takeParcel(jobs: StageJob[]): StageJob[] {
  const parcel: StageJob[] = [];
  for (let bytes = 0; parcel.length < PARCEL_FILES && bytes < PARCEL_BYTES; ) {
    const job = jobs.shift();
    if (job === undefined) break;
    parcel.push(job);
    bytes += job.size;
  }
  return parcel;
}
