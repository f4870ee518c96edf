import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gears, mutated, mutation, RUNS } from "./gear.js";

let gears: Gears;

beforeAll(async () => {
  gears = await Gears.open();
});
afterAll(() => gears.close());

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

describe("whatever happens to a file, both gears give the same rows and every record is accounted for", () => {
  for (const [title, { name, text }] of Object.entries(SEEDS)) {
    test(title, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 0, maxLength: 3 }), async (mutations) => {
          const bytes = mutated(Buffer.from(text), mutations);
          const fast = await gears.ingested(bytes, name, false);
          expect(fast.broken).toEqual([]);
          expect(await gears.ingested(bytes, name, true)).toEqual(fast);
        }),
        { numRuns: RUNS },
      );
    });
  }

  test("bytes that mean nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const fast = await gears.ingested(Buffer.from(bytes), "noise", false);
        expect(fast.broken).toEqual([]);
        expect(await gears.ingested(Buffer.from(bytes), "noise", true)).toEqual(fast);
      }),
      { numRuns: RUNS },
    );
  });
});
