import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBedrock, writeCloudTrail, writeS3Access, writeVpcFlow } from "./evidence.js";
import { coldtrail, script, type Taken } from "./measure.js";

/**
 * Measures ingest per kind of evidence against a floor of the same run: how long DuckDB alone takes to read the same
 * files. Prints, never asserts. `--quick` divides the amounts by ten.
 */
interface Work {
  title: string;
  records: number;
  write: (folder: string) => Promise<void>;
  /** DuckDB reading the files and nothing more. */
  floor: string;
}

const quick = process.argv.includes("--quick");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice(7);
const share = quick ? 10 : 1;
const jsonFloor = (options: string): string =>
  `select count(*) from read_json_objects('FOLDER/**/*.gz', maximum_object_size = 268435456${options})`;
const lineFloor = (pattern: string): string =>
  `select count(*), sum(length(line)) from read_csv('FOLDER/${pattern}', columns = {line: 'VARCHAR'}, delim = '\u0001', quote = '', escape = '', header = false, auto_detect = false)`;

const works: Work[] = [
  {
    title: "CloudTrail, 100 files × 4,000 events, gzip",
    records: 400_000 / share,
    write: (folder) => writeCloudTrail(folder, 100 / share, 4_000),
    floor: jsonFloor(""),
  },
  {
    title: "CloudTrail, 20,000 files × 10 events, gzip",
    records: 200_000 / share,
    write: (folder) => writeCloudTrail(folder, 20_000 / share, 10),
    floor: jsonFloor(""),
  },
  {
    title: "VPC Flow Logs, 5 million records, gzip",
    records: 5_000_000 / share,
    write: (folder) => writeVpcFlow(folder, 50 / share, 100_000),
    floor: lineFloor("*.gz"),
  },
  {
    title: "S3 access logs, 1 million lines",
    records: 1_000_000 / share,
    write: (folder) => writeS3Access(folder, 50 / share, 20_000),
    floor: lineFloor("*"),
  },
  {
    title: "Bedrock invocation, 200,000 records with bodies, gzip",
    records: 200_000 / share,
    write: (folder) => writeBedrock(folder, 100 / share, 2_000),
    floor: jsonFloor(", format = 'newline_delimited'"),
  },
];

const FLOOR = `
import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run("set preserve_insertion_order = false");
await connection.runAndReadAll(process.argv[1]);
`;

for (const work of works) {
  if (only !== undefined && !work.title.includes(only)) continue;
  const folder = await mkdtemp(join(tmpdir(), "coldtrail-bench-"));
  try {
    await run(work, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(work: Work, folder: string): Promise<void> {
  const evidence = join(folder, "evidence");
  const held = join(folder, "case");
  await work.write(evidence);
  const floor = await best(3, () => script(FLOOR, work.floor.replaceAll("FOLDER", evidence)));
  await coldtrail("init", held, "--title", "Bench", "--examiner", "Bench");
  const acquire = await coldtrail("acquire", held, evidence);
  const ingest = await best(3, async () => {
    await rm(join(held, "case.duckdb"), { force: true });
    return coldtrail("ingest", held);
  });
  const again = await coldtrail("ingest", held);
  const { size } = await stat(join(held, "case.duckdb"));
  console.log(`${work.title}
  ingest   ${ingest.seconds.toFixed(2)} s, ${rate(work.records, ingest)}, peak ${megabytes(ingest.memory)}, ${(size / work.records).toFixed(0)} bytes of database per record
  floor    ${floor.seconds.toFixed(2)} s (DuckDB reads the same files); ratio ${(ingest.seconds / floor.seconds).toFixed(2)}
  acquire  ${acquire.seconds.toFixed(2)} s, peak ${megabytes(acquire.memory)}
  nothing new  ${again.seconds.toFixed(2)} s
`);
}

async function best(times: number, measure: () => Promise<Taken>): Promise<Taken> {
  const runs: Taken[] = [];
  for (let i = 0; i < times; i++) runs.push(await measure());
  const sorted = runs.map((run) => run.seconds).sort((a, b) => a - b);
  return { seconds: sorted[times >> 1] as number, memory: Math.max(...runs.map((run) => run.memory)) };
}

function rate(records: number, taken: Taken): string {
  return `${Math.round(records / taken.seconds).toLocaleString("en-US")} records/s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
}
