import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  acquire,
  type Case,
  previewAcquisition,
  readCustody,
  type S3Options,
  verifyEvidence,
} from "../../../src/evidence/index.js";
import { etagOf, type Fault, partDigests, type S3Server, type Stored, startS3Server } from "./s3-server.js";
import { fixed, readJsonLines, scratchCase, snapshot } from "./scratch.js";

let server: S3Server;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = "AKIAEXAMPLE";
  process.env.AWS_SECRET_ACCESS_KEY = "secret";
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  server = await startS3Server();
});

afterAll(() => server.close());

beforeEach(() => {
  Object.assign(server, { log: [], fault: () => undefined, versioning: "Enabled", pageSize: 1000 });
  server.buckets.clear();
});

const patience = { firstDelayMs: 1, longestDelayMs: 4, idleMs: 200, attempts: 5 };

function optionsOf(s3: S3Options = {}) {
  return {
    ...fixed,
    s3: { endpoint: server.endpoint, pathStyle: true, region: "us-east-1", patience, ...s3 },
  };
}

function hold(...objects: (Partial<Stored> & { key: string })[]): void {
  server.buckets.set(
    "evidence",
    objects.map((object, index) => ({
      content: Buffer.from(`content of ${object.key}`),
      versionId: `v${index}`,
      ...object,
    })),
  );
}

async function linesOf(held: Case): Promise<Record<string, unknown>[]> {
  return readJsonLines(join(held.dir, "evidence/0001/acquisition.jsonl"));
}

async function acquireAll(s3: S3Options = {}, source = "s3://evidence") {
  const held = await scratchCase();
  const result = await acquire(held, [source], optionsOf(s3));
  expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [], notes: [] });
  return { held, result, lines: await linesOf(held) };
}

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest();

describe("acquire from S3", () => {
  it("seals the objects of a prefix with everything S3 says of them", async () => {
    const content = Buffer.from("a digest");
    hold(
      {
        key: "AWSLogs/111122223333/d.json.gz",
        content,
        storageClass: "STANDARD_IA",
        tags: { case: "7", a: "b" },
        headers: {
          "x-amz-meta-signature": "c0ffee",
          "x-amz-checksum-sha256": sha256(content).toString("base64"),
          "x-amz-checksum-type": "FULL_OBJECT",
          "x-amz-server-side-encryption": "AES256",
          "x-amz-object-lock-mode": "COMPLIANCE",
          "x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z",
          "x-amz-object-lock-legal-hold": "ON",
          "x-amz-replication-status": "COMPLETED",
        },
      },
      { key: "other/x" },
    );
    const { held, result, lines } = await acquireAll({}, "s3://evidence/AWSLogs/");
    expect(result).toMatchObject({ files: 1, bytes: 8, outcomes: { copied: 1 }, problems: [] });
    expect(lines).toEqual([
      {
        path: "data/evidence/AWSLogs/111122223333/d.json.gz",
        original: "s3://evidence/AWSLogs/111122223333/d.json.gz",
        origin: "s3",
        source: 1,
        outcome: "copied",
        size: 8,
        sha256: sha256(content).toString("hex"),
        bucket: "evidence",
        key: "AWSLogs/111122223333/d.json.gz",
        version_id: "v0",
        is_latest: true,
        etag: etagOf(content, undefined),
        last_modified: "2026-03-11T10:00:00.000Z",
        storage_class: "STANDARD_IA",
        listed_size: 8,
        checksums: { sha256: sha256(content).toString("base64") },
        checksum_type: "FULL_OBJECT",
        content_type: "application/octet-stream",
        encryption: { algorithm: "AES256" },
        metadata: { signature: "c0ffee" },
        object_lock: { mode: "COMPLIANCE", retain_until: "2030-01-01T00:00:00.000Z", legal_hold: "ON" },
        replication: "COMPLETED",
        tags: { a: "b", case: "7" },
        verified_by: ["etag", "sha256"],
      },
    ]);
    const bag = join(held.dir, "evidence/0001");
    expect(await readJsonLines(join(bag, "s3-sources.jsonl"))).toEqual([
      {
        source: 1,
        uri: "s3://evidence/AWSLogs/",
        bucket: "evidence",
        prefix: "AWSLogs/",
        endpoint: server.endpoint,
        versions: "current",
        state: {
          region: "eu-central-1",
          versioning: "Enabled",
          object_lock: { enabled: true, mode: "GOVERNANCE", days: 30 },
          logging: { target_bucket: "logs", target_prefix: "a/" },
        },
        pinned_by: "version",
        listed: { objects: 1, delete_markers: 0, bytes: 8 },
        left_out: {},
        undated: 0,
        not_listed: [],
      },
    ]);
    const requests = await readJsonLines(join(bag, "s3-requests.jsonl"));
    expect(requests.map((request) => request.operation)).toEqual([
      "ListObjectVersions",
      "GetObject",
      "GetObjectTagging",
    ]);
    expect(requests[1]).toMatchObject({
      status: 200,
      request_id: expect.stringMatching(/^R\d+$/),
      host_id: expect.stringMatching(/^H/),
    });
    expect((await readCustody(held)).at(-1)?.detail).toMatchObject({ sources: ["s3://evidence/AWSLogs/"] });
  });

  it("takes all versions and records delete markers when asked", async () => {
    hold(
      { key: "k.json", versionId: "d1", deleteMarker: true },
      { key: "k.json", versionId: "v2", content: Buffer.from("new") },
      { key: "k.json", versionId: "v1", content: Buffer.from("old") },
    );
    const { result, lines } = await acquireAll({ versions: "all" });
    expect(result).toMatchObject({ outcomes: { copied: 2, "delete-marker": 1 }, problems: [] });
    expect(lines.map((line) => [line.version_id, line.outcome, line.size, line.original])).toEqual(
      expect.arrayContaining([
        ["d1", "delete-marker", 0, "s3://evidence/k.json"],
        ["v2", "copied", 3, "s3://evidence/k.json"],
        ["v1", "copied", 3, "s3://evidence/k.json"],
      ]),
    );
    expect(new Set(lines.map((line) => line.path)).size).toBe(3);
    expect(lines.every((line) => String(line.path).endsWith(".json"))).toBe(true);
  });

  it("takes only what is current by default, pinned by version, or by ETag where there are none", async () => {
    hold(
      { key: "a", versionId: "v2" },
      { key: "a", versionId: "v1" },
      { key: "gone", deleteMarker: true },
      { key: "gone" },
    );
    const { lines } = await acquireAll();
    expect(lines.map((line) => [line.key, line.version_id])).toEqual([["a", "v2"]]);
    expect(server.log).toContain("GET /evidence/a?versionId=v2&x-id=GetObject");
    server.versioning = undefined;
    hold({ key: "plain" });
    expect((await acquireAll()).lines).toMatchObject([{ key: "plain", outcome: "copied" }]);
    expect(server.log.at(-1)).toBe("GET /evidence/plain?x-id=GetObject");
  });

  it("records what it cannot have and goes on", async () => {
    hold(
      { key: "cold", storageClass: "GLACIER", refuse: { status: 403, code: "InvalidObjectState" } },
      { key: "denied", refuse: { status: 403, code: "AccessDenied", message: "not you" } },
      { key: "kms", refuse: { status: 400, code: "KMS.DisabledException", message: "the key is disabled" } },
      { key: "vanished", refuse: { status: 404, code: "NoSuchVersion" } },
      { key: "broken", refuse: { status: 500, code: "InternalError" } },
      { key: "fine" },
    );
    const { result } = await acquireAll();
    expect(result.outcomes).toEqual({ archived: 1, copied: 1, denied: 2, missing: 1, unreadable: 1 });
    expect(result.problems.sort()).toEqual([
      "s3://evidence/broken: S3 fails on it (InternalError); not copied",
      "s3://evidence/cold: it is archived (GLACIER); restore it first; not copied",
      "s3://evidence/denied: S3 denies it (AccessDenied: not you); not copied",
      "s3://evidence/kms: S3 denies it (KMS.DisabledException: the key is disabled); not copied",
      "s3://evidence/vanished: it was listed and gone when it was to be read; not copied",
    ]);
  });

  it("makes do with a server that knows neither versions nor the state of buckets", async () => {
    hold({ key: "a" });
    server.fault = ({ key, query }) =>
      key === "" && ["versioning", "versions", "logging", "object-lock"].some((name) => query.has(name))
        ? { kind: "status", status: 501, code: "NotImplemented" }
        : undefined;
    const { held, lines } = await acquireAll();
    expect(lines).toMatchObject([{ key: "a", outcome: "copied" }]);
    const [source] = await readJsonLines(join(held.dir, "evidence/0001/s3-sources.jsonl"));
    expect(source).toMatchObject({ pinned_by: "etag", state: { withheld: { length: 3 } } });
  });

  it("says what it would copy, and leaves no trace", async () => {
    hold({ key: "a" }, { key: "b", storageClass: "GLACIER" }, { key: "c", deleteMarker: true });
    const held = await scratchCase();
    const before = await snapshot(held.dir);
    expect(await previewAcquisition(held, ["s3://evidence"], optionsOf({ versions: "all" }))).toEqual({
      objects: 2,
      bytes: 24,
      without: 1,
      storageClasses: { GLACIER: 1, STANDARD: 1 },
    });
    expect(await snapshot(held.dir)).toBe(before);
    expect(server.log.some((line) => line.includes("/evidence/a"))).toBe(false);
  });

  it("filters by glob and size, and says how many it left out", async () => {
    hold(
      { key: "a/x.json" },
      { key: "a/x.txt" },
      { key: "b/deep/y.json" },
      { key: "b/big.json", content: Buffer.alloc(99) },
    );
    const { held, lines } = await acquireAll({ include: ["*.json"], exclude: ["b/**/y.*"], maxSize: 50 });
    expect(lines.map((line) => line.key)).toEqual(["a/x.json"]);
    const [source] = await readJsonLines(join(held.dir, "evidence/0001/s3-sources.jsonl"));
    expect(source).toMatchObject({ left_out: { not_included: 1, excluded: 1, too_large: 1 } });
  });

  it("pays for every listing, object and tag when told so, and never otherwise", async () => {
    hold({ key: "a", tags: { case: "7" } }, { key: "b" });
    await acquireAll({ requestPayer: true, versions: "all" });
    const asked = (text: RegExp) => server.log.filter((line) => text.test(line));
    for (const text of [/\?.*versions/, /\/evidence\/a.*GetObject/, /\/evidence\/a.*tagging/]) {
      expect(asked(text).length, String(text)).toBeGreaterThan(0);
      for (const line of asked(text)) expect(line).toMatch(/ paid by requester$/);
    }
    server.log = [];
    await acquireAll();
    expect(asked(/paid by/)).toEqual([]);
  });

  it("refuses what cannot be meant", async () => {
    const held = await scratchCase();
    const refused = (sources: string[], s3: S3Options = {}) =>
      expect(acquire(held, sources, optionsOf(s3))).rejects;
    await refused(["s3://"]).toMatchObject({ code: "source-unusable" });
    await refused(["s3://evidence", held.dir]).toMatchObject({
      message: expect.stringMatching(/do not mix/),
    });
    await refused([held.dir]).toMatchObject({ message: expect.stringMatching(/for S3 only/) });
    await refused(["s3://evidence"], { from: "11 March" }).toMatchObject({ code: "usage" });
    await refused(["s3://evidence"], { from: "2026-02-30" }).toMatchObject({ code: "usage" });
    await refused(["s3://evidence"], { from: "2026-03-02", to: "2026-03-01" }).toMatchObject({
      code: "usage",
    });
    await refused(["s3://nowhere"]).toMatchObject({
      code: "source-unusable",
      message: expect.stringMatching(/NoSuchBucket/),
    });
  });
});

describe("keys written by an attacker", () => {
  it("become safe paths, each its own, and stay in the record as they are", async () => {
    const keys = [
      "../../etc/passwd",
      "/absolute",
      "//",
      "a/../b",
      "a/./b",
      "a/b/",
      "a/b",
      "a",
      "A",
      "\u00e9",
      "e\u0301",
      "new\nline\r\u0000\u001b[31m",
      "tail ",
      "plus+%41 &<>",
      "CON.json",
      "\u202egpj.exe",
      "x".repeat(1024),
      "d/".repeat(512),
      "\u{1f600}".repeat(256),
    ];
    server.pageSize = 3;
    hold(...keys.map((key) => ({ key, content: Buffer.from(key) })));
    const { held, lines } = await acquireAll({ versions: "all" });
    expect(lines.map((line) => line.key).sort()).toEqual([...keys].sort());
    const folded = lines.map((line) => String(line.path).normalize("NFKC").toLowerCase());
    expect(new Set(folded).size).toBe(keys.length);
    for (const line of lines) {
      expect(line.original).toBe(`s3://evidence/${line.key}`);
      expect(line.path).toMatch(/^data\/evidence\/[^\p{Cc}\p{Cf}]+$/u);
      expect(String(line.path).split("/")).not.toContain("..");
      expect(await readFile(join(held.dir, "evidence/0001", String(line.path)), "utf8")).toBe(line.key);
    }
  });
});

describe("a server that fails", () => {
  const big = Buffer.alloc(3_000_000, "0123456789abcdef!");

  async function withFaults(faults: (Fault | undefined)[], headers: Record<string, string> = {}) {
    hold({ key: "big", content: big, headers });
    const gets: string[] = [];
    server.fault = ({ method, key, range, query }) => {
      if (method !== "GET" || key !== "big" || query.has("tagging")) return undefined;
      gets.push(range);
      return faults.shift();
    };
    const held = await scratchCase();
    const result = await acquire(held, ["s3://evidence"], optionsOf());
    expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [] });
    const path = join(held.dir, "evidence/0001/data/evidence/big");
    return { result, gets, sealed: await readFile(path).catch(() => undefined) };
  }

  it("is asked for the rest by range when it cuts", async () => {
    const { gets, sealed, result } = await withFaults([
      { kind: "cut", after: 1_000_000 },
      { kind: "cut", after: 500_000 },
    ]);
    expect(result.outcomes).toEqual({ copied: 1 });
    expect(sealed?.equals(big)).toBe(true);
    expect(gets.length).toBe(3);
    expect(gets[1]).toMatch(/^bytes=\d+-$/);
  });

  it("is left waiting no longer than it takes", async () => {
    const { gets, sealed } = await withFaults([{ kind: "stall", after: 700_000 }]);
    expect(sealed?.equals(big)).toBe(true);
    expect(gets).toEqual(["", "bytes=700000-"]);
  });

  it("is asked again when it throttles, fails or drops the connection", async () => {
    const { sealed } = await withFaults([
      { kind: "status", status: 503, code: "SlowDown" },
      { kind: "status", status: 500, code: "InternalError" },
      { kind: "drop" },
    ]);
    expect(sealed?.equals(big)).toBe(true);
  });

  it("seals nothing of an object whose bytes never match", async () => {
    const flips = Array.from({ length: 9 }, () => ({ kind: "flip" as const, at: 2_999_999 }));
    const { result, sealed, gets } = await withFaults(flips);
    expect(sealed).toBeUndefined();
    expect(gets.length).toBe(4);
    expect(result.outcomes).toEqual({ damaged: 1 });
    expect(result.problems[0]).toMatch(/its etag is [0-9a-f]{32}, S3 says [0-9a-f]{32}, 4 times; not copied/);
  });

  it("reads again what was corrupted on the way", async () => {
    const { result, sealed } = await withFaults([
      { kind: "flip", at: 10 },
      { kind: "flip", at: 2_000_000 },
    ]);
    expect(result.outcomes).toEqual({ copied: 1 });
    expect(sealed?.equals(big)).toBe(true);
  });

  it("stops without sealing when it only throttles, and the same command goes on", async () => {
    hold({ key: "a" }, { key: "b" });
    server.fault = ({ key }) => (key === "b" ? { kind: "status", status: 503, code: "SlowDown" } : undefined);
    const held = await scratchCase();
    await expect(acquire(held, ["s3://evidence"], optionsOf())).rejects.toMatchObject({
      code: "source-unusable",
      message: expect.stringMatching(
        /^s3:\/\/evidence\/b: SlowDown.*Nothing was sealed; the same command goes on/,
      ),
    });
    server.fault = () => undefined;
    server.log.length = 0;
    await acquire(held, ["s3://evidence"], optionsOf());
    expect(server.log.filter((line) => line.startsWith("GET /evidence/a?"))).toEqual([]);
    expect(await readdir(join(held.dir, "evidence"))).toEqual(["0001"]);
  });

  it("does not block itself with many copies that each ask for more than content", async () => {
    hold(...Array.from({ length: 150 }, (_, n) => ({ key: `k${n}`, tags: { n: String(n) } })));
    const held = await scratchCase();
    const result = await acquire(held, ["s3://evidence"], { ...optionsOf(), concurrency: 120 });
    expect(result.outcomes).toEqual({ copied: 150 });
  });

  it("keeps an object whose tags are denied, and says so", async () => {
    hold({ key: "a", tags: { secret: "x" } });
    server.fault = ({ query }) =>
      query.has("tagging") ? { kind: "status", status: 403, code: "AccessDenied" } : undefined;
    const { lines } = await acquireAll();
    expect(lines).toMatchObject([
      { outcome: "copied", withheld: ["tags: AccessDenied: as the test wants it"] },
    ]);
    expect(lines[0]).not.toHaveProperty("tags");
  });

  it("stops when the credentials are refused", async () => {
    hold({ key: "a" });
    server.fault = ({ key }) =>
      key === "a" ? { kind: "status", status: 400, code: "ExpiredToken" } : undefined;
    await expect(acquire(await scratchCase(), ["s3://evidence"], optionsOf())).rejects.toMatchObject({
      message: expect.stringMatching(/give valid credentials/),
    });
  });
});

describe("an interrupted acquisition from S3", () => {
  it("seals the same bytes as an undisturbed one", async () => {
    const objects = Array.from({ length: 60 }, (_, n) => ({
      key: `AWSLogs/${n % 5}/${n}.json`,
      content: Buffer.from(`{"n":${n}}`.repeat(50)),
      tags: { n: String(n) },
      headers: { "x-amz-meta-n": String(n) },
    }));
    hold(...objects);
    const undisturbed = await acquireAll();
    const held = await scratchCase();
    const stop = new AbortController();
    const run = acquire(held, ["s3://evidence"], {
      ...optionsOf(),
      signal: stop.signal,
      progress: ({ phase, files }) => {
        if (phase === "copy" && files >= 20) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "interrupted", exitCode: 130 });
    await acquire(held, ["s3://evidence"], optionsOf());
    const sealed = async (one: Case) =>
      (await snapshot(join(one.dir, "evidence/0001")))
        .split("\n")
        // Ids of requests differ from run to run; the tag manifest names the file that holds them.
        .filter((line) => !/^\/(s3-requests\.jsonl|tagmanifest-sha256\.txt) /.test(line));
    expect(await sealed(held)).toEqual(await sealed(undisturbed.held));
    expect(await verifyEvidence(held)).toMatchObject({ problems: [], custody: [], notes: [] });
    const requests = await readJsonLines(join(held.dir, "evidence/0001/s3-requests.jsonl"));
    expect(requests.filter((request) => request.operation === "GetObject").length).toBe(60);
  });
});

describe("checksums of S3", () => {
  const parts = [5000, 5000, 1234];
  const content = Buffer.from(Array.from({ length: 11_234 }, (_, n) => (n * 7 + (n >> 8)) & 255));

  it("of several parts are checked part by part", async () => {
    hold({
      key: "mp",
      content,
      parts,
      headers: {
        "x-amz-checksum-sha256": `${sha256(partDigests(content, parts, "sha256")).toString("base64")}-3`,
        "x-amz-checksum-type": "COMPOSITE",
      },
    });
    expect((await acquireAll()).lines).toMatchObject([
      { outcome: "copied", verified_by: ["etag", "sha256"] },
    ]);
  });

  it("of parts of any size are checked, too", async () => {
    const uneven = [4000, 3000, 4234];
    hold({ key: "mp", content, parts: uneven });
    expect((await acquireAll()).lines).toMatchObject([{ outcome: "copied", verified_by: ["etag"] }]);
    const misleading = [5000, 4000, 2234];
    hold({ key: "mp", content, parts: misleading });
    expect((await acquireAll()).lines).toMatchObject([{ outcome: "copied", verified_by: ["etag"] }]);
  });

  it("find a flipped bit in any part", async () => {
    hold({ key: "mp", content, parts });
    server.fault = ({ method, query }) =>
      method === "GET" && query.get("x-id") === "GetObject" ? { kind: "flip", at: 7000 } : undefined;
    const held = await scratchCase();
    expect(await acquire(held, ["s3://evidence"], optionsOf())).toMatchObject({ outcomes: { damaged: 1 } });
  });

  it("leave out what is no MD5: KMS keys make another ETag", async () => {
    hold({ key: "kms", etag: "0".repeat(32), headers: { "x-amz-server-side-encryption": "aws:kms" } });
    expect((await acquireAll()).lines).toMatchObject([{ outcome: "copied", verified_by: [] }]);
  });
});

describe("dates in keys", () => {
  const days = (folder: (day: string) => string) =>
    ["2025/12/31", "2026/03/10", "2026/03/11", "2026/03/12", "2026/04/01"].map((day) => ({
      key: folder(day),
    }));

  it("keep folders of other days from being listed", async () => {
    hold(
      ...days((day) => `AWSLogs/111122223333/CloudTrail/us-east-1/${day}/x.json.gz`),
      ...days((day) => `org/AWSLogs/o-abc/111122223333/vpcflowlogs/eu-west-1/${day}/x.log.gz`),
      { key: "AWSLogs/111122223333/Config/us-east-1/2026/3/11/ConfigHistory/x.json.gz" },
      { key: "AWSLogs/111122223333/Config/us-east-1/2026/3/2/ConfigHistory/x.json.gz" },
      { key: "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/03/11/07/x.json.gz" },
      { key: "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/03/11/09/x.json.gz" },
      { key: "keys/public-keys.json" },
    );
    const { held, lines } = await acquireAll({ from: "2026-03-11T08:00:00Z", to: "2026-03-11" });
    expect(lines.map((line) => line.key)).toEqual([
      "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/03/11/09/x.json.gz",
      "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/11/x.json.gz",
      "AWSLogs/111122223333/Config/us-east-1/2026/3/11/ConfigHistory/x.json.gz",
      "keys/public-keys.json",
      "org/AWSLogs/o-abc/111122223333/vpcflowlogs/eu-west-1/2026/03/11/x.log.gz",
    ]);
    const listed = server.log.map((line) => new URLSearchParams(line.split("?")[1]).get("prefix") ?? "");
    expect(listed.some((prefix) => /2025|2026\/04|2026\/03\/10/.test(prefix))).toBe(false);
    const [source] = await readJsonLines(join(held.dir, "evidence/0001/s3-sources.jsonl"));
    expect(source?.undated).toBe(1);
    expect(source?.not_listed).toContain("AWSLogs/111122223333/CloudTrail/us-east-1/2025/");
    expect(source?.not_listed).toContain(
      "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/03/11/07/",
    );
  });

  it.each(["all", "current"] as const)(
    "jump over server access logs of other days (%s)",
    async (versions) => {
      const logs = ["2024", "2025", "2026"].flatMap((year) =>
        Array.from({ length: 28 }, (_, day) => ({
          key: `logs/${year}-03-${String(day + 1).padStart(2, "0")}-00-10-20-0123456789ABCDEF`,
        })),
      );
      server.pageSize = 4;
      if (versions === "current") server.versioning = undefined;
      hold(...logs, { key: "logs/readme.txt" });
      const { lines } = await acquireAll(
        { from: "2026-03-11", to: "2026-03-12", versions },
        "s3://evidence/logs/",
      );
      expect(lines.map((line) => line.key)).toEqual([
        "logs/2026-03-11-00-10-20-0123456789ABCDEF",
        "logs/2026-03-12-00-10-20-0123456789ABCDEF",
        "logs/readme.txt",
      ]);
      expect(server.log.filter((line) => line.includes("prefix=logs")).length).toBeLessThan(9);
    },
  );
});
