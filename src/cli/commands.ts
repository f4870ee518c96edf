import type { Argv } from "yargs";
import type { ExitCode } from "../errors.js";
import type { Terminal } from "./terminal.js";

/** A command: its place in the help, its options, and the work, which is imported only when it is called. */
export interface Command {
  usage: string;
  about: string;
  options: (builder: Argv) => Argv;
  run: (options: never, terminal: Terminal) => Promise<ExitCode>;
}

const caseFolder = (builder: Argv): Argv =>
  builder.positional("case", { type: "string", demandOption: true, describe: "Folder of the case" });

const rowFormats = (builder: Argv): Argv =>
  builder
    .option("json", { type: "boolean", describe: "Print one JSON array of objects" })
    .option("csv", { type: "boolean", describe: "Print CSV" })
    .conflicts("json", "csv");

const rowFiles = (builder: Argv): Argv =>
  rowFormats(builder)
    .option("format", {
      type: "string",
      describe:
        "table, csv, json, jsonl, parquet or arrow; of timelines also timesketch-csv and timesketch-jsonl",
    })
    .option("out", { type: "string", describe: "A new file for the rows; its name can say the format" });

const UNMASK = {
  type: "boolean",
  describe: "Show secrets, personal data and prompts in full",
} as const;
const limits = (builder: Argv): Argv =>
  builder
    .option("memory-limit", {
      type: "string",
      describe: "What DuckDB may use, such as 1GB (the default); of that three fifths while it loads",
    })
    .option("threads", { type: "number", describe: "Threads; all cores by default" });

const parameters = (builder: Argv): Argv =>
  builder.option("param", {
    type: "string",
    array: true,
    describe: "name=value for a parameter of the query; can be repeated",
  });

/** Every command, in the order of the help: the order of an investigation. */
export const COMMANDS: Command[] = [
  {
    usage: "init <case>",
    about: "Make an empty case",
    options: (builder) =>
      caseFolder(builder)
        .option("title", { type: "string", demandOption: true, describe: "Title of the case" })
        .option("examiner", { type: "string", demandOption: true, describe: "Who examines" })
        .option("organisation", { type: "string", describe: "For whom" })
        .option("from", { type: "string", describe: "Start of the period of interest, UTC" })
        .option("to", { type: "string", describe: "End of the period of interest, UTC" })
        .option("account", { type: "string", array: true, describe: "Account in scope; can be repeated" })
        .option("region", { type: "string", array: true, describe: "Region in scope; can be repeated" }),
    run: async (options, terminal) => (await import("./commands/init.js")).init(options, terminal),
  },
  {
    usage: "acquire <case> <source..>",
    about: "Copy evidence into the case and seal it",
    options: (builder) =>
      caseFolder(builder)
        .positional("source", {
          type: "string",
          array: true,
          demandOption: true,
          describe:
            "Files or folders, or s3://bucket/prefix; a zip is sealed whole and read member by member",
        })
        .option("concurrency", {
          type: "number",
          describe: "Files copied at a time (8, from S3 16; of small ones 4 at most)",
        })
        .option("dry-run", { type: "boolean", describe: "Only say how many objects and bytes it would be" })
        .option("endpoint", { type: "string", describe: "S3: URL of a server other than AWS" })
        .option("path-style", { type: "boolean", describe: "S3: bucket in the path, not in the host name" })
        .option("profile", { type: "string", describe: "S3: profile of the AWS configuration" })
        .option("region", { type: "string", describe: "S3: region of the bucket" })
        .option("request-payer", { type: "boolean", describe: "S3: pay for requests and transfer" })
        .option("role-arn", { type: "string", describe: "S3: role to assume" })
        .option("versions", {
          type: "string",
          choices: ["current", "all"],
          describe: "S3: current objects (default), or all versions and delete markers",
        })
        .option("include", { type: "string", array: true, describe: "S3: only keys that match a glob" })
        .option("exclude", { type: "string", array: true, describe: "S3: no keys that match a glob" })
        .option("min-size", { type: "number", describe: "S3: bytes, at least" })
        .option("max-size", { type: "number", describe: "S3: bytes, at most" })
        .option("from", { type: "string", describe: "S3: first day in the dates of keys (of delivery, UTC)" })
        .option("to", { type: "string", describe: "S3: last day in the dates of keys" }),
    run: async (options, terminal) =>
      (await import("./commands/acquire.js")).acquireSources(options, terminal),
  },
  {
    usage: "verify <case>",
    about: "Check every sealed byte and the custody log",
    options: (builder) =>
      caseFolder(builder).option("json", { type: "boolean", describe: "Print one JSON object" }),
    run: async (options, terminal) => (await import("./commands/verify.js")).verify(options, terminal),
  },
  {
    usage: "ingest <case>",
    about: "Load sealed evidence into the database of the case",
    options: (builder) =>
      limits(caseFolder(builder)).option("max-rejects", {
        type: "number",
        default: 0,
        describe: "Rejected records that are still exit code 0",
      }),
    run: async (options, terminal) =>
      (await import("./commands/ingest.js")).ingestEvidence(options, terminal),
  },
  {
    usage: "status <case>",
    about: "Say what evidence is here, and what of it was not understood",
    options: (builder) =>
      caseFolder(builder)
        .option("json", { type: "boolean", describe: "Print one JSON object" })
        .option("markdown", { type: "boolean", describe: "Print a page in Markdown" })
        .option("detail", { type: "boolean", describe: "Every run of hours, every gap, every file" }),
    run: async (options, terminal) => (await import("./commands/status.js")).status(options, terminal),
  },
  {
    usage: "detect <case>",
    about: "Run the detections",
    options: (builder) =>
      parameters(rowFormats(limits(caseFolder(builder))))
        .option("only", { type: "string", array: true, describe: "Ids, * for any text" })
        .option("element", { type: "string", describe: "Only one element of the methodology" })
        .option("severity", { type: "string", describe: "Only detections of at least this severity" })
        .option("since-baseline", {
          type: "boolean",
          describe: "Print, and count for --fail-on, only what the baseline of the case does not know",
        })
        .option("fail-on", {
          type: "string",
          describe: "Exit code 1 when a finding is at least this severe",
        })
        .option("unmask", UNMASK),
    run: async (options, terminal) => (await import("./commands/detect.js")).detect(options, terminal),
  },
  {
    usage: "hunt <action> [case] [id]",
    about: "List, show or run saved hunts: hunt list, hunt show ID, hunt run CASE ID --access-key AKIA...",
    options: (builder) =>
      rowFiles(limits(builder))
        .positional("action", { type: "string", choices: ["list", "show", "run"], demandOption: true })
        .positional("case", { type: "string", describe: "Folder of the case (of `show`: the id)" })
        .positional("id", { type: "string", describe: "Id of the hunt, or a .sql file with such a header" })
        .option("save", { type: "boolean", describe: "Keep the run in the case, under hunts/" })
        .strictOptions(false)
        .strict(false),
    run: async (options, terminal) => (await import("./commands/hunt.js")).hunt(options, terminal),
  },
  {
    usage: "timeline <case>",
    about: "Everything that happened, over all sources, in order",
    options: (builder) =>
      rowFiles(limits(caseFolder(builder)))
        .option("principal", { type: "string", describe: "Only this identity" })
        .option("key", { type: "string", describe: "Only this access key or credential, in every log" })
        .option("lineage", { type: "string", describe: "The same with all credentials that came of it" })
        .option("ip", { type: "string", describe: "Only this address" })
        .option("resource", { type: "string", describe: "Only this resource" })
        .option("source", { type: "string", describe: "Only this table" })
        .option("from", { type: "string", describe: "Start, UTC" })
        .option("to", { type: "string", describe: "End, UTC" }),
    run: async (options, terminal) => (await import("./commands/timeline.js")).timeline(options, terminal),
  },
  {
    usage: "summary <case>",
    about: "What every identity and every key did, in one line each",
    options: (builder) =>
      rowFiles(limits(caseFolder(builder)))
        .option("name", { type: "string", describe: "Only this identity or key; * for any text" })
        .option("from", { type: "string", describe: "Start, UTC" })
        .option("to", { type: "string", describe: "End, UTC" }),
    run: async (options, terminal) => (await import("./commands/summary.js")).summary(options, terminal),
  },
  {
    usage: "search <case> <text>",
    about: "Find a word, a regular expression (--regex) or field:value in every source",
    options: (builder) =>
      rowFiles(limits(caseFolder(builder)))
        .positional("text", { type: "string", demandOption: true, describe: "What to look for" })
        .option("regex", { type: "boolean", describe: "The text is a regular expression (RE2)" })
        .option("source", { type: "string", describe: "Only this table" }),
    run: async (options, terminal) => (await import("./commands/search.js")).search(options, terminal),
  },
  {
    usage: "export <case> <table>",
    about: "Write all rows of one table or view of the case, such as cloudtrail_event or finding",
    options: (builder) =>
      rowFiles(limits(caseFolder(builder))).positional("table", {
        type: "string",
        demandOption: true,
        describe: "Name of the table or view",
      }),
    run: async (options, terminal) => (await import("./commands/export.js")).exportTable(options, terminal),
  },
  {
    usage: "investigate <case>",
    about: "Answer the questions of a scenario from the last detect run, or show sequences",
    options: (builder) =>
      rowFormats(limits(caseFolder(builder)))
        .option("scenario", {
          type: "string",
          describe:
            "unauthorized-model-access, training-data-exfiltration, model-tampering, leaked-key or seven-elements",
        })
        .option("sequence", { type: "string", describe: "Id of a sequence of steps, or all" })
        .option("unmask", UNMASK)
        .conflicts("scenario", "sequence"),
    run: async (options, terminal) =>
      (await import("./commands/investigate.js")).investigate(options, terminal),
  },
  {
    usage: "report <case>",
    about: "Write the report of the last detect run",
    options: (builder) =>
      limits(caseFolder(builder))
        .option("show-prompts", {
          type: "boolean",
          describe: "Show prompts and answers of models; secrets and personal data stay masked",
        })
        .option("unmask", UNMASK)
        .option("verify", {
          type: "boolean",
          default: true,
          describe: "Check every sealed byte for the report (--no-verify leaves it out)",
        })
        .option("clock", { type: "string", describe: "Time of the report, UTC; the present by default" }),
    run: async (options, terminal) => (await import("./commands/report.js")).report(options, terminal),
  },
  {
    usage: "sql <case> <query>",
    about: "Ask the database; it can be read and nothing else",
    options: (builder) =>
      rowFormats(limits(caseFolder(builder))).positional("query", {
        type: "string",
        demandOption: true,
        describe: "One SELECT",
      }),
    run: async (options, terminal) => (await import("./commands/sql.js")).sql(options, terminal),
  },
  {
    usage: "record <case> <artifact> <record>",
    about: "Show one record as it is sealed",
    options: (builder) =>
      caseFolder(builder)
        .positional("artifact", { type: "string", demandOption: true, describe: "artifact_id" })
        .positional("record", { type: "string", demandOption: true, describe: "record_no" })
        .option("raw", { type: "boolean", describe: "Only the bytes, as they are" }),
    run: async (options, terminal) => (await import("./commands/record.js")).record(options, terminal),
  },
  {
    usage: "custody <action> <case> [text]",
    about: "Show the custody log, add a note to it, or verify it",
    options: (builder) =>
      caseFolder(
        rowFormats(builder).positional("action", {
          type: "string",
          choices: ["show", "note", "verify"],
          demandOption: true,
        }),
      )
        .positional("text", { type: "string", describe: "The note" })
        .option("html", { type: "boolean", describe: "show: print the form as a page, ready for print" })
        .option("key", {
          type: "string",
          describe: "verify: check the signatures with this public key, too",
        }),
    run: async (options, terminal) => (await import("./commands/custody.js")).custody(options, terminal),
  },
  {
    usage: "keygen <file>",
    about: "Make an Ed25519 key pair for signing",
    options: (builder) =>
      builder.positional("file", {
        type: "string",
        demandOption: true,
        describe: "Private key; FILE.pub is the public one",
      }),
    run: async (options, terminal) => (await import("./commands/sign.js")).keygen(options, terminal),
  },
  {
    usage: "sign <case>",
    about: "Sign every bag and the head of the custody log",
    options: (builder) =>
      caseFolder(builder).option("key", {
        type: "string",
        demandOption: true,
        describe: "Private key of keygen",
      }),
    run: async (options, terminal) => (await import("./commands/sign.js")).sign(options, terminal),
  },
  {
    usage: "check",
    about: "Hold every source and query of this installation against its contract",
    options: (builder) =>
      builder.option("update-lock", {
        type: "boolean",
        describe: "Write queries/versions.lock.json; refuses changed SQL under an old version",
      }),
    run: async (options, terminal) => (await import("./commands/check.js")).check(options, terminal),
  },
  {
    usage: "demo [case]",
    about: "Run the whole pipeline on the sample incident, in a new case",
    options: (builder) =>
      builder.positional("case", { type: "string", describe: "Folder to make; one under cases/ by default" }),
    run: async (options, terminal) => (await import("./commands/demo.js")).demo(options, terminal),
  },
];
