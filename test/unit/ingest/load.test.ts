import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import { applySchema, Database } from "../../../src/database/index.js";
import type { Batch, StageJob } from "../../../src/ingest/batch.js";
import { forgetArtifacts } from "../../../src/ingest/evidence-tables.js";
import { Loader } from "../../../src/ingest/load.js";
import { loadSources, type Source } from "../../../src/ingest/source.js";
import { Stager } from "../../../src/ingest/stage.js";

const ARTIFACTS = [1, 2, 3];

let work: string;
let database: Database;
let sources: Source[];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-load-"));
  database = await Database.openForIngest(join(work, "case.duckdb"), { readFolders: [join(work, "spool")] });
  await applySchema(database, assetFolder("sql"));
  sources = await loadSources(assetFolder("sql"));
});
afterAll(async () => {
  database.close();
  await rm(work, { recursive: true, force: true });
});

function record(artifact: number, name: string): string {
  const place = `"eventTime":"2026-03-11T09:12:04Z","eventSource":"s3.amazonaws.com","eventID":"${artifact}-${name}"`;
  return `{${place},"eventName":"${name}"}`;
}

/** Loads; the artifacts that go to the careful gear are added to `redone`. */
function loaderOf(redone: number[]): Loader {
  const origin = { acquisition: "0001", path: "x", original: "x", member: null };
  return new Loader(database, sources, new Map(ARTIFACTS.map((id) => [id, origin])), (ids) =>
    redone.push(...ids),
  );
}

/** Batches as a thread makes them: one for each artifact, all of the same source. */
async function staged(texts: string[]): Promise<{ batches: Batch[]; jobs: StageJob[]; stager: Stager }> {
  const batches: Batch[] = [];
  const stager = new Stager({
    sources,
    caseFolder: work,
    spoolFolder: join(work, "spool"),
    name: "thread",
    batchBytes: 1,
    maxRecord: 1_000_000,
    ship: async (batch) => void batches.push(batch),
  });
  const jobs: StageJob[] = [];
  for (const [index, text] of texts.entries()) {
    const path = `${index}`;
    await writeFile(join(work, path), text);
    const artifactId = ARTIFACTS[index] as number;
    const job = {
      artifactId,
      path,
      members: [],
      size: text.length,
      sha256: null,
      name: path,
      careful: false,
    };
    jobs.push(job);
    await stager.stage(job);
  }
  await stager.flush();
  return { batches, jobs, stager };
}

it("of files that are loaded together, only the one that DuckDB refuses goes to the careful gear", async () => {
  // Brackets and quotes are right, so that the fast gear frames it; no parser of JSON takes the value.
  const broken = `{"eventTime":"2026-03-11T09:12:04Z","eventName":"GetObject","eventID":"2-a","readOnly":nothing}`;
  const texts = [record(1, "GetObject"), `${record(2, "PutObject")}\n${broken}`, record(3, "ListBuckets")];
  const { batches, jobs, stager } = await staged(texts.map((text) => `${text}\n`));
  expect(batches.flatMap(({ spools }) => spools)).toHaveLength(3);
  const redone: number[] = [];
  const loader = loaderOf(redone);
  await loader.load({
    spools: batches.flatMap(({ spools }) => spools),
    artifacts: batches.flatMap(({ artifacts }) => artifacts),
  });
  expect(redone).toEqual([2]);
  batches.length = 0;
  await stager.stage({ ...(jobs[1] as StageJob), careful: true });
  await stager.flush();
  for (const batch of batches) await loader.load(batch);
  await loader.commit();
  expect(await database.rows("select event_id from cloudtrail_event order by event_id")).toEqual([
    { event_id: "1-GetObject" },
    { event_id: "2-PutObject" },
    { event_id: "3-ListBuckets" },
  ]);
  expect(await database.rows("select artifact_id, record_no from reject")).toEqual([
    { artifact_id: 2, record_no: 2 },
  ]);
});

it("a record that only DuckDB refuses stays rejected when parts of its file were loaded before", async () => {
  await forgetArtifacts(database, ARTIFACTS);
  // Half a surrogate pair is JSON, but no text.
  const half = record(1, "GetObject").replace('GetObject"}', '\\ud800"}');
  const part = await staged([`${record(1, "PutObject")}\n`]);
  const loader = loaderOf([]);
  for (const { spools } of part.batches.splice(0)) await loader.load({ spools, artifacts: [] });
  await writeFile(join(work, "0"), `${record(1, "PutObject")}\n${half}\n`);
  await part.stager.stage({ ...(part.jobs[0] as StageJob), careful: true });
  await part.stager.flush();
  for (const batch of part.batches) await loader.load(batch);
  await loader.commit();
  expect(await database.rows("select event_name from cloudtrail_event")).toEqual([
    { event_name: "PutObject" },
  ]);
  expect(await database.rows("select artifact_id, record_no from reject")).toEqual([
    { artifact_id: 1, record_no: 2 },
  ]);
});
