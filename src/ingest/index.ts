/** Ingest: sealed evidence becomes rows, every record accounted for. */
export { databasePath, type IngestOptions, type IngestProgress, type IngestResult, ingest } from "./ingest.js";
export { loadReference } from "./reference.js";
export type { BrokenCount } from "./settle.js";
export { loadSources, type Source } from "./source.js";
