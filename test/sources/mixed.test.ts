import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { zipOf } from "../unit/evidence/zip-writer.js";
import { asked } from "./samples.js";

const part = (name: string, content: string | Buffer) => ({ name, content: Buffer.from(content) });

const event = (id: string): string =>
  JSON.stringify({
    eventVersion: "1.11",
    eventTime: "2026-03-11T09:12:04Z",
    eventSource: "sts.amazonaws.com",
    eventName: "GetCallerIdentity",
    awsRegion: "us-east-1",
    sourceIPAddress: "198.51.100.23",
    eventID: id,
    recipientAccountId: "111122223333",
  });
const trail = (...ids: string[]): string => `{"Records":[${ids.map(event).join(",")}]}`;
const access = `${"a".repeat(64)} acme-kb-docs [11/Mar/2026:12:10:00 +0000] 10.20.1.51 - 3E57427F3EXAMPLE REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 12 12 70 10 "-" "Boto3" - h= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader acme-kb-docs.s3.amazonaws.com TLSv1.3 - - us-east-1\n`;
const flow =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n2 111122223333 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1773230400 1773230460 ACCEPT OK\n";
const invocation = `${JSON.stringify({ schemaType: "ModelInvocationLog", timestamp: "2026-03-11T09:12:04Z", requestId: "r", modelId: "m", operation: "Converse", accountId: "111122223333", region: "us-east-1" })}\n`;

const ARTIFACTS = `
  select
      replace(original, 'evidence/', '') as name,
      state,
      coalesce(artifact.source, '') as source,
      coalesce(row_count, 0) as "rows",
      coalesce(duplicates, 0) as duplicates
  from artifact left join record_count using (artifact_id)
  order by name`;

test("evidence of every kind in one folder, in nested folders and in zips is told apart by its content", async () => {
  const inner = zipOf([part("deep/er/flows", flow), part("deep/trail.json.gz", gzipSync(trail("e-3")))]);
  const parquet = await readFile(
    join(
      import.meta.dirname,
      "s3-inventory/parquet/evidence/acme-inventory/acme-ml-training-111122223333/daily/data/0e0e0e0e-1111-4222-8333-666666666666.parquet",
    ),
  );
  const rows = await asked(
    {
      "a.txt": trail("e-1"),
      "b/c/d/e.log": access,
      "b/c/no-extension": invocation,
      "b/photo.json": Buffer.from("\u0089PNG\r\n\u001a\n", "latin1"),
      "case.zip": zipOf([
        part("x/trail.csv", trail("e-2")),
        part("x/list.parquet", parquet),
        part("x/inner.zip", inner),
      ]),
    },
    ARTIFACTS,
  );
  expect(rows.map((row) => [row.name, row.state, row.source, row.rows].join(" "))).toEqual([
    "a.txt loaded cloudtrail 1",
    "b/c/d/e.log loaded s3_access 1",
    "b/c/no-extension loaded bedrock_invocation 1",
    "b/photo.json unclaimed  0",
    "case.zip zip  0",
    "case.zip → x/inner.zip → deep/er/flows loaded vpc_flow 1",
    "case.zip → x/inner.zip → deep/trail.json.gz loaded cloudtrail 1",
    "case.zip → x/list.parquet loaded s3_inventory_parquet 3",
    "case.zip → x/trail.csv loaded cloudtrail 1",
  ]);
});

test("the same file twice, under other names, packed, zipped and in part, gives every record once", async () => {
  const whole = trail("e-1", "e-2");
  const names = {
    "a.json": whole,
    "copy of a.json": whole,
    "elsewhere/a.json.gz": gzipSync(whole),
    "elsewhere/part.json": trail("e-2"),
    "export.zip": zipOf([part("a.json", whole)]),
    "export (1).zip": zipOf([part("a.json", whole)]),
    "log.txt": `${access}${access}`,
    "log2.txt": access,
  };
  const rows = await asked(names, ARTIFACTS);
  const sum = (source: string, column: "rows" | "duplicates"): number =>
    rows.filter((row) => row.source === source).reduce((total, row) => total + Number(row[column]), 0);
  // Bytes that are there twice are read once; records that are there twice are one row.
  expect(rows.filter((row) => row.state === "duplicate").map((row) => row.name)).toHaveLength(2);
  expect([sum("cloudtrail", "rows"), sum("cloudtrail", "duplicates")]).toEqual([2, 5]);
  expect([sum("s3_access", "rows"), sum("s3_access", "duplicates")]).toEqual([1, 2]);
});
