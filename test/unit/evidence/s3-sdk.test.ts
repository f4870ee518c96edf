import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startS3Server } from "./s3-server.js";
import { scratchFolder, scratchTree } from "./scratch.js";

const run = promisify(execFile);
const child = fileURLToPath(new URL("s3-sdk-child.ts", import.meta.url));

async function modulesOf(...lines: string[][]): Promise<{ modules: string[]; notes: string }> {
  const { stdout, stderr } = await run(process.execPath, ["--import", "tsx", child, JSON.stringify(lines)], {
    maxBuffer: 1 << 26,
    env: { ...process.env, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" },
  });
  return { modules: stdout.split("\n"), notes: stderr };
}

const isSdk = (url: string) => /@aws-sdk|@smithy/.test(url);

it("no command but acquire from S3 loads the SDK", async () => {
  const dir = join(await scratchFolder(), "case");
  const tree = await scratchTree({ "a.json": '{"Records":[]}' });
  const { modules, notes } = await modulesOf(
    ["init", dir, "--title", "T", "--examiner", "E"],
    ["acquire", dir, tree],
    ["verify", dir],
    ["ingest", dir],
    ["status", dir],
    ["detect", dir, "--only", "acc-*"],
    ["hunt", "list"],
    ["timeline", dir],
    ["sql", dir, "select 1 as one"],
    ["custody", "show", dir],
    ["report", dir],
  );
  expect(notes).not.toMatch(/bug of coldtrail/);
  expect(modules.some((url) => url.endsWith("/src/cli/commands/report.ts"))).toBe(true);
  expect(modules.some((url) => url.endsWith("/src/evidence/origins/s3.ts"))).toBe(true);
  expect(modules.some((url) => url.includes("@duckdb"))).toBe(true);
  expect(modules.filter(isSdk)).toEqual([]);
});

it("acquire from S3 does, so that the trace is proven", async () => {
  const server = await startS3Server();
  try {
    server.buckets.set("evidence", [{ key: "a", content: Buffer.from("a") }]);
    const dir = join(await scratchFolder(), "case");
    const { modules, notes } = await modulesOf(
      ["init", dir, "--title", "T", "--examiner", "E"],
      [
        "acquire",
        dir,
        "s3://evidence",
        "--endpoint",
        server.endpoint,
        "--path-style",
        "--region",
        "eu-central-1",
      ],
    );
    expect(notes).toMatch(/sealed evidence\/0001: 1 file, 1 B \(1 copied\)/);
    expect(modules.some((url) => url.includes("@aws-sdk/client-s3"))).toBe(true);
  } finally {
    await server.close();
  }
});
