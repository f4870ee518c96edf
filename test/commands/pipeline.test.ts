import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coldtrail } from "./command-line.js";

let work: string;
let folder: string;
let evidence: string;

const event = (i: number, more: object = {}): object => ({
  eventVersion: "1.11",
  userIdentity: {
    type: "IAMUser",
    arn: "arn:aws:iam::111122223333:user/svc-rag-sync",
    accountId: "111122223333",
    accessKeyId: "AKIAEXAMPLESVCRAGSYN",
  },
  eventTime: `2026-03-11T09:12:${String(i).padStart(2, "0")}Z`,
  eventSource: "bedrock.amazonaws.com",
  eventName: "InvokeModel",
  awsRegion: "us-east-1",
  sourceIPAddress: "198.51.100.23",
  userAgent: "\u001b[2Jpwned",
  errorCode: "AccessDenied",
  requestParameters: { modelId: "anthropic.claude-3-opus-20240229-v1:0" },
  responseElements: null,
  requestID: `r-${i}`,
  eventID: `e-${i}`,
  eventType: "AwsApiCall",
  managementEvent: true,
  recipientAccountId: "111122223333",
  eventCategory: "Management",
  ...more,
});

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-commands-"));
  evidence = join(work, "evidence");
  folder = join(work, "case");
  await mkdir(join(evidence, "trail"), { recursive: true });
  const records = Array.from({ length: 8 }, (_, i) => event(i));
  await writeFile(join(evidence, "trail", "a.json.gz"), gzipSync(JSON.stringify({ Records: records })));
  await writeFile(join(evidence, "notes.txt"), "what the administrator remembers\n");
  expect((await coldtrail("init", folder, "--title", "T", "--examiner", "E")).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

describe("from copying to report", () => {
  test("acquire seals what it copied and says so", async () => {
    const { code, notes } = await coldtrail("acquire", folder, evidence);
    expect(code).toBe(0);
    expect(notes).toContain("sealed evidence/0001: 2 files");
  });

  test("verify finds everything as it was sealed", async () => {
    const { code, notes } = await coldtrail("verify", folder);
    expect(code).toBe(0);
    expect(notes).toContain("all as it was sealed");
  });

  test("ingest loads every record once, and nothing the second time", async () => {
    const first = await coldtrail("ingest", folder);
    expect(first.notes).toContain("8 records = 8 rows");
    expect(first.code).toBe(0);
    const second = await coldtrail("ingest", folder);
    expect(second.notes).toContain("read 0 artifacts");
    expect(second.code).toBe(0);
  });

  test("status counts records by source and names what nobody claimed", async () => {
    const found = JSON.parse((await coldtrail("status", folder, "--json")).out);
    expect(found).toMatchObject({
      artifacts: 2,
      unclaimed: 1,
      sources: [
        { source: "cloudtrail", artifacts: 1, records: 8, rows: 8, duplicates: 0, skipped: 0, rejected: 0 },
      ],
      coverage: [
        {
          source: "cloudtrail_event",
          account_id: "111122223333",
          region: "us-east-1",
          day: "2026-03-11",
          rows: 8,
        },
      ],
    });
    expect((await coldtrail("status", folder)).out).toContain("notes.txt");
  });

  test("detect finds the denials and --fail-on makes it the exit code", async () => {
    const { code, out } = await coldtrail("detect", folder, "--only", "acc-access-denied-ai", "--json");
    expect(code).toBe(0);
    const [result] = JSON.parse(out);
    expect(result).toMatchObject({ id: "acc-access-denied-ai", status: "fired" });
    expect(result.findings[0].records).toHaveLength(8);
    expect(result.findings[0].records[0]).toEqual({
      table: "cloudtrail_event",
      artifact_id: 2,
      record_no: 1,
    });
    expect(
      (await coldtrail("detect", folder, "--only", "acc-access-denied-ai", "--fail-on", "low")).code,
    ).toBe(1);
  });

  test("a hunt runs with its parameter and names query, version and parameters", async () => {
    const { code, out, notes } = await coldtrail(
      "hunt",
      "run",
      folder,
      "h-key-activity",
      "--access-key",
      "AKIAEXAMPLESVCRAGSYN",
      "--json",
    );
    expect(code).toBe(0);
    const calls = (JSON.parse(out) as { source: string }[]).filter(
      (row) => row.source === "cloudtrail_event",
    );
    expect(calls).toHaveLength(8);
    expect(notes).toMatch(/h-key-activity \d+\.\d+\.\d+, sha256 [0-9a-f]{12}/);
  });

  test("record shows one record byte for byte, without letting it drive the terminal", async () => {
    const { out, notes } = await coldtrail("record", folder, "2", "3");
    expect(out).toBe(`${JSON.stringify(event(2))}\n`);
    expect(notes).toContain("checked");
    expect((await coldtrail("sql", folder, "select user_agent from cloudtrail_event limit 1")).out).toContain(
      "\\u{1B}[2Jpwned",
    );
  });

  test("report writes one page and the findings, and ends with its path", async () => {
    const { code, out } = await coldtrail("report", folder, "--clock", "2026-03-12T08:00:00Z");
    expect(code).toBe(0);
    expect(out.trim()).toMatch(/report\.html$/);
  });

  test("the custody log knows who did what, and is unbroken", async () => {
    expect((await coldtrail("custody", "note", folder, "handed to the court")).code).toBe(0);
    const actions = JSON.parse((await coldtrail("custody", "show", folder, "--json")).out).map(
      (entry: { action: string }) => entry.action,
    );
    expect(actions.slice(0, 4)).toEqual(["init", "acquire", "verify", "ingest"]);
    expect(actions.at(-1)).toBe("note");
    expect((await coldtrail("custody", "verify", folder)).code).toBe(0);
  });

  test("the database can be deleted and comes back the same", async () => {
    const question = [
      "sql",
      folder,
      "select * from cloudtrail_event order by artifact_id, record_no",
      "--json",
    ] as const;
    const before = (await coldtrail(...question)).out;
    await rm(join(folder, "case.duckdb"));
    expect((await coldtrail("ingest", folder)).code).toBe(0);
    expect((await coldtrail(...question)).out).toBe(before);
  });
});

describe("bad input gets one clear sentence and the designed exit code", () => {
  const oneLine = (notes: string): void => expect(notes.trim().split("\n")).toHaveLength(1);

  test("a folder that is no case", async () => {
    const { code, notes } = await coldtrail("status", work);
    expect(code).toBe(2);
    expect(notes).toContain("not a case folder");
    oneLine(notes);
  });

  test("a case without a database", async () => {
    const empty = join(work, "empty");
    await coldtrail("init", empty, "--title", "T", "--examiner", "E");
    const { code, notes } = await coldtrail("sql", empty, "select 1");
    expect(code).toBe(2);
    expect(notes).toContain("run `coldtrail ingest`");
  });

  test("a misspelt command, an unknown option, a missing argument", async () => {
    for (const args of [
      ["ingset", folder],
      ["status", folder, "--jsn"],
      ["init", folder],
    ]) {
      const { code, notes } = await coldtrail(...args);
      expect(code).toBe(2);
      oneLine(notes);
    }
  });

  test("a hunt that does not exist is answered with the nearest one", async () => {
    const { code, notes } = await coldtrail("hunt", "run", folder, "h-key-activty", "--access-key", "x");
    expect(code).toBe(2);
    expect(notes).toContain("h-key-activity");
  });

  test("a source that is not there", async () => {
    const { code, notes } = await coldtrail("acquire", folder, join(work, "nowhere"));
    expect(code).not.toBe(0);
    expect(notes).toContain("nowhere");
  });

  test("a broken query", async () => {
    const { code, notes } = await coldtrail("sql", folder, "selec 1");
    expect(code).toBe(2);
    oneLine(notes);
  });

  test("SQL cannot write, read files or attach", async () => {
    for (const query of [
      "delete from cloudtrail_event",
      "create table x (a int)",
      "select * from read_csv('/etc/passwd')",
      "select * from read_text('case.yaml')",
      "copy cloudtrail_event to 'x.csv'",
      "attach 'x.db'",
      "install httpfs",
      "set enable_external_access = true",
    ]) {
      expect((await coldtrail("sql", folder, query)).code, query).toBe(2);
    }
    expect(
      JSON.parse(
        (await coldtrail("sql", folder, "select count(*) as n from cloudtrail_event", "--json")).out,
      ),
    ).toEqual([{ n: 8 }]);
  });

  test("a record longer than most files is loaded, one with a hundred megabytes too", async () => {
    const large = join(work, "large");
    await mkdir(join(large, "e"), { recursive: true });
    const text = JSON.stringify({
      Records: [event(1), event(2, { requestParameters: { blob: "x".repeat(100e6) } }), event(3)],
    });
    await writeFile(join(large, "e", "large.json"), text);
    await coldtrail("init", join(large, "case"), "--title", "T", "--examiner", "E");
    await coldtrail("acquire", join(large, "case"), join(large, "e"));
    const { code, notes } = await coldtrail("ingest", join(large, "case"));
    expect(notes).toContain("3 records = 3 rows");
    expect(code).toBe(0);
  });

  test("damage is exit code 4, and status says where", async () => {
    const damaged = join(work, "damaged");
    await mkdir(join(damaged, "e"), { recursive: true });
    const good = JSON.stringify(event(1));
    await writeFile(join(damaged, "e", "cut.json"), `{"Records":[${good},${good.slice(0, 100)}`);
    await coldtrail("init", join(damaged, "case"), "--title", "T", "--examiner", "E");
    await coldtrail("acquire", join(damaged, "case"), join(damaged, "e"));
    expect((await coldtrail("ingest", join(damaged, "case"))).code).toBe(4);
    const { rejects, sources } = JSON.parse((await coldtrail("status", join(damaged, "case"), "--json")).out);
    expect(sources).toMatchObject([{ records: 2, rows: 1, rejected: 1 }]);
    expect(rejects).toMatchObject([
      { original: "e/cut.json", first_record: 2, reason: "cut off before its end", rejected: 1 },
    ]);
  });

  test("a changed, a missing and an unexpected file are all named in one run of verify, exit code 3", async () => {
    const tampered = join(work, "tampered");
    await mkdir(join(tampered, "e"), { recursive: true });
    for (const name of ["a", "b", "c"])
      await writeFile(join(tampered, "e", `${name}.json`), JSON.stringify([event(1)]));
    await coldtrail("init", join(tampered, "case"), "--title", "T", "--examiner", "E");
    await coldtrail("acquire", join(tampered, "case"), join(tampered, "e"));
    const data = join(tampered, "case", "evidence", "0001", "data", "e");
    await chmod(data, 0o755);
    await chmod(join(data, "a.json"), 0o644);
    await writeFile(join(data, "a.json"), "[]");
    await rename(join(data, "b.json"), join(tampered, "b.json"));
    await copyFile(join(data, "c.json"), join(data, "planted.json"));
    const { code, out } = await coldtrail("verify", join(tampered, "case"));
    expect(code).toBe(3);
    for (const name of ["a.json", "b.json", "planted.json"]) expect(out).toContain(name);
    const ingest = await coldtrail("ingest", join(tampered, "case"));
    expect(ingest.code).toBe(3);
    expect(ingest.notes).toContain("changed after it was sealed");
  });
});
