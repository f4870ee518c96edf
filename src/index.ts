/**
 * coldtrail as a library: everything that the command line does, as typed functions. Folders that ship with the
 * package (`sql`, `queries`, `sample-evidence`) are found by `assetFolder`.
 */
export { assetFolder } from "./assets.js";
export * from "./database/index.js";
export { ColdtrailError, EXIT, type ExitCode } from "./errors.js";
export * from "./evidence/index.js";
export * from "./ingest/index.js";
export * from "./queries/index.js";
export * from "./report/index.js";
