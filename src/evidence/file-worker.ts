import { parentPort } from "node:worker_threads";
import { type FileWork, type FileWorkResult, perform } from "./file-work.js";

/** What a thread answers to a parcel of work: one outcome for each, in order. */
export type Outcome = { result: FileWorkResult[FileWork["kind"]] } | { failure: Failure };

/** An error as it survives the way between threads, which would keep its message alone. */
export type Failure = Pick<
  NodeJS.ErrnoException,
  "message" | "stack" | "code" | "errno" | "syscall" | "path"
>;

const port = parentPort;
if (port === null) throw new Error("file-worker runs as a worker thread only");
port.on("message", (parcel: FileWork[]) => port.postMessage(parcel.map(outcomeOf)));

function outcomeOf(work: FileWork): Outcome {
  try {
    return { result: perform(work) };
  } catch (error) {
    const { message, stack, code, errno, syscall, path } = error as NodeJS.ErrnoException;
    return { failure: { message, stack, code, errno, syscall, path } as Failure };
  }
}
