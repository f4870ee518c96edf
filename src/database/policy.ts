import { quoteLiteral } from "./identifier.js";

/** What an opened database may do. */
export interface Limits {
  /** DuckDB's size syntax: `1GB`. */
  memoryLimit?: string | undefined;
  threads?: number | undefined;
  /** Where DuckDB spills; created when needed. */
  temporaryFolder?: string | undefined;
}

/** Ingest writes the database and reads nothing but the folders named here. */
export interface IngestPolicy extends Limits {
  readFolders: string[];
}

/**
 * The statements that bind a connection to the policy of the project, in order.
 *
 * The host's time zone must never reach a result of any connection, so UTC comes first. No extension is installed or loaded by itself:
 * that would call out. For analysis the configuration is locked last, so that no query can take any of it back.
 *
 * @param writtenFile the one file that an analysis may write its rows to; a file of that name can be read, too
 */
export function policyStatements(
  limits: Limits,
  readFolders: string[] | undefined,
  writtenFile?: string,
): string[] {
  const ingesting = readFolders !== undefined;
  return [
    "set global TimeZone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set allow_community_extensions = false",
    "set allow_persistent_secrets = false",
    "set enable_progress_bar = false",
    // Evidence tables carry artifact and record numbers; their physical order means nothing and costs a lot.
    "set preserve_insertion_order = false",
    `set memory_limit = ${quoteLiteral(limits.memoryLimit ?? "1GB")}`,
    ...(limits.threads === undefined ? [] : [`set threads = ${Math.max(1, Math.trunc(limits.threads))}`]),
    ...(limits.temporaryFolder === undefined
      ? []
      : [`set temp_directory = ${quoteLiteral(limits.temporaryFolder)}`]),
    ...(readFolders === undefined || readFolders.length === 0
      ? []
      : [
          `set allowed_directories = [${readFolders.map((folder) => quoteLiteral(`${folder}/`)).join(", ")}]`,
        ]),
    ...(writtenFile === undefined ? [] : [`set allowed_paths = [${quoteLiteral(writtenFile)}]`]),
    "set enable_external_access = false",
    // Only our own statements run while ingesting, and a record of a hundred megabytes needs another memory limit.
    ...(ingesting ? [] : ["set lock_configuration = true"]),
  ];
}
