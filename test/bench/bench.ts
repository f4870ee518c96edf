import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ACQUIRES, acquireWork, analysisWork, INGESTS, ingestWork, type Line, startWork } from "./work.js";

/**
 * Measures the whole commands as the analyst runs them against floors of the same run, and prints a table. Asserts nothing.
 *
 * `--quick` takes a tenth of the amounts, `--only=words` the works with these words in their titles, `--growth` also the
 * incident in 0.1, 1, 5 and 10 million events, whose evidence `--samples=folder` keeps for the next time. Unless quick, the lines
 * replace those of the same works in RESULTS.md.
 */
const quick = process.argv.includes("--quick");
const given = (option: string): string | undefined =>
  process.argv.find((argument) => argument.startsWith(`--${option}=`))?.slice(option.length + 3);
const only = given("only") ?? "";
const samples = given("samples");
const share = quick ? 10 : 1;

const works: [title: string, run: (folder: string) => Promise<Line[]>][] = [
  ["start-up", () => startWork()],
  ...INGESTS.map((work): (typeof works)[number] => [work.title, (folder) => ingestWork(work, folder, share)]),
  ...ACQUIRES.map((work): (typeof works)[number] => [
    work.title,
    (folder) => acquireWork(work, folder, share),
  ]),
  ["analysis", (folder) => analysisWork(folder, 2_000_000 / share, samples)],
];
if (process.argv.includes("--growth")) {
  for (const millions of [0.1, 1, 5, 10]) {
    works.push([
      `growth, ${millions} million`,
      (folder) => analysisWork(folder, millions * 1_000_000, samples),
    ]);
  }
}
for (const [title, run] of works) {
  if (!title.includes(only)) continue;
  const folder = await mkdtemp(join(tmpdir(), "coldtrail-bench-"));
  try {
    const lines = (await run(folder)).map(textOf);
    for (const line of lines) console.log(line);
    // After each, so that what fails later takes nothing with it.
    if (!quick) await keep(lines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function textOf({ work, seconds, cpu, rate, memory, floors = [], note }: Line): string {
  const against = floors
    .map((floor) => {
      // Of a program other than Node it is not known.
      const processor = floor.cpu === 0 ? "" : `, processor ${floor.cpu.toFixed(1)} s`;
      return `${(seconds / floor.seconds).toFixed(1)} × ${floor.name} (${floor.seconds.toFixed(2)} s${processor})`;
    })
    .join("; ");
  return `| ${work} | ${seconds.toFixed(2)} s | ${cpu.toFixed(1)} s | ${rate} | ${Math.round(memory / 1e6)} MB | ${against} | ${note ?? ""} |`;
}

/** Lines of works that were not measured now stay, when they are of the same machine and versions. */
async function keep(lines: string[]): Promise<void> {
  const duckdb = JSON.parse(
    await readFile(join(import.meta.dirname, "../../node_modules/@duckdb/node-api/package.json"), "utf8"),
  ) as { version: string };
  const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 1e9)} GB; Node ${process.version}, DuckDB ${duckdb.version}`;
  const head =
    "| work | time | processor | rate | peak memory | against its floors | |\n|---|---|---|---|---|---|---|";
  const path = join(import.meta.dirname, "RESULTS.md");
  const before = await readFile(path, "utf8");
  const kept = before.includes(machine)
    ? before.split("\n").filter((line) => /^\| (?!work )[^|]/.test(line))
    : [];
  const table = new Map([...kept, ...lines].map((line) => [line.split(" | ")[0], line] as [string, string]));
  await writeFile(
    path,
    `# Results of \`npm run bench\`\n\n${machine}\n\n${head}\n${[...table.values()].join("\n")}\n`,
  );
}
