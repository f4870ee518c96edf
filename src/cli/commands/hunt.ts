import { assetFolder } from "../../assets.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import {
  describeQuery,
  findQuery,
  type GivenParameters,
  loadLibrary,
  type Query,
} from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { formatOf, table } from "../output.js";
import { recorded } from "../recorded.js";
import { runAndPrint } from "../run-query.js";
import type { Terminal } from "../terminal.js";

export interface HuntOptions {
  action: "list" | "show" | "run";
  case?: string;
  id?: string;
  json?: boolean;
  csv?: boolean;
  "memory-limit"?: string;
  threads?: number;
  /** Everything else is a parameter of the hunt. */
  [parameter: string]: unknown;
}

const OWN = new Set([
  "_",
  "$0",
  "action",
  "case",
  "id",
  "json",
  "csv",
  "memory-limit",
  "threads",
  "help",
  "version",
]);

/** `coldtrail hunt list|show|run`. */
export async function hunt(options: HuntOptions, terminal: Terminal): Promise<ExitCode> {
  const queries = (await loadLibrary(assetFolder("queries"))).filter((query) => query.kind === "hunt");
  if (options.action === "list") {
    const rows = queries.map(({ id, version, title, element }) => ({
      id,
      version,
      element: element ?? null,
      title,
    }));
    terminal.out(
      formatOf(options) === "json"
        ? `${JSON.stringify(rows, null, 1)}\n`
        : table(["id", "element", "title"], rows),
    );
    return EXIT.done;
  }
  if (options.action === "show") {
    terminal.out(`${describeQuery(query(queries, options.id ?? options.case, "hunt show ID"))}\n`);
    return EXIT.done;
  }
  const found = query(queries, options.id, "hunt run CASE ID");
  const held = await openCase(options.case as string);
  const database = await openAnalysis(held, {
    memoryLimit: options["memory-limit"],
    threads: options.threads,
  });
  const format = formatOf(options);
  return recorded(held, "hunt", terminal, (out) =>
    runAndPrint(database, found, parametersIn(options), format, out),
  ).finally(() => database.close());
}

function query(queries: Query[], id: string | undefined, usage: string): Query {
  if (id === undefined)
    throw new ColdtrailError("usage", `name a hunt: coldtrail ${usage}; \`coldtrail hunt list\` lists them`);
  return findQuery(queries, id);
}

function parametersIn(options: HuntOptions): GivenParameters {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name]) => !OWN.has(name))
      .map(([name, value]) => [name.replaceAll("-", "_"), value as string]),
  );
}
