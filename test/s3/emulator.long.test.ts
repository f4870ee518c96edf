import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  acquire,
  type Case,
  previewAcquisition,
  type S3Options,
  verifyEvidence,
} from "../../src/evidence/index.js";
import { fixed, readJsonLines, scratchCase, snapshot } from "../unit/evidence/scratch.js";
import { CALM, type FaultProxy, startFaultProxy } from "./fault-proxy.js";
import { startMoto } from "./moto.js";

Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
});

const moto = await startMoto();
if (typeof moto === "string") console.warn(`S3 emulator: skipped, ${moto}`);
const child = fileURLToPath(new URL("acquire-child.ts", import.meta.url));
const ALGORITHMS: ChecksumAlgorithm[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const LAYOUT = "AWSLogs/111122223333";

describe.skipIf(typeof moto === "string")(
  typeof moto === "string" ? `S3 emulator, SKIPPED: ${moto}` : "acquire from an S3 emulator",
  () => {
    let proxy: FaultProxy;
    let client: S3Client;
    let undisturbed: string[];
    /** Content of every version by key and version id. */
    const held = new Map<string, Buffer>();

    async function put(
      key: string,
      content: Buffer,
      more: Partial<PutObjectCommandInput> = {},
    ): Promise<void> {
      const answer = await client.send(
        new PutObjectCommand({ Bucket: "evidence", Key: key, Body: content, ...more }),
      );
      held.set(`${key} ${answer.VersionId}`, content);
    }

    async function putParts(key: string, sizes: number[], algorithm: ChecksumAlgorithm): Promise<void> {
      const upload = { Bucket: "evidence", Key: key };
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: algorithm }),
      );
      const parts = [];
      const contents = sizes.map((size, n) => noise(size, `${key} ${n}`));
      for (const [index, Body] of contents.entries()) {
        const PartNumber = index + 1;
        const made = await client.send(
          new UploadPartCommand({ ...upload, UploadId, PartNumber, Body, ChecksumAlgorithm: algorithm }),
        );
        const { $metadata: _, ...sums } = made;
        parts.push({ ...sums, PartNumber });
      }
      const done = await client.send(
        new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts: parts } }),
      );
      held.set(`${key} ${done.VersionId}`, Buffer.concat(contents));
    }

    beforeAll(async () => {
      if (typeof moto === "string") return;
      proxy = await startFaultProxy(moto.endpoint);
      client = new S3Client({ endpoint: moto.endpoint, forcePathStyle: true, region: "us-east-1" });
      await client.send(new CreateBucketCommand({ Bucket: "evidence", ObjectLockEnabledForBucket: true }));
      await client.send(
        new PutBucketVersioningCommand({
          Bucket: "evidence",
          VersioningConfiguration: { Status: "Enabled" },
        }),
      );
      for (const [n, algorithm] of ALGORITHMS.entries())
        await put(`sums/${algorithm}`, noise(300_000 + n, algorithm), { ChecksumAlgorithm: algorithm });
      await putParts("sums/parts-sha256", [5 << 20, 5 << 20, 70_001], "SHA256");
      await putParts("sums/parts-uneven", [6 << 20, 5 << 20, 5 << 20], "SHA1");
      for (let day = 1; day <= 12; day++)
        for (const region of ["us-east-1", "eu-central-1"])
          for (let n = 0; n < 3; n++)
            await put(
              `${LAYOUT}/CloudTrail/${region}/2026/03/${String(day).padStart(2, "0")}/${n}.json.gz`,
              noise(2_000, `${day} ${region} ${n}`),
              { Metadata: { signature: "c0ffee" }, Tagging: `day=${day}` },
            );
      for (const key of [
        "a/../b",
        "../up",
        "a//b",
        "/lead",
        "tail/",
        "A/x",
        "a/x",
        "\u00e9",
        "e\u0301",
        "a",
        "x".repeat(1024),
      ])
        await put(key, Buffer.from(`hostile ${key}`));
      await put("twice.json", Buffer.from("first"));
      await put("twice.json", Buffer.from("second"));
      await put("locked", Buffer.from("locked"), {
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: new Date("2030-01-01T00:00:00Z"),
        ObjectLockLegalHoldStatus: "ON",
      });
      await put("deleted", Buffer.from("deleted"));
      await client.send(new DeleteObjectCommand({ Bucket: "evidence", Key: "deleted" }));
      await client.send(
        new PutObjectCommand({ Bucket: "evidence", Key: "cold", Body: "cold", StorageClass: "GLACIER" }),
      );
      await put("empty", Buffer.alloc(0));
      const { all } = await acquireAll();
      undisturbed = await sealedOf(all);
    });

    afterAll(async () => {
      if (typeof moto === "string") return;
      client?.destroy();
      await proxy?.close();
      await moto.stop();
    });

    const optionsOf = (s3: S3Options = {}) => ({
      ...fixed,
      s3: {
        endpoint: proxy.endpoint,
        pathStyle: true,
        region: "us-east-1",
        versions: "all" as const,
        patience: { firstDelayMs: 5, longestDelayMs: 50, idleMs: 5_000, attempts: 12 },
        ...s3,
      },
    });

    async function acquireAll(s3: S3Options = {}, source = "s3://evidence") {
      const all = await scratchCase();
      const result = await acquire(all, [source], optionsOf(s3));
      expect(await verifyEvidence(all)).toMatchObject({ problems: [], custody: [], notes: [] });
      const lines = await readJsonLines(join(all.dir, "evidence/0001/acquisition.jsonl"));
      return { all, result, lines };
    }

    /** What must be the same in every run: all but the ids of requests, and the manifest that holds the hash of their list. */
    async function sealedOf(one: Case): Promise<string[]> {
      const lines = (await snapshot(join(one.dir, "evidence/0001"))).split("\n");
      return lines.filter((line) => !/^\/(s3-requests\.jsonl|tagmanifest-sha256\.txt) /.test(line));
    }

    it("seals the bytes of every version, and names what has none", async () => {
      const { all, result, lines } = await acquireAll();
      expect(result.outcomes).toEqual({ archived: 1, copied: held.size - 1, "delete-marker": 1, empty: 1 });
      for (const line of lines.filter((one) => one.sha256 !== undefined)) {
        const content = held.get(`${line.key} ${line.version_id}`);
        expect(line.sha256).toBe(
          createHash("sha256")
            .update(content ?? "")
            .digest("hex"),
        );
        const sealed = await readFile(join(all.dir, "evidence/0001", String(line.path)));
        expect(sealed.equals(content ?? Buffer.alloc(0))).toBe(true);
      }
      expect(lines.filter((line) => line.sha256 !== undefined).length).toBe(held.size);
    });

    it("holds every checksum against the bytes", async () => {
      const { lines } = await acquireAll({}, "s3://evidence/sums/");
      const verified = Object.fromEntries(lines.map((line) => [line.key, line.verified_by]));
      for (const algorithm of ALGORITHMS)
        expect(verified[`sums/${algorithm}`]).toEqual([algorithm.toLowerCase(), "etag"].sort());
      expect(verified["sums/parts-sha256"]).toEqual(["etag", "sha256"]);
      expect(verified["sums/parts-uneven"]).toEqual(["etag", "sha1"]);
    });

    it("records metadata, tags, locks and the state of the bucket", async () => {
      const { all, lines } = await acquireAll();
      expect(lines.find((line) => line.key === "locked")).toMatchObject({
        object_lock: { mode: "GOVERNANCE", retain_until: "2030-01-01T00:00:00.000Z", legal_hold: "ON" },
      });
      expect(lines.find((line) => String(line.key).includes("/2026/03/07/0"))).toMatchObject({
        metadata: { signature: "c0ffee" },
        tags: { day: "7" },
      });
      const [source] = await readJsonLines(join(all.dir, "evidence/0001/s3-sources.jsonl"));
      expect(source).toMatchObject({
        state: { versioning: "Enabled", object_lock: { enabled: true }, logging: null },
      });
    });

    it("lists only days that are asked for", async () => {
      const asked = { from: "2026-03-10", to: "2026-03-11", versions: "current" as const };
      const { lines } = await acquireAll(asked, `s3://evidence/${LAYOUT}/`);
      expect(lines.length).toBe(12);
      expect(lines.every((line) => /\/2026\/03\/1[01]\//.test(String(line.key)))).toBe(true);
      expect(
        await previewAcquisition(await scratchCase(), [`s3://evidence/${LAYOUT}/`], optionsOf(asked)),
      ).toMatchObject({ objects: 12, bytes: 24_000 });
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])("seals the same bytes in bad weather (%i)", async (seed) => {
      proxy.weather = { seed, throttle: 0.1, drop: 0.05, cut: 0.15, flip: 0.15, delay: 10 };
      proxy.done = {};
      try {
        const { all, result } = await acquireAll();
        expect(Object.keys(proxy.done).sort()).toEqual(["cut", "drop", "flip", "throttle"]);
        // Chance may spoil one object too often; then it says so and none of its bytes are there.
        if (result.outcomes.damaged === undefined) expect(await sealedOf(all)).toEqual(undisturbed);
        else
          for (const file of await sealedOf(all))
            if (file.startsWith("/data/")) expect(undisturbed).toContain(file);
      } finally {
        proxy.weather = CALM;
      }
    });

    it("assumes the role that it is told", async () => {
      if (typeof moto === "string") return;
      process.env.AWS_ENDPOINT_URL_STS = moto.endpoint;
      try {
        const roleArn = "arn:aws:iam::111122223333:role/evidence-reader";
        const { lines } = await acquireAll({ roleArn, versions: "current" }, "s3://evidence/locked");
        expect(lines).toMatchObject([{ key: "locked", outcome: "copied" }]);
        process.env.AWS_ENDPOINT_URL_STS = "http://127.0.0.1:9";
        const wrong = acquireAll({ roleArn }, "s3://evidence/locked");
        await expect(wrong).rejects.toMatchObject({ code: "source-unusable" });
      } finally {
        delete process.env.AWS_ENDPOINT_URL_STS;
      }
    });

    it("seals nothing of what is always corrupted", async () => {
      proxy.weather = { ...CALM, flip: 1 };
      try {
        const { result } = await acquireAll({ versions: "current" }, "s3://evidence/sums/");
        expect(result).toMatchObject({ files: 0, outcomes: { damaged: ALGORITHMS.length + 2 } });
      } finally {
        proxy.weather = CALM;
      }
    });

    it("killed at many moments and started again, seals the same bytes", async () => {
      proxy.weather = { seed: 7, throttle: 0.05, drop: 0.02, cut: 0.05, flip: 0.02, delay: 60 };
      const one = await scratchCase();
      let kills = 0;
      try {
        for (let delay = 50; !(await readdir(join(one.dir, "evidence"))).includes("0001"); delay += 150) {
          const args = ["--import", "tsx", child, one.dir, proxy.endpoint, "s3://evidence"];
          const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
          if (await isKilled(started, delay)) kills++;
        }
      } finally {
        proxy.weather = CALM;
      }
      expect(kills).toBeGreaterThan(3);
      const isUnfinished = (await readdir(join(one.dir, "evidence"))).some((name) =>
        name.startsWith(".incoming-"),
      );
      if (isUnfinished) await acquire(one, ["s3://evidence"], optionsOf());
      expect(await sealedOf(one)).toEqual(undisturbed);
      expect(await verifyEvidence(one)).toMatchObject({ problems: [], custody: [], notes: [] });
    });
  },
);

async function isKilled(started: ChildProcess, delay: number): Promise<boolean> {
  const ended = once(started, "exit");
  await Promise.race([once(started.stdout!, "data"), ended]);
  await Promise.race([sleep(delay), ended]);
  started.kill("SIGKILL");
  const [, signal] = await ended;
  return signal === "SIGKILL";
}

/** Bytes that do not repeat and are the same in every run. */
function noise(size: number, seed: string): Buffer {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 64 < size; n++) blocks.push(createHash("sha512").update(`${seed} ${n}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
