import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import { applySchema, Database } from "../../src/database/index.js";
import { coldtrail } from "../commands/command-line.js";
import { zipOf } from "../unit/evidence/zip-writer.js";

/**
 * Everything in evidence is written by an attacker: one test per threat that meets ingest or analysis. Threats that meet acquire
 * (names, links, zips, growing files) are in test/unit/evidence/hostile.test.ts, keys of S3 in s3.test.ts, a single record of a
 * hundred megabytes in test/commands/pipeline.test.ts, whatever aims at the report in test/unit/report/hostile.test.ts.
 */

const work = await mkdtemp(join(tmpdir(), "coldtrail-hostile-"));
afterAll(() => rm(work, { recursive: true, force: true }));
let cases = 0;

const event = (more: object): object => ({
  eventVersion: "1.11",
  eventTime: "2026-03-11T09:12:04Z",
  eventSource: "sts.amazonaws.com",
  eventName: "GetCallerIdentity",
  eventID: "e-1",
  recipientAccountId: "111122223333",
  ...more,
});

/** A case with this one file in it, ingested. */
async function ingested(
  name: string,
  bytes: string | Buffer,
): Promise<{ folder: string; code: number; notes: string }> {
  const folder = join(work, `case-${++cases}`);
  const evidence = join(work, `evidence-${cases}`);
  await mkdir(evidence);
  await writeFile(join(evidence, name), bytes);
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await coldtrail("acquire", folder, evidence);
  return { folder, ...(await coldtrail("ingest", folder)) };
}

async function rows(folder: string, query: string): Promise<Record<string, unknown>[]> {
  return JSON.parse((await coldtrail("sql", folder, query, "--json")).out);
}

describe("hostile evidence", () => {
  test("a gzip bomb is left after it showed what it is, and said", async () => {
    const start = Buffer.from(`{"Records":[${JSON.stringify(event({}))}`);
    const bomb = gzipSync(Buffer.concat([start, Buffer.alloc(300 * 1024 * 1024, " ")]), { level: 9 });
    const { code, notes } = await ingested("bomb.json.gz", bomb);
    expect(notes).toContain("inflates to more than 500 times its size");
    expect(code).toBe(4);
  });

  test("members of a gzip file are all read, whatever the last one says of its size", async () => {
    const lines = (from: number, to: number): string =>
      Array.from(
        { length: to - from },
        (_, i) => `${JSON.stringify(event({ eventID: `e-${from + i}` }))}\n`,
      ).join("");
    const whole = Buffer.concat([gzipSync(lines(0, 500)), gzipSync(lines(500, 501))]);
    const { folder, code } = await ingested("members.json.gz", whole);
    expect(code).toBe(0);
    expect(await rows(folder, "select state, note, records from artifact")).toEqual([
      { state: "loaded", note: null, records: 501 },
    ]);
    expect(await rows(folder, "select count(*) as n from cloudtrail_event")).toEqual([{ n: 501 }]);
    const lying = gzipSync(lines(0, 500));
    lying.writeUInt32LE(0, lying.length - 4);
    const lied = await ingested("lying.json.gz", lying);
    expect(lied.code).toBe(4);
    expect(lied.notes).toContain("the gzip stream is damaged");
    // zlib keeps the last bytes to itself when it fails: the record in them is a reject.
    expect(await rows(lied.folder, "select row_count, rejected from record_count")).toEqual([
      { row_count: 499, rejected: 1 },
    ]);
  });

  test("a zip bomb is left when it is opened, said, and the other members are loaded", async () => {
    const bomb = zipOf([
      { name: "bomb.json", content: Buffer.alloc(400 * 1024 * 1024, " ") },
      { name: "good.json", content: Buffer.from(JSON.stringify([event({})])) },
    ]);
    const { folder, code } = await ingested("bomb.zip", bomb);
    expect(code).toBe(4);
    expect(await rows(folder, "select state, note, member from artifact order by artifact_id")).toEqual([
      expect.objectContaining({ state: "zip" }),
      expect.objectContaining({ member: "bomb.json", note: expect.stringMatching(/inflate/) }),
      expect.objectContaining({ member: "good.json", state: "loaded" }),
    ]);
    expect(await rows(folder, "select count(*) as n from cloudtrail_event")).toEqual([{ n: 1 }]);
  });

  test("a header of thousands of columns costs no memory, and none of its values is lost", async () => {
    const [names, values] = [
      "version interface-id srcaddr dstaddr start end log-status",
      "5 eni-1 10.0.0.1 10.0.0.2 1773230400 1773230460 OK",
    ];
    const columns = Array.from({ length: 20_000 }, (_, i) => i);
    const header = `${names} ${columns.map((i) => `x${i}`).join(" ")}`;
    const line = `${values} ${columns.map((i) => `v${i}`).join(" ")}`;
    const { folder, code, notes } = await ingested("flow.log", `${header}\n${line}\n`);
    expect(code, notes).toBe(0);
    expect(
      await rows(
        folder,
        "select srcaddr, len(json_keys(unknown)) as names, unknown ->> '$.x19999' as last from vpc_flow",
      ),
    ).toEqual([{ srcaddr: "10.0.0.1", names: 20_000, last: "v19999" }]);
  });

  test("members of a zip that want to be written elsewhere are read where they are, under their own names", async () => {
    const names = [
      "../../../../tmp/coldtrail-slip.json",
      "/etc/coldtrail-slip.json",
      "C:\\coldtrail-slip.json",
    ];
    const slip = zipOf(
      names.map((name, n) => ({
        name,
        content: Buffer.from(JSON.stringify([event({ eventID: `e-${n}` })])),
      })),
    );
    const { folder, code } = await ingested("slip.zip", slip);
    expect(code).toBe(0);
    expect(
      await rows(
        folder,
        "select member, event_id from artifact join cloudtrail_event using (artifact_id) order by event_id",
      ),
    ).toEqual(names.map((member, n) => ({ member, event_id: `e-${n}` })));
    const left = [...(await readdir("/tmp")), ...(await readdir("/etc")), ...(await readdir(process.cwd()))];
    expect(left.filter((name) => name.includes("coldtrail-slip"))).toEqual([]);
  });

  test("a hostile file name reaches neither terminal nor database as anything but a name", async () => {
    const name = "\u001b[2J'; drop table artifact; --\nx.json";
    const { folder, code, notes } = await ingested(name, "not evidence");
    expect(code).toBe(0);
    const { out } = await coldtrail("status", folder);
    expect(out + notes).not.toMatch(/\u001b/);
    expect(await rows(folder, "select original from artifact")).toEqual([
      { original: expect.stringContaining(name) },
    ]);
  });

  test.each([
    { levels: 5_000, what: "is one record like any other", ends: 0, found: 1 },
    { levels: 100_000, what: "is rejected, and nothing overflows", ends: 4, found: 0 },
  ])("JSON nested $levels levels deep $what", async ({ levels, ends, found }) => {
    const deep = `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const text = JSON.stringify(event({ requestParameters: { deep: 0 } })).replace(
      '"deep":0',
      `"deep":${deep}`,
    );
    const { folder, code } = await ingested("deep.json", `{"Records":[${text}]}`);
    expect(code).toBe(ends);
    expect(await rows(folder, "select count(*) as n from cloudtrail_event")).toEqual([{ n: found }]);
  });

  test("keys that imitate the ones ingest writes cannot forge where a row comes from", async () => {
    const forged = JSON.stringify([event({ _artifact: 99, _record: 99 }), event({ eventID: "e-2" })]);
    const { folder, code } = await ingested("forged.json", forged);
    expect(code).toBe(4);
    expect(await rows(folder, "select artifact_id, record_no from cloudtrail_event")).toEqual([
      { artifact_id: 1, record_no: 2 },
    ]);
    expect(await rows(folder, "select record_no, reason from reject")).toEqual([
      { record_no: 1, reason: 'key "_record" occurs twice' },
    ]);
  });

  test("two values for one key are a reject: no parser decides which one the court sees", async () => {
    const { folder } = await ingested(
      "twice.json",
      JSON.stringify([event({})]).replace('"eventName"', '"eventName":"Other","eventName"'),
    );
    expect(await rows(folder, "select reason from reject")).toEqual([
      { reason: 'key "eventName" occurs twice' },
    ]);
  });

  test("escape sequences in a user agent never reach the terminal raw", async () => {
    const { folder } = await ingested(
      "ansi.json",
      JSON.stringify([event({ userAgent: "\u001b]0;owned\u0007\u001b[2J\u202e" })]),
    );
    const { out } = await coldtrail("sql", folder, "select user_agent from cloudtrail_event");
    expect(out).toContain("\\u{1B}]0;owned\\u{7}\\u{1B}[2J\\u{202E}");
    expect(out).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  test("a cell that a spreadsheet would run as a formula is text in CSV", async () => {
    const { folder } = await ingested(
      "formula.json",
      JSON.stringify([event({ userAgent: "=cmd|'/c calc'!A0" })]),
    );
    const { out } = await coldtrail("sql", folder, "select user_agent from cloudtrail_event", "--csv");
    expect(out).toContain("'=cmd|");
    expect(out).not.toMatch(/^=/m);
    const starts = ["=1", "+1", "-1+cmd", "@SUM(1)", "\t=1", "\r=1"];
    for (const start of starts) {
      const cells = await coldtrail("sql", folder, `select '${start}' as cell`, "--csv");
      expect(cells.out.split("\r\n", 2)[1], start).toMatch(/^"?'/);
    }
    expect((await coldtrail("sql", folder, "select -5 as n", "--csv")).out).toBe("n\r\n-5\r\n");
  });

  test("quotes in an S3 access log cannot forge a status: the line is flagged", async () => {
    const line = `${"a".repeat(64)} acme-kb-docs [11/Mar/2026:11:07:00 +0000] 198.51.100.23 arn:aws:iam::111122223333:user/Kqwbxn482 3E57427F3EXAMPLE REST.PUT.OBJECT policies/refunds.md "PUT /policies/refunds.md HTTP/1.1" 200 - - 24000 20 10 "-" "x" 403 AccessDenied - - - - "-" "innocent" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3= SigV4 TLS AuthHeader acme-kb-docs.s3.amazonaws.com TLSv1.3 - - us-east-1\n`;
    const { folder } = await ingested("2026-03-11-12-00-00-0123456789ABCDEF", line);
    const [row] = await rows(folder, "select http_status, flags from s3_access");
    expect(row).toMatchObject({ http_status: 200, flags: ["ambiguous_quotes"] });
  });

  test("a script in a prompt is text in the report", async () => {
    const { folder } = await ingested(
      "prompt.json",
      JSON.stringify([
        event({
          eventSource: "bedrock.amazonaws.com",
          eventName: "<script>alert(1)</script>",
          errorCode: "AccessDenied",
          userIdentity: { type: "IAMUser", arn: "arn:aws:iam::1:user/<img src=x onerror=alert(1)>" },
        }),
      ]),
    );
    await coldtrail("detect", folder);
    const page = (await coldtrail("report", folder)).out.trim();
    const { readFile } = await import("node:fs/promises");
    const html = await readFile(page, "utf8");
    expect(html).not.toMatch(/<script|<img/i);
    expect(html).toContain("default-src 'none'");
  });
});

describe("what DuckDB may touch", () => {
  test("while ingesting, nothing but the folders it was given", async () => {
    const allowed = join(work, "allowed");
    await mkdir(allowed);
    await writeFile(join(allowed, "a.json"), "{}");
    await writeFile(join(work, "secret.json"), "{}");
    const database = await Database.openForIngest(join(work, "probe.duckdb"), { readFolders: [allowed] });
    try {
      await applySchema(database, assetFolder("sql"));
      await database.rows(`from read_text('${allowed}/a.json')`);
      await expect(database.rows(`from read_text('${work}/secret.json')`)).rejects.toThrow(/Permission/);
      await expect(database.rows(`from read_text('${allowed}/../secret.json')`)).rejects.toThrow(
        /Permission/,
      );
      await symlink(join(work, "secret.json"), join(allowed, "link.json"));
      for (const statement of [
        `from read_text('${allowed}/link.json')`,
        `from read_text('/etc/passwd')`,
        `from read_csv('/proc/self/environ')`,
        `from glob('${work}/*')`,
        `copy (select 1) to '${work}/out.csv'`,
        `attach '${work}/other.duckdb' as other`,
        `from read_json('https://example.com/a.json')`,
      ]) {
        await expect(database.run(statement), statement).rejects.toThrow();
      }
      await expect(database.run("install httpfs")).rejects.toThrow();
      await expect(database.run("set enable_external_access = true")).rejects.toThrow();
    } finally {
      database.close();
    }
  });

  test("while analysing, no file at all, and no setting can be taken back", async () => {
    const database = await Database.openForAnalysis(join(work, "probe.duckdb"));
    try {
      for (const statement of [
        `from read_text('${work}/secret.json')`,
        `copy (select 1) to '${work}/out.csv'`,
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "attach ':memory:' as other",
        "insert into named_set values ('a', 'b')",
        "load httpfs",
      ]) {
        await expect(database.run(statement), statement).rejects.toThrow();
      }
    } finally {
      database.close();
    }
  });
});
