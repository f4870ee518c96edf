import { assetFolder } from "../../assets.js";
import type { Database, Row } from "../../database/index.js";
import { ColdtrailError, EXIT, type ExitCode } from "../../errors.js";
import { type CustodyEvent, openCase } from "../../evidence/index.js";
import {
  findQuery,
  loadLibrary,
  maskValue,
  type Query,
  runQuery,
  runSequences,
  type SequenceChain,
  type SequenceResult,
} from "../../queries/index.js";
import { openAnalysis } from "../analysis.js";
import { countText, formatOf, printRows } from "../output.js";
import { recorded } from "../recorded.js";
import { safeText, type Terminal } from "../terminal.js";

export interface InvestigateOptions {
  case: string;
  scenario?: string;
  sequence?: string;
  json?: boolean;
  csv?: boolean;
  unmask?: boolean;
  "memory-limit"?: string;
  threads?: number;
}

/**
 * `coldtrail investigate`: every question of a scenario with its verdict, what it rests on, and what was looked at, and the
 * sequences that belong to it; or sequences alone.
 */
export async function investigate(options: InvestigateOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const queries = await loadLibrary(assetFolder("queries"));
  const { scenario: asked, sequence } = options;
  if ((asked === undefined) === (sequence === undefined)) {
    throw new ColdtrailError("usage", `name one scenario or one sequence:\n${choices(queries)}`);
  }
  const scenario = asked === undefined ? undefined : findQuery(queries, asked, "scenario");
  const only = sequence === undefined || sequence === "all" ? undefined : [sequence];
  const format = formatOf(options);
  const database = await openAnalysis(held, {
    memoryLimit: options["memory-limit"],
    threads: options.threads,
  });
  let failed = false;
  try {
    const code = await recorded(held, "investigate", terminal, async (recording) => {
      const answered =
        scenario === undefined ? {} : await printScenario(database, queries, scenario, options, recording);
      if (scenario !== undefined && format !== "table") return { ...answered, format };
      const results = masked(
        await runSequences(database, queries, { only, scenario: scenario?.id }),
        options,
      );
      failed = results.some((result) => result.failed);
      printSequences(results, options, recording);
      return { ...answered, sequences: results.map(({ id, version }) => `${id} ${version}`), format };
    });
    return failed ? EXIT.queryCheckFailed : code;
  } finally {
    database.close();
  }
}

/** What findings and steps say, without secrets and personal data unless they are asked for. */
function masked<T>(value: T, { unmask }: InvestigateOptions): T {
  return maskValue(value, { prompts: true, personal: unmask, secrets: unmask });
}

function choices(queries: readonly Query[]): string {
  const listing = (kind: Query["kind"]): string[] =>
    queries.filter((query) => query.kind === kind).map(({ id, title }) => `  --${kind} ${id}: ${title}`);
  return [...listing("scenario"), "  --sequence all: every sequence", ...listing("sequence")].join("\n");
}

async function printScenario(
  database: Database,
  queries: readonly Query[],
  scenario: Query,
  options: InvestigateOptions,
  terminal: Terminal,
): Promise<CustodyEvent["detail"]> {
  const answer = await runQuery(database, scenario);
  if (answer.evaluability.status === "not_evaluable") {
    throw new ColdtrailError("no-run", "there is nothing to answer from yet; run `coldtrail detect` first");
  }
  const { id, version, sha256 } = answer.provenance;
  const rows = masked(answer.rows, options);
  if (formatOf(options) !== "table") printRows(terminal, answer.columns, rows, formatOf(options));
  else terminal.out(`${scenario.title}\n${rows.map(block).join("")}\n${rows[0]?.coverage ?? ""}\n`);
  terminal.note(`${id} ${version}, sha256 ${sha256.slice(0, 12)}\n`);
  const [ran] = await database.rows<{ n: number }>("select count(*) as n from v_detection_answer");
  const known = queries.filter(({ kind }) => kind === "detection").length;
  if (ran !== undefined && ran.n < known) {
    terminal.note(
      `the last detect run had ${ran.n} of ${known} detections, so that "no evidence" speaks for those alone; run \`coldtrail detect\` without a selection for all\n`,
    );
  }
  return { ...answer.provenance };
}

/** One question: verdict, figures, what was found, what could not be asked. */
function block(row: Row): string {
  const period = row.first_seen === null ? "" : `, ${row.first_seen} – ${row.last_seen}`;
  const findings = Number(row.event_count);
  const told = texts(row.answer);
  const rest =
    findings > told.length ? [`     and ${countText(findings - told.length, "further finding")}`] : [];
  const lines = [
    `\n${row.no}  ${row.question}`,
    `     ${String(row.verdict).toUpperCase()}: ${countText(findings, "finding")}${period}`,
    ...[...told.map((text) => `     · ${safeText(text)}`), ...rest],
    ...texts(row.facts).map((text) => `     = ${safeText(text)}`),
    ...texts(row.not_answered).map((text) => `     ? ${safeText(text)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function texts(value: Row[string] | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function printSequences(results: SequenceResult[], options: InvestigateOptions, terminal: Terminal): void {
  const format = formatOf(options);
  if (format === "json") {
    terminal.out(`${JSON.stringify(results, null, 1)}\n`);
  } else if (format === "csv") {
    const rows = results.flatMap((result) => result.chains.flatMap((chain) => stepRows(result, chain)));
    const names = ["sequence", "entity_type", "entity", "no", "step", "optional", "first_seen", "last_seen"];
    const columns = [...names, "event_count", "summary", "records"].map((name) => ({ name }));
    printRows(terminal, columns, rows, "csv");
  } else {
    for (const result of results) terminal.out(sequenceText(result));
  }
  for (const { id, version, sha256 } of results)
    terminal.note(`${id} ${version}, sha256 ${sha256.slice(0, 12)}\n`);
}

function stepRows({ id }: SequenceResult, { entity_type, entity, steps }: SequenceChain): Row[] {
  return steps.map(({ name, records, ...step }) => ({
    ...{ sequence: id, entity_type, entity, step: name },
    ...step,
    records: records as unknown as Row[string],
  }));
}

/** A sequence with its chains, each step on a line of its own; a step that was not seen says so. */
function sequenceText({ id, title, status, reason, chains }: SequenceResult): string {
  const verdict = chains.length > 0 ? countText(chains.length, "chain") : status.replaceAll("_", " ");
  const lines = [`\n${title} (${id}): ${verdict}${reason === null ? "" : `; ${reason}`}`];
  for (const chain of chains) {
    lines.push(`  ${safeText(chain.entity)}, ${chain.first_seen} – ${chain.last_seen}`);
    for (const { no, name, optional, first_seen, event_count, summary, records } of chain.steps) {
      const [record] = records;
      if (first_seen === null || record === undefined) {
        lines.push(`    ${no}  ${name}: not seen${optional ? " (not needed)" : ""}`);
        continue;
      }
      const times = event_count === 1 ? "" : `, ${countText(event_count, "record")}`;
      lines.push(
        `    ${no}  ${name}: ${first_seen}${times}, record ${record.artifact_id} ${record.record_no}`,
        `       ${safeText(summary ?? "")}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
