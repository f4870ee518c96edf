/** Ingest: sealed evidence becomes rows, every record accounted for. */

export { readFileCounts, readStatus } from "./coverage.js";
export { isDatabaseCurrent } from "./current.js";
export {
  databasePath,
  type IngestOptions,
  type IngestProgress,
  type IngestResult,
  ingest,
} from "./ingest.js";
export { readRecord, type SealedRecord } from "./record.js";
export { isReferenceCurrent, loadReference } from "./reference.js";
export type { BrokenCount } from "./settle.js";
export { loadSources, type Source } from "./source.js";
export type { Blind, Coverage, FileCount, Gap, Series, SourceCount, Status } from "./status.js";
