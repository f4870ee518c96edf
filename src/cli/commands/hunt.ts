import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { assetFolder } from "../../assets.js";
import { firstLine, readSyntax } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import { openCase } from "../../evidence/index.js";
import {
  describeQuery,
  type GivenParameters,
  loadLibrary,
  loadQuery,
  type Query,
  queryOf,
} from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { formatOf, table } from "../output.js";
import type { FormatOptions } from "../row-format.js";
import { answerQuestion } from "../run-query.js";
import { saveRun } from "../saved-run.js";
import type { Terminal } from "../terminal.js";

export interface HuntOptions extends FormatOptions {
  action: "list" | "show" | "run";
  case?: string;
  /** Id of a hunt, or the path of a `.sql` file with the same header. */
  id?: string;
  save?: boolean;
  "memory-limit"?: string;
  threads?: number;
  /** Everything else is a parameter of the hunt. */
  [parameter: string]: unknown;
}

const OWN = new Set([
  ...["_", "$0", "action", "case", "id", "json", "csv", "format", "out", "save"],
  ...["memory-limit", "threads", "help", "version"],
]);

/** `coldtrail hunt list|show|run`. */
export async function hunt(options: HuntOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.action === "list") {
    const rows = (await loadLibrary(assetFolder("queries"), "hunt")).map(
      ({ id, version, title, element }) => ({
        id,
        version,
        element: element ?? null,
        title,
      }),
    );
    terminal.out(
      formatOf(options) === "json"
        ? `${JSON.stringify(rows, null, 1)}\n`
        : table(["id", "element", "title"], rows),
    );
    return EXIT.done;
  }
  if (options.action === "show") {
    terminal.out(`${describeQuery(await query(options.id ?? options.case, "hunt show ID"))}\n`);
    return EXIT.done;
  }
  const found = await query(options.id, "hunt run CASE ID");
  const held = await openCase(options.case as string);
  const database = await openAnalysis(held, {
    memoryLimit: options["memory-limit"],
    threads: options.threads,
  });
  const given = parametersIn(options);
  try {
    const invalid = (fact: string) =>
      new ColdtrailError("query-invalid", `${found.file}: ${fact}`, EXIT.queryCheckFailed);
    const { statements } = await readSyntax(database, found.sql).catch((error) => {
      throw invalid(firstLine(error));
    });
    if (statements !== 1) throw invalid("is not one SELECT");
    if (options.save === true) return await saveRun({ held, database, query: found, given }, terminal);
    return await answerQuestion({ held, database, query: found, given, action: "hunt", options }, terminal);
  } finally {
    database.close();
  }
}

async function query(id: string | undefined, usage: string): Promise<Query> {
  if (id === undefined)
    throw new ColdtrailError("usage", `name a hunt: coldtrail ${usage}; \`coldtrail hunt list\` lists them`);
  if (!id.endsWith(".sql")) return loadQuery(assetFolder("queries"), "hunt", id);
  const text = await readFile(id, "utf8").catch(() => {
    throw new ColdtrailError("usage", `${id}: there is no such file, or it cannot be read`);
  });
  return queryOf(text, id, "hunt", basename(id, ".sql"));
}

function parametersIn(options: HuntOptions): GivenParameters {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name]) => !OWN.has(name))
      .map(([name, value]) => [name.replaceAll("-", "_"), value as string]),
  );
}
