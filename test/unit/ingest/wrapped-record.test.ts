import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import { Database } from "../../../src/database/index.js";
import { acquire, type Case, initCase, openCase } from "../../../src/evidence/index.js";
import { databasePath, ingest, readRecord } from "../../../src/ingest/index.js";

const cases = join(import.meta.dirname, "../../sources");
let work: string;
let held: Case;
let database: Database;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-wrapped-"));
  const folder = join(work, "case");
  const statement = { title: "Wrapped", examiner: "Test" };
  await initCase(folder, statement, { now: () => new Date(0), newId: () => "case", version: "0" });
  held = await openCase(folder);
  const evidence = [
    "cloudtrail/lookup-hostile",
    "cloudtrail/lake",
    "cloudtrail/notifications",
    "cloudwatch-log/lambda",
    "cloudwatch-log/containers",
    "cloudwatch-log/hostile",
    "s3-access-delivery/parquet",
  ].map((name) => join(cases, name, "evidence"));
  for (const folder of evidence) await acquire(held, [folder], { now: () => new Date(0), version: "0" });
  await ingest(held, { sqlFolder: assetFolder("sql"), threads: 1 });
  database = await Database.openForAnalysis(databasePath(held));
});
afterAll(async () => {
  database.close();
  await rm(work, { recursive: true, force: true });
});

async function shown(table: string, where: string): Promise<string> {
  const [row] = await database.rows<{ artifact_id: number; record_no: number }>(
    `select artifact_id, record_no from ${table} where ${where} order by all`,
  );
  if (row === undefined) throw new Error(`no row of ${table} where ${where}`);
  return (await readRecord(database, held, row.artifact_id, row.record_no)).bytes.toString();
}

describe("a record inside a string is shown as the sealed element that carries it", () => {
  test("an event of lookup-events", async () => {
    const element = JSON.parse(await shown("cloudtrail_event", "event_id like '%0005' and unknown is null"));
    expect(element).toMatchObject({ EventId: "00000000-0000-5000-8000-000000000005" });
    expect(typeof element.CloudTrailEvent).toBe("string");
  });

  test("several events in one string show the same element", async () => {
    const first = await shown("cloudtrail_event", "event_id like '%0007' and record_no = 7");
    expect(await shown("cloudtrail_event", "record_no = 2000000007")).toBe(first);
    expect(JSON.parse(first)).toMatchObject({ EventId: "00000000-0000-5000-8000-000000000007" });
  });

  test("a row of a query, of CSV and a message of a queue", async () => {
    const rows = await database.rows<{ container: string; artifact_id: number; record_no: number }>(
      `select container, artifact_id, min(record_no)::bigint as record_no
       from (
           select artifact_id, record_no from cloudtrail_event
           union all
           select artifact_id, record_no from duplicate
       )
       join artifact using (artifact_id)
       where contains(container, ' → ')
       group by all
       order by all`,
    );
    const bytes = new Map<string, string>();
    for (const { container, artifact_id: id, record_no: no } of rows) {
      bytes.set(container, (await readRecord(database, held, id, no)).bytes.toString());
    }
    expect(bytes.get("csv → eventjson")).toMatch(/^e-1,"\{""eventVersion""/);
    expect(bytes.get("QueryResultRows → eventjson")).toMatch(/^\[\s*\{\s*"eventid": "x"/);
    expect(bytes.get("Messages → Body")).toMatch(/^\{\s*"MessageId": "a"/);
    expect(bytes.get("root → Message")).toMatch(/^\{"Type":"Notification"/);
  });

  test("a message of several lines, with its time", async () => {
    expect(await shown("cloudwatch_log_event", "message like '%KeyError%'")).toBe(
      "2026-03-09T11:00:00.200Z [ERROR] KeyError: 'customer'\nTraceback (most recent call last):\n\n  File \"/var/task/app.py\", line 12, in handler",
    );
  });

  test("a row of a Parquet file as JSON", async () => {
    expect(JSON.parse(await shown("s3_access", "key = 'a b'"))).toMatchObject({
      key_name: "a%20b",
      operation: "REST.GET.OBJECT",
    });
  });

  test("every row of a wrapped container has its element", async () => {
    for (const table of [
      "cloudtrail_event",
      "cloudwatch_log_event",
      "vpc_flow",
      "bedrock_invocation",
      "reject",
      "skip",
    ]) {
      const rows = await database.rows<{ artifact_id: number; record_no: number }>(
        `select artifact_id, record_no from ${table} join artifact using (artifact_id) where contains(container, ' → ')`,
      );
      expect(rows.length, table).toBeGreaterThan(0);
      for (const { artifact_id: id, record_no: no } of rows) {
        const { bytes } = await readRecord(database, held, id, no);
        expect(bytes.length, `${table} ${id}:${no}`).toBeGreaterThan(0);
      }
    }
  });
});
