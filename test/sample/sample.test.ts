import { createHash, createPublicKey, createVerify } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generate } from "./generate.js";
import { COMMITTED_ZLIB } from "./gzip.js";

// The sample is read here with nothing but node: what the generator counted while it wrote is no proof.

const COMMITTED = join(dirname(fileURLToPath(import.meta.url)), "../../sample-evidence");
const EVIDENCE = join(COMMITTED, "evidence");
const GENERATED = ["evidence", "reference", "case.yaml", "answer-key.yaml"];

// biome-ignore lint/suspicious/noExplicitAny: log records are read as they come
type Json = Record<string, any>;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

function generatedFiles(root: string): string[] {
  return filesBelow(root).filter((file) => GENERATED.includes(file.split("/")[0]!));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function jsonOf(file: string): Json {
  const bytes = readFileSync(file);
  return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

function linesOf(file: string): string[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

function trailEvents(root: string): Json[] {
  return filesBelow(root)
    .filter((file) => /_CloudTrail_[a-z0-9-]+_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz$/.test(file))
    .flatMap((file) => jsonOf(join(root, file)).Records as Json[]);
}

function distinct(events: readonly Json[]): Json[] {
  return [...new Map(events.map((event) => [event.eventID as string, event])).values()];
}

function isAttacker(event: Json): boolean {
  const arn: string = event.userIdentity.arn ?? "";
  return event.sourceIPAddress.startsWith("198.51.100.") || arn.includes("/lambda-ops-admin/");
}

const scratch = mkdtempSync(join(tmpdir(), "coldtrail-sample-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("what is committed", () => {
  it("is byte for byte what the generator writes", { timeout: 60_000 }, async () => {
    const again = join(scratch, "again");
    await generate(again);
    expect(generatedFiles(again)).toEqual(generatedFiles(COMMITTED));
    // Another zlib may compress the same content to other bytes; then the content is held to be the same.
    const sameZlib = process.versions.zlib === COMMITTED_ZLIB;
    const different = generatedFiles(again).filter((file) => {
      const [a, b] = [readFileSync(join(again, file)), readFileSync(join(COMMITTED, file))];
      if (a.equals(b)) return false;
      if (sameZlib) return true;
      if (file.endsWith(".gz")) return sha256(gunzipSync(a)) !== sha256(gunzipSync(b));
      return !/\.metadata\.json$/.test(file);
    });
    expect(different).toEqual([]);
  });

  it("has gzip headers without time and machine", () => {
    const headers = filesBelow(EVIDENCE)
      .filter((file) => file.endsWith(".gz"))
      .map((file) => readFileSync(join(EVIDENCE, file)).subarray(0, 10).toString("hex"));
    expect(new Set(headers)).toEqual(new Set(["1f8b08000000000002ff"]));
  });

  it("is under 12 MB", () => {
    const bytes = filesBelow(COMMITTED).reduce(
      (sum, file) => sum + readFileSync(join(COMMITTED, file)).length,
      0,
    );
    expect(bytes).toBeLessThan(12_000_000);
  });
});

describe("the rows of detections.md D.9", () => {
  let all: Json[];
  let events: Json[];
  const onIncidentDay = (event: Json) => event.eventTime >= "2026-03-11";

  beforeAll(() => {
    all = trailEvents(EVIDENCE);
    events = distinct(all);
  });

  it("are 14,424 CloudTrail events, 50 of them delivered twice and unchanged", () => {
    expect(all.length).toBe(14_474);
    expect(events.length).toBe(14_424);
    expect(events.filter((event) => event.eventCategory === "Management").length).toBe(8075);
    expect(events.filter((event) => event.eventCategory === "Data").length).toBe(6349);
    expect(events.filter(onIncidentDay).length).toBe(5412);
    expect(new Set(all.map((event) => JSON.stringify(event))).size).toBe(14_424);
    expect(events.filter(isAttacker).length).toBe(3883);
    expect(events.filter((event) => event.requestParameters?.omitted === true).length).toBe(1);
  });

  it("are 6,180 access lines that all join an event, and 3 lines that are none", () => {
    const folder = join(EVIDENCE, "acme-access-logs-111122223333");
    const lines = filesBelow(folder)
      .filter((file) => /\d{4}(-\d\d){5}-[0-9A-F]{16}$/.test(file))
      .flatMap((file) => linesOf(join(folder, file)));
    const parsed = lines.map((line) =>
      /^[0-9a-f]{64} \S+ \[(\d\d)\/Mar\/2026:[\d:]{8} \+0000\] \S+ \S+ ([A-Z2-7]{16}) .* (\S{64}) SigV4 /.exec(
        line,
      ),
    );
    const good = parsed.filter((match) => match !== null);
    const trail = new Set(
      events.map((event) => `${event.requestID} ${event.additionalEventData?.["x-amz-id-2"]}`),
    );
    expect(lines.length).toBe(6183);
    expect(good.length).toBe(6180);
    expect(good.filter(([, , request, host]) => !trail.has(`${request} ${host}`))).toEqual([]);
    expect(good.filter(([, day]) => day === "11").length).toBe(1130);
    expect(lines.filter((line) => (line.split('"-" ')[1]?.match(/"/g)?.length ?? 2) > 2).length).toBe(5);
  });

  it("are 1,111 flows with data, 71 of them in Parquet, and 46 lines without", async () => {
    const folder = join(EVIDENCE, "acme-access-logs-111122223333/AWSLogs/111122223333/vpcflowlogs");
    const text = filesBelow(folder)
      .filter((file) => file.endsWith(".log.gz"))
      .flatMap((file) => linesOf(join(folder, file)).slice(1));
    const of = (status: string) => text.filter((line) => line.split(" ")[13] === status).length;
    expect([of("OK"), of("NODATA"), of("SKIPDATA")]).toEqual([1040, 40, 6]);
    const start = Date.UTC(2026, 2, 11) / 1000;
    const incident = text.filter(
      (line) => line.split(" ")[13] === "OK" && Number(line.split(" ")[10]) >= start,
    );
    expect(incident.length).toBe(401);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `select count(*)::int, count(distinct interface_id)::int from read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet')`,
    );
    expect(reader.getRows()).toEqual([[71, 2]]);
    connection.closeSync();
    instance.closeSync();
  });

  it("are 5,626 invocations that all join an event, 4 of them with their body in data/", () => {
    const folder = join(EVIDENCE, "acme-bedrock-logs-111122223333");
    const records = filesBelow(folder)
      .filter((file) => !file.includes("/data/"))
      .flatMap((file) => linesOf(join(folder, file)))
      .map((line) => JSON.parse(line) as Json);
    const requests = new Set(events.map((event) => event.requestID));
    const moved = records.filter((record) => record.input.inputBodyS3Path !== undefined);
    expect(records.length).toBe(5626);
    expect(records.filter((record) => !requests.has(record.requestId))).toEqual([]);
    expect(records.filter((record) => record.timestamp >= "2026-03-11").length).toBe(1781);
    const bodies = moved.map((record) =>
      gunzipSync(readFileSync(join(EVIDENCE, record.input.inputBodyS3Path.slice("s3://".length)))),
    );
    expect(bodies.map((body) => body.length > 102_400)).toEqual([true, true, true, true]);
    expect(bodies.filter((body) => body.includes("archive@mailbox.example.net")).length).toBe(2);
  });

  it("are 7,613 captures, 3 lines of the knowledge base and 6 GuardDuty findings, one of them twice", () => {
    const capture = join(EVIDENCE, "acme-sm-capture-111122223333");
    const captured = filesBelow(capture).flatMap((file) => linesOf(join(capture, file)));
    expect(captured.length).toBe(7613);
    const exports = join(EVIDENCE, "acme-ir-export-111122223333");
    const exported = filesBelow(exports)
      .filter((file) => file.endsWith(".gz"))
      .flatMap((file) => linesOf(join(exports, file)));
    expect(exported.filter((line) => line.includes("INDEXING_COMPLETED")).length).toBe(3);
    const findings = filesBelow(EVIDENCE)
      .filter((file) => file.includes("/GuardDuty/"))
      .flatMap((file) => linesOf(join(EVIDENCE, file)))
      .map((line) => JSON.parse(line) as Json);
    expect(findings.length).toBe(7);
    expect(new Set(findings.map((finding) => finding.id)).size).toBe(6);
    expect(new Set(findings.map((finding) => finding.updatedAt)).size).toBe(7);
  });

  it("are those of the answer key, which answers all of D.10", () => {
    const key = parse(readFileSync(join(COMMITTED, "answer-key.yaml"), "utf8"));
    expect(key.counts.cloudtrail).toMatchObject({
      records: 14_474,
      duplicates: 50,
      rows: 14_424,
      attacker: 3883,
    });
    const svc = events.filter((event) => event.userIdentity.accessKeyId === "AKIAEXAMPLESVCRAGSYN").length;
    expect(key.hunts["h-key-activity"].AKIAEXAMPLESVCRAGSYN.events).toBe(svc);
    const status = Object.values(key.detections as Record<string, Json>);
    const count = (name: string) => status.filter((answer) => answer.status === name).length;
    expect([count("fired"), count("partial"), count("not_evaluable"), count("not_fired")]).toEqual([
      108, 6, 5, 17,
    ]);
    expect(status.length + key.not_listed.ids.length).toBe(215);
  });
});

describe("the digest chains", () => {
  const digests = filesBelow(EVIDENCE).filter(
    (file) => file.includes("/CloudTrail-Digest/") && file.endsWith(".gz"),
  );
  const bucketOf = (file: string) => file.slice(0, file.indexOf("/"));

  it("are signed, unbroken and name every log file with its hash", () => {
    const named: string[] = [];
    const problems: string[] = [];
    for (const region of ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"]) {
      const keys = jsonOf(
        join(EVIDENCE, `collected/2026-03-12T00-00/${region}/cloudtrail/list-public-keys.json`),
      );
      const der = Buffer.from(keys.PublicKeyList[0].Value, "base64");
      const fingerprint = createHash("md5").update(der).digest("hex");
      expect(keys.PublicKeyList[0].Fingerprint).toBe(fingerprint);
      const publicKey = createPublicKey({ key: der, format: "der", type: "pkcs1" });
      const chain = digests.filter((file) => file.includes(`/CloudTrail-Digest/${region}/`));
      expect(chain.length).toBe(265);
      let previous: { object: string; hash: string } | undefined;
      const contents = chain.map((file) => gunzipSync(readFileSync(join(EVIDENCE, file))));
      chain.forEach((file, i) => {
        const digest = JSON.parse(contents[i]!.toString("utf8")) as Json;
        const metadata = join(EVIDENCE, `${file}.metadata.json`);
        const next = contents[i + 1] && (JSON.parse(contents[i + 1]!.toString("utf8")) as Json);
        const signature: string = existsSync(metadata)
          ? jsonOf(metadata).Metadata.signature
          : next?.previousDigestSignature;
        const text = [
          digest.digestEndTime,
          `${digest.digestS3Bucket}/${digest.digestS3Object}`,
          sha256(contents[i]!),
          digest.previousDigestSignature ?? "null",
        ].join("\n");
        if (file !== `${digest.digestS3Bucket}/${digest.digestS3Object}`) problems.push(`${file}: moved`);
        if (!createVerify("RSA-SHA256").update(text).verify(publicKey, signature, "hex"))
          problems.push(`${file}: forged`);
        if (digest.previousDigestS3Object !== (previous?.object ?? null))
          problems.push(`${file}: chain broken`);
        if (digest.previousDigestHashValue !== (previous?.hash ?? null))
          problems.push(`${file}: previous hash`);
        for (const log of digest.logFiles as Json[]) {
          const content = gunzipSync(readFileSync(join(EVIDENCE, log.s3Bucket, log.s3Object)));
          if (sha256(content) !== log.hashValue) problems.push(`${log.s3Object}: hash`);
          named.push(`${log.s3Bucket}/${log.s3Object}`);
        }
        previous = { object: digest.digestS3Object, hash: sha256(contents[i]!) };
      });
    }
    const logs = filesBelow(EVIDENCE).filter((file) => file.includes("/CloudTrail/") && file.endsWith(".gz"));
    expect(problems).toEqual([]);
    expect(named.sort()).toEqual(logs.sort());
    expect(new Set(digests.map(bucketOf))).toEqual(new Set(["acme-trail-111122223333"]));
  });
});

describe("the scaled sample", () => {
  it("has the events asked for and the same incident in them", { timeout: 60_000 }, async () => {
    const out = join(scratch, "scaled");
    const made = await generate(out, 50_000);
    const events = distinct(trailEvents(out));
    const story = distinct(trailEvents(EVIDENCE));
    const identifiers = (all: readonly Json[]) =>
      all
        .filter(isAttacker)
        .map((event) => event.eventID as string)
        .sort();
    expect(events.length).toBe(50_000);
    expect(made.tally.cloudtrail).toBe(50_000);
    expect(identifiers(events).length).toBe(3883);
    expect(identifiers(events)).toEqual(identifiers(story));
    const ratio = made.tally.s3Access / made.tally.cloudtrail;
    expect(Math.abs(ratio - 6180 / 14_424)).toBeLessThan(0.05);
  });
});
