import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assetFolder } from "../../assets.js";
import { EXIT, type ExitCode } from "../../errors.js";
import { loadSources } from "../../ingest/index.js";
import { checkQueries, formatProblem, loadLibrary, updateLock } from "../../queries/index.js";
import { countText } from "../output.js";
import type { Terminal } from "../terminal.js";

/** `coldtrail check`: for contributors; says everything that is wrong with sources and queries in one run. */
export async function check(options: { "update-lock"?: boolean }, terminal: Terminal): Promise<ExitCode> {
  const queriesFolder = assetFolder("queries");
  const sources = await loadSources(assetFolder("sql"));
  const cases = fileURLToPath(new URL("../../../test/queries", import.meta.url));
  const problems = await checkQueries({
    queriesFolder,
    sqlFolder: assetFolder("sql"),
    casesFolder: existsSync(cases) ? cases : undefined,
    lock: options["update-lock"] !== true,
  });
  for (const problem of problems) terminal.out(`${formatProblem(problem)}\n`);
  const queries = await loadLibrary(queriesFolder);
  if (problems.length === 0 && options["update-lock"] === true) await updateLock(queries, queriesFolder);
  terminal.note(
    `${countText(sources.length, "source")}, ${countText(queries.length, "query").replace("querys", "queries")}: ${problems.length === 0 ? "all as the contract says" : countText(problems.length, "problem")}\n`,
  );
  return problems.length === 0 ? EXIT.done : EXIT.queryCheckFailed;
}
