import { Worker } from "node:worker_threads";
import { type Batch, carefulOf, type StageJob } from "./batch.js";
import { Stager, type StagerOptions } from "./stage.js";
import type { FromWorker, ThreadSettings, ToWorker } from "./stage-worker.js";

/** Stages artifacts somewhere and hands batches to the loader, one at a time. */
export interface Staging {
  /** Stages all jobs, the last one first, and those that `load` adds to the list while it works. */
  run(jobs: StageJob[], load: (batch: Batch) => Promise<void>, signal?: AbortSignal): Promise<void>;
}

type Settings = Omit<StagerOptions, "ship" | "name">;

/** Bytes of evidence above which starting threads pays. */
const WORTH_THREADS = 8 * 1024 * 1024;
/** Jobs travel to a thread in parcels of about this many bytes or files. */
const PARCEL_BYTES = 4 * 1024 * 1024;
const PARCEL_FILES = 64;
/**
 * Batches of a thread that may wait for the loader before it pauses, which bounds the disk that spools take; and how many in
 * all are worth a load: DuckDB writes full row groups once, and all that is less than one for each thread twice.
 */
const AHEAD = 10;

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
        for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
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
        const workerData: ThreadSettings = { ...settings, name: `thread-${index}`, ahead: AHEAD };
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

/** A batch that waits for the loader, and how to tell its thread that it is loaded. */
interface Waiting {
  batch: Batch;
  loaded: () => void;
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
    const waiting: Waiting[] = [];
    let loading: Promise<void> | null = null;
    // The database must not be closed under a statement that is still on its way out.
    const abort = (): void =>
      void (loading ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => reject(signal?.reason ?? new Error("aborted")));
    signal?.addEventListener("abort", abort, { once: true });
    const loadWaiting = (): void => {
      if (loading !== null || (busy > 0 && waiting.length < AHEAD)) return;
      if (waiting.length > 0) {
        const taken = takeTogether(waiting);
        loading = load(together(taken.map(({ batch }) => batch))).then(() => {
          loading = null;
          for (const { loaded } of taken) loaded();
          loadWaiting();
        });
        loading.catch(reject);
      } else if (busy === 0) {
        signal?.removeEventListener("abort", abort);
        resolve();
      }
    };
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
        else {
          if (message.type === "batch")
            waiting.push({ batch: message.batch, loaded: () => send({ type: "loaded" }) });
          else busy--;
          loadWaiting();
        }
      });
      serve();
    }
  });
}

/**
 * The batches that can be loaded with the first one. What the careful gear made replaces what came before it and is loaded
 * by itself, in the order in which it came.
 */
function takeTogether(waiting: Waiting[]): Waiting[] {
  const end = waiting.findIndex(({ batch }) => carefulOf(batch).length > 0);
  return waiting.splice(0, end === -1 ? waiting.length : Math.max(1, end));
}

function together(batches: Batch[]): Batch {
  return {
    spools: batches.flatMap(({ spools }) => spools),
    artifacts: batches.flatMap(({ artifacts }) => artifacts),
  };
}

function takeParcel(jobs: StageJob[]): StageJob[] {
  const parcel: StageJob[] = [];
  for (let bytes = 0; parcel.length < PARCEL_FILES && bytes < PARCEL_BYTES; ) {
    // Not from the front: of a hundred thousand jobs, each would move all others.
    const job = jobs.pop();
    if (job === undefined) break;
    parcel.push(job);
    bytes += job.size;
  }
  return parcel;
}
