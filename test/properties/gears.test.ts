import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import { applySchema, Database } from "../../src/database/index.js";
import { forgetArtifacts, Loader } from "../../src/ingest/load.js";
import { settle } from "../../src/ingest/settle.js";
import { loadSources, type Source } from "../../src/ingest/source.js";
import { type StageJob, Stager } from "../../src/ingest/stage.js";

let work: string;
let sources: Source[];
let database: Database;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-gears-"));
  sources = await loadSources(assetFolder("sql"));
  database = await Database.openForIngest(join(work, "case.duckdb"), {
    readFolders: [join(work, "spool")],
    threads: 1,
  });
  await applySchema(database, assetFolder("sql"));
});
afterAll(async () => {
  database.close();
  await rm(work, { recursive: true, force: true });
});

/** What one file becomes when a chosen gear starts on it. */
async function ingested(bytes: Buffer, name: string, careful: boolean): Promise<Record<string, unknown>> {
  await forgetArtifacts(database, [1]);
  const path = join(work, "evidence");
  await writeFile(path, bytes);
  const job: StageJob = { artifactId: 1, path, members: [], size: bytes.length, sha256: null, name, careful };
  const origin = { acquisition: "0001", path: name, original: name, member: null };
  const redo: StageJob[] = [];
  const loader = new Loader(database, sources, new Map([[1, origin]]), () =>
    redo.push({ ...job, careful: true }),
  );
  const stager = new Stager({
    sources,
    spoolFolder: join(work, "spool"),
    name: `gear-${careful}`,
    batchBytes: 1_000_000,
    maxRecord: 1_000_000,
    ship: (batch) => loader.load(batch),
  });
  for (let next: StageJob | undefined = job; next !== undefined; next = redo.shift()) {
    await stager.stage(next);
    await stager.flush();
  }
  await loader.commit();
  const broken = await settle(database, sources, assetFolder("sql"));
  const table = (name: string): Promise<unknown[]> => database.rows(`from ${name} order by record_no`);
  const result = {
    broken,
    artifact: await database.rows("select source, state, records from artifact"),
    cloudtrail: await table("cloudtrail_event"),
    s3: await table("s3_access"),
    flow: await table("vpc_flow"),
    bedrock: await table("bedrock_invocation"),
    rejected: await database.rows("select record_no from reject order by record_no"),
    skipped: await database.rows("select record_no, reason from skip order by record_no"),
  };
  await forgetArtifacts(database, [1]);
  return result;
}

const event = (i: number): string =>
  `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/svc-rag-sync"},"eventTime":"2026-03-11T09:12:0${i}Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","userAgent":"a \\"quoted\\" {é}","requestParameters":{"a":[1,{"b":null}]},"eventID":"e-${i}","extra":${i}}`;
const SEEDS: Record<string, { name: string; text: string }> = {
  "CloudTrail file": { name: "ct.json", text: `{"Records":[${[1, 2, 3, 4].map(event).join(",")}]}` },
  "CloudTrail array, pretty": {
    name: "ct.json",
    text: JSON.stringify(
      [1, 2].map((i) => JSON.parse(event(i))),
      null,
      1,
    ),
  },
  "CloudTrail lines": { name: "ct.jsonl", text: `${[1, 2, 3].map(event).join("\n")}\n` },
  "S3 access log": {
    name: "2026-03-11-13-00-00-0123456789ABCDEF",
    text: `${"a".repeat(64)} acme-ml-training [11/Mar/2026:12:10:00 +0000] 10.20.1.51 arn:aws:sts::111122223333:assumed-role/ml-notebook-exec/SageMaker 3E57427F3EXAMPLE REST.GET.OBJECT datasets/churn/v3/part-00000.parquet "GET /datasets/churn/v3/part-00000.parquet HTTP/1.1" 200 - 12000000 12000000 70 10 "-" "Boto3/1.34 \\"x\\"" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader acme-ml-training.s3.amazonaws.com TLSv1.3 - - us-east-1\n`.repeat(
      3,
    ),
  },
  "VPC flow log": {
    name: "x_vpcflowlogs_y.log",
    text: "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n2 111122223333 eni-1 10.20.1.51 198.51.100.140 40000 443 6 10 1200 1773230400 1773230460 ACCEPT OK\n2 111122223333 eni-1 - - - - - - - 1773230460 1773230520 - NODATA\n",
  },
  "Bedrock invocation log": {
    name: "b.json",
    text: `${[1, 2].map((i) => `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-11T10:40:0${i}Z","accountId":"111122223333","identity":{"arn":"arn:aws:iam::111122223333:user/BedrockAPIKey-x7f2"},"region":"us-east-1","requestId":"r-${i}","operation":"Converse","modelId":"anthropic.claude-3-opus","input":{"inputContentType":"application/json","inputBodyJson":{"messages":[{"role":"user","content":[{"text":"hi"}]}]},"inputTokenCount":5},"output":{"outputBodyJson":{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},"stopReason":"end_turn"},"outputTokenCount":2}}`).join("\n")}\n`,
  },
};

/** Cuts, overwrites and inserts: what disks, transfers and attackers do to a file. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("cut", "overwrite", "insert", "remove"),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    fc
      .constantFrom("{", "}", "[", "]", '"', ",", "\\", "\n", "\0", ":", "NaN", ",}", '"\\ud800"')
      .map((text) => Buffer.from(text)),
  ),
});

function mutated(text: string, mutations: { at: number; kind: string; bytes: Uint8Array }[]): Buffer {
  let bytes = Buffer.from(text);
  for (const { at, kind, bytes: piece } of mutations) {
    const offset = Math.floor(at * bytes.length);
    const before = bytes.subarray(0, offset);
    if (kind === "cut") bytes = Buffer.from(before);
    else if (kind === "insert") bytes = Buffer.concat([before, piece, bytes.subarray(offset)]);
    else if (kind === "remove") bytes = Buffer.concat([before, bytes.subarray(offset + piece.length)]);
    else bytes = Buffer.concat([before, piece, bytes.subarray(offset + piece.length)]);
  }
  return bytes;
}

const RUNS = Number(process.env.COLDTRAIL_FUZZ_RUNS ?? 5);

describe("whatever happens to a file, both gears give the same rows and every record is accounted for", () => {
  for (const [title, { name, text }] of Object.entries(SEEDS)) {
    test(title, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 0, maxLength: 3 }), async (mutations) => {
          const bytes = mutated(text, mutations);
          const fast = await ingested(bytes, name, false);
          expect(fast.broken).toEqual([]);
          expect(await ingested(bytes, name, true)).toEqual(fast);
        }),
        { numRuns: RUNS },
      );
    });
  }

  test("bytes that mean nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const fast = await ingested(Buffer.from(bytes), "noise", false);
        expect(fast.broken).toEqual([]);
        expect(await ingested(Buffer.from(bytes), "noise", true)).toEqual(fast);
      }),
      { numRuns: RUNS },
    );
  });
});
