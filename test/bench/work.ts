import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeBedrock, writeCloudTrail, writeS3Access, writeVpcFlow } from "./evidence.js";
import { coldtrail, program, script, type Taken } from "./measure.js";

/** One line of the results. */
export interface Line {
  work: string;
  seconds: number;
  /** Processor time of the whole process, seconds: what remains comparable on a busy machine. */
  cpu: number;
  rate: string;
  /** Peak resident memory, bytes. */
  memory: number;
  floors?: Floor[];
  note?: string;
}

/** What something that does less takes for the same evidence. */
export interface Floor {
  name: string;
  seconds: number;
  cpu: number;
}

interface IngestWork {
  title: string;
  unit: string;
  records: number;
  write: (folder: string, share: number) => Promise<void>;
  /** What reads the same files and does nothing more: a SQL statement for DuckDB, or `inflate` in Node. */
  floor: string;
  /** A SELECT whose rows DuckDB by itself stores: the same files, no provenance, no law, no names of fields but the file's own. */
  stored: string;
}

const jsonFloor = (options = ""): string =>
  `select count(*) from read_json_objects('FOLDER/**/*.gz', maximum_object_size = 268435456${options})`;
const storedEvents = "select unnest(Records) from read_json('FOLDER/*.gz', maximum_object_size = 268435456)";
const lineFloor = (pattern: string): string =>
  `select count(*), sum(length(line)) from read_csv('FOLDER/${pattern}', columns = {line: 'VARCHAR'}, delim = '\u0001', quote = '', escape = '', header = false, auto_detect = false)`;

export const INGESTS: IngestWork[] = [
  {
    title: "ingest CloudTrail, 100 files × 4,000 events",
    unit: "events",
    records: 400_000,
    write: (folder, share) => writeCloudTrail(folder, 100 / share, 4_000),
    floor: jsonFloor(),
    stored: storedEvents,
  },
  {
    title: "ingest CloudTrail, 20,000 files × 10 events",
    unit: "files",
    records: 20_000,
    write: (folder, share) => writeCloudTrail(folder, 20_000 / share, 10),
    floor: "inflate",
    stored: storedEvents,
  },
  {
    title: "ingest VPC Flow Logs, 5 million records",
    unit: "records",
    records: 5_000_000,
    write: (folder, share) => writeVpcFlow(folder, 50 / share, 100_000),
    floor: lineFloor("*.gz"),
    stored: "select * from read_csv('FOLDER/*.gz', delim = ' ', header = true)",
  },
  {
    title: "ingest S3 access logs, 1 million lines",
    unit: "lines",
    records: 1_000_000,
    write: (folder, share) => writeS3Access(folder, 50 / share, 20_000),
    floor: lineFloor("*"),
    stored: `select string_split(line, ' ') from (${lineFloor("*").replace("count(*), sum(length(line))", "line")})`,
  },
  {
    title: "ingest Bedrock invocations, 200,000 with bodies",
    unit: "records",
    records: 200_000,
    write: (folder, share) => writeBedrock(folder, 100 / share, 2_000),
    floor: jsonFloor(", format = 'newline_delimited'"),
    stored: "select * from read_json('FOLDER/*.gz', format = 'newline_delimited')",
  },
];

const DUCKDB = `
import { DuckDBInstance } from "@duckdb/node-api";
const instance = await DuckDBInstance.create(process.argv[2], { storage_compatibility_version: "v1.5.0" });
const connection = await instance.connect();
await connection.run("set preserve_insertion_order = false");
await connection.runAndReadAll(process.argv[1]);
connection.closeSync();
instance.closeSync();
`;
const INFLATE = `
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
for (const name of readdirSync(process.argv[1])) gunzipSync(readFileSync(process.argv[1] + "/" + name));
`;

/** The whole amount is measured three times, a share of it once. */
function timesOf(share: number): number {
  return share === 1 ? 3 : 1;
}

/** Ingest into fresh cases, then once more with nothing new. */
export async function ingestWork(work: IngestWork, folder: string, share: number): Promise<Line[]> {
  const evidence = join(folder, "evidence");
  const held = join(folder, "case");
  await work.write(evidence, share);
  const floor = await median(timesOf(share), () =>
    work.floor === "inflate"
      ? script(INFLATE, evidence)
      : script(DUCKDB, work.floor.replaceAll("FOLDER", evidence), ":memory:"),
  );
  const plain = join(folder, "plain.duckdb");
  const stored = await median(timesOf(share), async () => {
    await rm(plain, { force: true });
    return script(DUCKDB, `create table t as ${work.stored.replaceAll("FOLDER", evidence)}`, plain);
  });
  await coldtrail("init", held, "--title", "Bench", "--examiner", "Bench");
  await coldtrail("acquire", held, evidence);
  const taken = await median(timesOf(share), async () => {
    await rm(join(held, "case.duckdb"), { force: true });
    return coldtrail("ingest", held);
  });
  const again = await coldtrail("ingest", held);
  const { size } = await stat(join(held, "case.duckdb"));
  const records = work.records / share;
  return [
    line(work.title, taken, `${perSecond(records, taken)} ${work.unit}/s`, {
      floors: [
        { name: work.floor === "inflate" ? "Node inflating" : "DuckDB reading", ...floor },
        { name: "DuckDB storing", ...stored },
      ],
      note: `${Math.round(size / records)} bytes of database per ${work.unit.slice(0, -1)}; nothing new: ${again.seconds.toFixed(2)} s`,
    }),
  ];
}

interface AcquireWork {
  title: string;
  files: number;
  /** Bytes of one file. */
  size: number;
  unit: "files" | "MB";
}

export const ACQUIRES: AcquireWork[] = [
  { title: "acquire from disk, 10 files of 200 MB", files: 10, size: 200_000_000, unit: "MB" },
  { title: "acquire from disk, 20,000 files of 2 kB", files: 20_000, size: 2_000, unit: "files" },
];

/** Copying, hashing, reading back and sealing, against one thread of sha256sum over the same files. */
export async function acquireWork(work: AcquireWork, folder: string, share: number): Promise<Line[]> {
  const evidence = join(folder, "evidence");
  await mkdir(evidence);
  const files = Math.max(1, work.files / share);
  for (let file = 0; file < files; file++) {
    await writeFile(join(evidence, String(file)), Buffer.alloc(work.size, `evidence ${file} `));
  }
  const floor = await median(timesOf(share), () =>
    program("sh", "-c", `find '${evidence}' -type f -print0 | xargs -0 sha256sum > /dev/null`),
  );
  let cases = 0;
  const taken = await median(timesOf(share), async () => {
    // Of small files the old case stays: ext4 is slow to give out inodes that were freed a moment ago. Of large ones it goes:
    // a virtual machine is slow to give out memory that it has not used yet.
    if (work.unit === "MB") await program("sh", "-c", `chmod -R u+w '${folder}'; rm -rf '${folder}'/case-*`);
    const held = join(folder, `case-${++cases}`);
    await coldtrail("init", held, "--title", "Bench", "--examiner", "Bench");
    // What was written before must not be written in the time of this one.
    await program("sync");
    return coldtrail("acquire", held, evidence);
  });
  // Sealed evidence is read-only.
  await program("chmod", "-R", "u+w", folder);
  const amount = work.unit === "files" ? files : (files * work.size) / 1e6;
  return [
    line(work.title, taken, `${perSecond(amount, taken)} ${work.unit}/s`, {
      floors: [{ name: "sha256sum", ...floor }],
    }),
  ];
}

/**
 * Everything that is asked of a case: the sample incident in a haystack of so many CloudTrail events. The evidence is taken from
 * the folder `samples`, and made there when it is missing.
 */
export async function analysisWork(folder: string, events: number, samples = folder): Promise<Line[]> {
  const held = join(folder, "case");
  const sample = join(samples, `sample-${events}`);
  if (!existsSync(sample)) {
    const generator = join(import.meta.dirname, "../sample/generate.ts");
    const args = ["--import", "tsx", generator, "--scale", String(events), "--out", `${sample}.part`];
    await promisify(execFile)(process.execPath, args);
    await rename(`${sample}.part`, sample);
  }
  const title = `the incident in ${events.toLocaleString("en-US")} events`;
  await coldtrail(
    "init",
    held,
    "--title",
    "Bench",
    "--examiner",
    "Bench",
    "--from",
    "2026-03-11",
    "--to",
    "2026-03-13",
  );
  await promisify(execFile)("cp", ["-R", join(sample, "reference"), held]);
  const acquired = await coldtrail("acquire", held, join(sample, "evidence"));
  if (samples === folder) await rm(sample, { recursive: true });
  // The deliberate damage of the sample is not an error here.
  const ingested = await coldtrail("ingest", held, "--max-rejects", "100", "--memory-limit", "1GB");
  const loaded = [
    line(`acquire: ${title}`, acquired, `${perSecond(events, acquired)} events/s`),
    line(`ingest --memory-limit 1GB: ${title}`, ingested, `${perSecond(events, ingested)} events/s`),
  ];
  const detected = await coldtrail("detect", held);
  const hunt = await median(3, () =>
    coldtrail("hunt", "run", held, "h-key-activity", "--access-key", "AKIAEXAMPLESVCRAGSYN"),
  );
  const timeline = await median(3, () => coldtrail("timeline", held, "--ip", "198.51.100.77"));
  const search = await median(3, () => coldtrail("search", held, "AKIAEXAMPLESVCRAGSYN"));
  await program("chmod", "-R", "u+w", held);
  return [
    ...loaded,
    line(`detect, all queries: ${title}`, detected, `${perSecond(events, detected)} events/s`),
    line(`hunt run h-key-activity: ${title}`, hunt, ""),
    line(`timeline --ip: ${title}`, timeline, ""),
    line(`search in every column: ${title}`, search, ""),
  ];
}

export async function startWork(): Promise<Line[]> {
  const [taken, node] = [await median(7, () => coldtrail("--help")), await median(7, () => script("0"))];
  return [line("coldtrail --help", taken, "", { floors: [{ name: "node doing nothing", ...node }] })];
}

function line(work: string, { seconds, cpu, memory }: Taken, rate: string, more: Partial<Line> = {}): Line {
  return { work, seconds, cpu, memory, rate, ...more };
}

/** The run of median time, with the largest memory of all. */
async function median(times: number, measure: () => Promise<Taken>): Promise<Taken> {
  const runs: Taken[] = [];
  for (let i = 0; i < times; i++) runs.push(await measure());
  const sorted = runs.toSorted((a, b) => a.seconds - b.seconds);
  return { ...(sorted[times >> 1] as Taken), memory: Math.max(...runs.map((run) => run.memory)) };
}

function perSecond(amount: number, { seconds }: Taken): string {
  return Math.round(amount / seconds).toLocaleString("en-US");
}
