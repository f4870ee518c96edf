import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database, Value } from "../../../src/database/index.js";
import { insertGiven } from "../../../src/queries/given.js";
import {
  loadLibrary,
  type Query,
  rankFindings,
  readCasePeriod,
  runDetections,
  runIdOf,
  runQuery,
  storeRun,
} from "../../../src/queries/index.js";
import { BULK_READ, KEY_ACTIVITY, LibraryFolder, openCase } from "./library-folder.js";

const READS = (principal: string, repeat: number): Record<string, Value> => ({
  repeat,
  every: "1 second",
  event_time: "2026-03-11T12:00:00Z",
  principal,
  key: "datasets/part-{i}",
  bytes_sent: 10,
});
const KNOWN = { principal: "role/nightly", class: "training_reader" };

let folder: LibraryFolder;
let database: Database;
let queries: Query[];
beforeEach(async () => {
  folder = await LibraryFolder.create({
    "detections/dst-bulk-read.sql": BULK_READ,
    "hunts/h-key-activity.sql": KEY_ACTIVITY,
  });
  queries = await loadLibrary(folder.queries);
  database = await openCase(folder);
});
afterEach(async () => {
  database.close();
  await folder.remove();
});

async function detect(options: Partial<Parameters<typeof runDetections>[2]> = {}) {
  return runDetections(database, queries, { runId: "run", ...options });
}

test("a needed table without rows makes a detection not evaluable, and says so", async () => {
  expect(await detect()).toMatchObject([
    {
      status: "not_evaluable",
      reason: "s3_access is empty",
      failed: false,
      findings: [],
    },
  ]);
});

test("nothing found with everything there is not_fired; with something missing it is partial", async () => {
  await insertGiven(database, { s3_access: [READS("role/ana", 2)] });
  expect(await detect()).toMatchObject([
    { status: "partial", reason: "ref_principal is empty; fill reference/principal.csv" },
  ]);
  await insertGiven(database, { ref_principal: [KNOWN] });
  expect(await detect()).toMatchObject([{ status: "not_fired", reason: null }]);
});

test("a finding carries query, parameters, figures and the records it rests on", async () => {
  await insertGiven(database, { s3_access: [READS("role/ana", 3)] });
  const [result] = await detect({ parameters: { "min-objects": "3" } });
  expect(result?.status).toBe("fired");
  expect(result?.reason).toContain("ref_principal is empty");
  expect(result?.findings).toEqual([
    {
      run_id: "run",
      finding_no: 1,
      detection_id: "dst-bulk-read",
      version: "1.0.0",
      sha256: queries[0]?.sha256,
      parameters: { case_from: null, min_objects: 3 },
      severity: "high",
      score: 75,
      title: "Many objects read by one requester",
      element: "data-store-changes",
      attack: ["T1530"],
      atlas: ["AML.T0025"],
      entity_type: "principal",
      entity: "role/ana",
      actor: null,
      source_ip: null,
      region: null,
      account_id: null,
      resource: null,
      first_seen: "2026-03-11T12:00:00Z",
      last_seen: "2026-03-11T12:00:02Z",
      event_count: 3,
      metrics: { bytes: 30 },
      summary: "3 objects",
      records: [1, 2, 3].map((record_no) => ({ table: "s3_access", artifact_id: 1, record_no })),
      record_total: 3,
      suppressed_by: null,
    },
  ]);
});

test("a finding lists two hundred records and says how many there are", async () => {
  await insertGiven(database, { s3_access: [READS("role/ana", 450)] });
  const [finding] = (await detect())[0]?.findings ?? [];
  expect(finding?.records).toHaveLength(200);
  expect(finding?.records[0]?.record_no).toBe(1);
  expect(finding).toMatchObject({ record_total: 450, severity: "critical", score: 90 });
});

test("the worst finding comes first, then the earliest", async () => {
  await insertGiven(database, {
    s3_access: [
      { ...READS("role/late", 3), event_time: "2026-03-12T00:00:00Z" },
      READS("role/early", 3),
      { ...READS("role/bulk", 100), event_time: "2026-03-13T00:00:00Z" },
    ],
  });
  const results = await detect();
  expect(rankFindings(results).map(({ finding_no, entity }) => `${finding_no} ${entity}`)).toEqual([
    "1 role/bulk",
    "2 role/early",
    "3 role/late",
  ]);
});

test("the period of the case is the default, and a given value wins", async () => {
  await insertGiven(database, {
    s3_access: [READS("role/ana", 3)],
    ref_principal: [KNOWN],
    ref_case: [{ case_from: "2026-03-12T00:00:00Z" }],
  });
  expect(await readCasePeriod(database)).toMatchObject({ case_from: "2026-03-12T00:00:00Z", case_to: null });
  expect(await detect()).toMatchObject([
    { status: "not_fired", parameters: { case_from: "2026-03-12T00:00:00Z" } },
  ]);
  expect(await detect({ parameters: { case_from: "2026-03-11" } })).toMatchObject([{ status: "fired" }]);
});

test("known noise stays in the list, is counted and names its line", async () => {
  await insertGiven(database, {
    s3_access: [READS("role/nightly-eu", 3), READS("role/ana", 3)],
    ref_allow: [
      { detection: "dst-*", entity: "role/nightly-*", reason: "the nightly job", ticket: "OPS-7" },
      { detection: "dst-bulk-read", entity: "role/ana", valid_to: "2026-03-10T00:00:00Z" },
      { detection: "dst-bulk-read", entity: null },
    ],
  });
  const [result] = await detect();
  expect(result).toMatchObject({ status: "fired", suppressed: 1 });
  expect(result?.findings.map(({ entity, suppressed_by }) => [entity, suppressed_by])).toEqual([
    ["role/ana", null],
    ["role/nightly-eu", "dst-* role/nightly-*: the nightly job (OPS-7)"],
  ]);
});

test("a detection of which every finding is known noise is still fired", async () => {
  await insertGiven(database, {
    s3_access: [READS("role/ana", 3)],
    ref_allow: [{ detection: "*", entity: "*", valid_from: "2026-03-11T12:00:02Z" }],
  });
  expect(await detect()).toMatchObject([{ status: "fired", suppressed: 1 }]);
});

test("a query that fails does not stop the others", async () => {
  await folder.write({
    "detections/acc-broken.sql": BULK_READ.replaceAll("dst-bulk-read", "acc-broken").replace(
      "count(*) ||",
      "no_such_column ||",
    ),
    "detections/acc-wrong-severity.sql": BULK_READ.replaceAll("dst-bulk-read", "acc-wrong-severity").replace(
      "else 'high'",
      "else 'huge'",
    ),
  });
  queries = await loadLibrary(folder.queries);
  await insertGiven(database, { s3_access: [READS("role/ana", 3)] });
  const results = await detect();
  expect(results.map(({ id, status, failed }) => ({ id, status, failed }))).toEqual([
    { id: "acc-broken", status: "not_evaluable", failed: true },
    { id: "acc-wrong-severity", status: "not_evaluable", failed: true },
    { id: "dst-bulk-read", status: "fired", failed: false },
  ]);
  expect(results[0]?.reason).toMatch(/^query failed: Binder Error: .*no_such_column/);
  expect(results[1]?.reason).toBe('query failed: a row has the severity "huge"');
});

test("preconditions are finer than an empty table", async () => {
  const precondition = (otherwise: string) => `-- preconditions:
--   - query: select count(*) >= $min_objects::bigint from s3_access
--     otherwise: ${otherwise}
--     reason: too few reads to compare
-- parameters:`;
  await insertGiven(database, { s3_access: [READS("role/ana", 2)], ref_principal: [KNOWN] });
  for (const otherwise of ["partial", "not_evaluable"]) {
    await folder.write({
      "detections/dst-bulk-read.sql": BULK_READ.replace("-- parameters:", precondition(otherwise)),
    });
    queries = await loadLibrary(folder.queries);
    expect(await detect()).toMatchObject([
      { status: otherwise, reason: "too few reads to compare", failed: false },
    ]);
  }
});

test("detections are chosen by id, pattern, element and severity; deprecated ones only by name", async () => {
  const other = BULK_READ.replaceAll("dst-bulk-read", "acc-old").replace(
    "status: stable",
    "status: deprecated",
  );
  await folder.write({ "detections/acc-old.sql": other });
  queries = await loadLibrary(folder.queries);
  const ids = async (options: Parameters<typeof detect>[0]) => (await detect(options)).map(({ id }) => id);
  expect(await ids({})).toEqual(["dst-bulk-read"]);
  expect(await ids({ only: ["acc-*", "dst-bulk-read"] })).toEqual(["acc-old", "dst-bulk-read"]);
  expect(await ids({ severity: "critical" })).toEqual([]);
  expect(await ids({ element: "data-store-changes" })).toEqual(["dst-bulk-read"]);
  await expect(detect({ only: ["dst-bulk-raed"] })).rejects.toThrow("did you mean dst-bulk-read?");
  await expect(detect({ only: ["zzz-*"] })).rejects.toThrow("zzz-*: no detection has an id like that");
  await expect(detect({ parameters: { windw: "1 hour" } })).rejects.toThrow(
    "none of the chosen detections has a parameter windw",
  );
});

test("an aborted run throws and leaves the database usable", async () => {
  await expect(detect({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "interrupted",
    exitCode: 130,
  });
  expect(await detect()).toHaveLength(1);
});

test("a run is stored once, however often it is stored", async () => {
  await insertGiven(database, { s3_access: [READS("role/ana", 3)] });
  const results = await detect();
  await storeRun(database, results);
  await storeRun(database, results);
  expect(
    await database.rows("select run_id, status, findings, suppressed, parameters from detection_run"),
  ).toEqual([
    {
      run_id: "run",
      status: "fired",
      findings: 1,
      suppressed: 0,
      parameters: { case_from: null, min_objects: 3 },
    },
  ]);
  expect(await database.rows("select * from finding")).toEqual(results[0]?.findings);
});

test("a run is named by queries, parameters and evidence", () => {
  const identity = { queries, parameters: { min_objects: 3 }, evidence: "abc" };
  expect(runIdOf(identity)).toMatch(/^[0-9a-f]{16}$/);
  expect(runIdOf({ ...identity, queries: [...queries].reverse() })).toBe(runIdOf(identity));
  expect(runIdOf({ ...identity, parameters: { min_objects: 4 } })).not.toBe(runIdOf(identity));
  expect(runIdOf({ ...identity, evidence: "abd" })).not.toBe(runIdOf(identity));
});

test("a hunt answers with columns, rows, provenance and what is missing", async () => {
  const hunt = queries[1] as Query;
  expect(await runQuery(database, hunt, { "access-key": "AKIAIOSFODNN7EXAMPLE" })).toMatchObject({
    rows: [],
    evaluability: { status: "not_evaluable", reason: "cloudtrail_event is empty" },
  });
  await insertGiven(database, {
    cloudtrail_event: [
      {
        event_time: "2026-03-11T12:00:00Z",
        event_name: "InvokeModel",
        access_key_id: "AKIAIOSFODNN7EXAMPLE",
      },
    ],
  });
  expect(await runQuery(database, hunt, { "access-key": "AKIAIOSFODNN7EXAMPLE" })).toEqual({
    columns: [
      { name: "event_time", type: "TIMESTAMP WITH TIME ZONE" },
      { name: "event_name", type: "VARCHAR" },
      { name: "artifact_id", type: "BIGINT" },
      { name: "record_no", type: "BIGINT" },
    ],
    rows: [{ event_time: "2026-03-11T12:00:00Z", event_name: "InvokeModel", artifact_id: 1, record_no: 1 }],
    evaluability: { status: "complete", reason: null },
    provenance: {
      id: "h-key-activity",
      version: "1.0.0",
      sha256: hunt.sha256,
      parameters: { access_key: "AKIAIOSFODNN7EXAMPLE" },
    },
  });
  await expect(runQuery(database, hunt)).rejects.toThrow("h-key-activity needs --access-key");
});

test("several at a time give the results of one at a time, in the same order", async () => {
  await insertGiven(database, { s3_access: [READS("role/ana", 450), READS("role/ben", 3)] });
  const [query] = queries as [Query];
  const copies = Array.from({ length: 9 }, (_, index) => ({ ...query, id: `dst-bulk-read-${index}` }));
  const broken = { ...query, id: "dst-bulk-read-broken", sql: "select error('no')" };
  const run = (concurrency: number) =>
    runDetections(database, [...copies, broken], { runId: "run", concurrency });
  const results = await run(4);
  expect(results).toEqual(await run(1));
  expect(results.map(({ status }) => status)).toEqual([...copies.map(() => "fired"), "not_evaluable"]);
  expect(results.at(-1)).toMatchObject({ failed: true });
});

test("every connection to a database has UTC, whatever the zone of the machine", async () => {
  const further = await database.connect();
  for (const connection of [database, further])
    expect(await connection.rows("select current_setting('TimeZone') as zone")).toEqual([{ zone: "UTC" }]);
});
