import { assetFolder } from "../../assets.js";
import type { Database, Row } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import { appendCustody, openCase, sha256 } from "../../evidence/index.js";
import {
  compareSeverity,
  type DetectionResult,
  ELEMENTS,
  type Element,
  isSeverity,
  loadLibrary,
  maskResults,
  rankFindings,
  readCasePeriod,
  runDetections,
  runIdOf,
  type Severity,
  type SinceBaseline,
  selectDetections,
  sinceBaseline,
  storeRun,
} from "../../queries/index.js";
import { openAnalysis, openDerived } from "../analysis.js";
import { countText, formatOf, printRows, table } from "../output.js";
import { givenParameters } from "../parameters.js";
import { startProgress } from "../progress.js";
import type { Terminal } from "../terminal.js";

export interface DetectOptions {
  case: string;
  only?: string[];
  element?: string;
  severity?: string;
  "since-baseline"?: boolean;
  "fail-on"?: string;
  unmask?: boolean;
  param?: string[];
  json?: boolean;
  csv?: boolean;
  "memory-limit"?: string;
  threads?: number;
}

/** `coldtrail detect`: runs detections, keeps the findings in the case, prints them. */
export async function detect(options: DetectOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const failOn = severityOption("fail-on", options["fail-on"]);
  const queries = await loadLibrary(assetFolder("queries"));
  const selection = {
    only: options.only,
    element: elementOption(options.element),
    severity: severityOption("severity", options.severity),
  };
  const parameters = givenParameters(options.param ?? []);
  const limits = { memoryLimit: options["memory-limit"], threads: options.threads };
  const database = await openAnalysis(held, limits);
  const bar = startProgress(terminal, "detect", "detections");
  let results: DetectionResult[];
  let fresh: SinceBaseline | undefined;
  try {
    const period = await readCasePeriod(database);
    // A case without a baseline is refused before the run, not after it.
    if (options["since-baseline"]) sinceBaseline([], period);
    const runId = runIdOf({
      queries: selectDetections(queries, selection),
      parameters,
      evidence: await evidenceFingerprint(database),
    });
    results = await runDetections(database, queries, {
      ...selection,
      parameters,
      runId,
      signal: terminal.signal,
      // Most of them keep one core busy only.
      concurrency: options.threads === 1 ? 1 : 2,
      progress: (done, total) => bar.update({ done, total }),
    });
    if (options["since-baseline"]) fresh = sinceBaseline(results, period);
  } finally {
    bar.end();
    database.close();
  }
  const writing = await openDerived(held, limits);
  await storeRun(writing, results)
    .then(() =>
      writing.run("insert or replace into knowledge values ('last_run', $run)", {
        run: results[0]?.runId ?? "",
      }),
    )
    .finally(() => writing.close());
  const { unmask } = options;
  const shown = { prompts: unmask, personal: unmask, secrets: unmask };
  const masked = maskResults(results, shown);
  const findings = results.flatMap((result) => result.findings);
  const chosen = Object.entries(selection).filter(([, value]) => value !== undefined);
  const detail = {
    run: results[0]?.runId ?? null,
    ...Object.fromEntries(chosen),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    detections: results.length,
    findings: findings.length,
    /** Of what `detect --json` prints for this run. */
    sha256: sha256(asJson(masked)),
  };
  await appendCustody(held, { action: "detect", detail }, terminal);
  const told = fresh === undefined ? masked : maskResults(fresh.results, shown);
  print(told, options, terminal);
  if (fresh !== undefined) {
    terminal.note(
      `since the baseline, which ends ${fresh.from}: ${countText(fresh.known, "finding")} left out that it knows; all are kept in the case\n`,
    );
  }
  if (results.some((result) => result.failed)) return EXIT.queryCheckFailed;
  const reached = told
    .flatMap((result) => result.findings)
    .some(
      ({ severity, suppressed_by }) =>
        failOn !== undefined && suppressed_by === null && compareSeverity(severity, failOn) >= 0,
    );
  return reached ? EXIT.severityReached : EXIT.done;
}

/** Text that changes with the sealed evidence and with the reference data. */
export async function evidenceFingerprint(database: Database): Promise<string> {
  const [row] = await database.rows<{ text: string }>(
    `select string_agg(sha256, '' order by artifact_id) || (select string_agg(fingerprint, '' order by name) from knowledge where name in ('sources', 'reference', 'vocabulary')) as text from artifact`,
  );
  return row?.text ?? "";
}

function asJson(results: DetectionResult[]): string {
  return `${JSON.stringify(results, null, 1)}\n`;
}

function print(results: DetectionResult[], options: DetectOptions, terminal: Terminal): void {
  const format = formatOf(options);
  const findings = rankFindings(results);
  if (format === "json") {
    terminal.out(asJson(results));
    return;
  }
  const rows = findings.map((finding) => ({
    ...finding,
    suppressed: finding.suppressed_by === null ? null : `suppressed: ${finding.suppressed_by}`,
  })) as unknown as Row[];
  const names = [
    "score",
    "severity",
    "detection_id",
    "first_seen",
    "last_seen",
    "event_count",
    "summary",
    "suppressed",
  ];
  if (format === "csv") {
    const all = [
      "detection_id",
      "version",
      ...names.filter((name) => name !== "detection_id"),
      "entity_type",
      "entity",
      "actor",
      "source_ip",
      "region",
      "account_id",
      "resource",
    ];
    printRows(
      terminal,
      all.map((name) => ({ name })),
      rows,
      "csv",
    );
    return;
  }
  if (rows.length > 0) terminal.out(wide(rows));
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  const suppressed = findings.filter(({ suppressed_by }) => suppressed_by !== null).length;
  const open = results.filter((result) => result.reason !== null);
  if (open.length > 0) {
    terminal.out(
      `\nNot or not fully answered\n${table(["id", "status", "reason"], open as unknown as Row[])}`,
    );
  }
  terminal.note(
    `${countText(results.length, "detection")}: ${count("fired")} fired, ${count("not_fired")} not fired, ${count("partial")} partial, ${count("not_evaluable")} not evaluable; ${countText(findings.length, "finding")}, ${suppressed} of them suppressed by reference/allow.csv; run ${results[0]?.runId ?? "none"}\n`,
  );
}

/** Findings with their sentences in full: the sentence is the finding. */
function wide(rows: Row[]): string {
  return rows
    .map((row) => {
      const period = row.first_seen === null ? "" : `  ${row.first_seen} – ${row.last_seen ?? ""}`;
      const noise = row.suppressed === null ? "" : `  [${row.suppressed}]`;
      const head = `${String(row.severity).toUpperCase().padEnd(8)} ${String(row.detection_id)}${period}${noise}`;
      return `${head}\n         ${row.summary}\n`;
    })
    .join("");
}

function severityOption(name: string, text: string | undefined): Severity | undefined {
  if (text === undefined || isSeverity(text)) return text;
  throw new ColdtrailError("usage", `--${name} ${text}: a severity is info, low, medium, high or critical`);
}

function elementOption(text: string | undefined): Element | undefined {
  if (text === undefined || (ELEMENTS as readonly string[]).includes(text))
    return text as Element | undefined;
  throw new ColdtrailError("usage", `--element ${text}: an element is one of ${ELEMENTS.join(", ")}`);
}
