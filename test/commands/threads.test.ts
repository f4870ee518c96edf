import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquire, initCase, openCase, verifyEvidence } from "../../src/evidence/index.js";
import { fixed, snapshot } from "../unit/evidence/scratch.js";

/**
 * The built command line works on much evidence in threads, and everything that runs from the sources does without: both have to
 * come to the same bytes and the same words.
 */
const BIN = join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");
const SMALL = 1 << 20;

const files: Record<string, Buffer> = {
  empty: Buffer.alloc(0),
  "just-small": Buffer.alloc(SMALL, "s"),
  "just-large": Buffer.alloc(SMALL + 1, "l"),
  large: Buffer.alloc(20_000_000, "0123456789abcdef!"),
  "claims.zip": Buffer.from("no zip"),
};
for (let n = 0; n < 1_500; n++)
  files[`AWSLogs/${n % 7}/${n}.json`] = Buffer.from(`{"n":${n}}`.repeat(n % 300));

let source: string;
let sealed: string;
let cases = 0;

const work = await mkdtemp(join(tmpdir(), "coldtrail-threads-"));
afterAll(async () => {
  await promisify(execFile)("chmod", ["-R", "u+w", work]);
  await rm(work, { recursive: true });
});

beforeAll(async () => {
  source = join(work, "evidence-disk");
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), content);
  }
  await writeFile(Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([0xe9])]), "not UTF-8");
  await symlink("large", join(source, "link"));
  const dir = await emptyCase();
  const { outcomes } = await acquire(await openCase(dir), [source], fixed);
  expect(outcomes).toEqual({ copied: 1_500, empty: 6, symlink: 1, broken: 1 });
  sealed = await payload(dir);
});

/** Everything in the bag but what names the case and the version. */
async function payload(dir: string): Promise<string> {
  const text = await snapshot(join(dir, "evidence/0001"));
  return text
    .split("\n")
    .filter((line) => !/^\/(bag-info|tagmanifest)/.test(line))
    .join("\n");
}

async function emptyCase(): Promise<string> {
  const dir = join(work, `case-${++cases}`);
  await initCase(dir, { title: "T", examiner: "E" }, { ...fixed, newId: () => "case-1" });
  return dir;
}

/** Runs the built command line; `during` may look at it and stop it. */
async function built(
  args: string[],
  during?: (stop: (signal: "SIGINT" | "SIGKILL") => void) => Promise<void>,
): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      printed += data.toString();
    });
  const closed = once(child, "close");
  await during?.((signal) => child.kill(signal));
  const [code] = await closed;
  return { code, printed };
}

/** Waits until the acquisition under way has noted that many copies. */
async function noted(dir: string, copies: number): Promise<void> {
  for (let waited = 0; waited < 20_000; waited++) {
    const [name] = (await readdir(join(dir, "evidence"))).filter((entry) => /^\.incoming-[^.]+$/.test(entry));
    const journal = await readFile(join(dir, "evidence", name ?? "", "journal.jsonl"), "utf8").catch(
      () => "",
    );
    if (journal.split("\n").length > copies) return;
    await sleep(1);
  }
  throw new Error("the acquisition does not get on");
}

describe("acquire in threads", () => {
  it("seals the same bytes", async () => {
    const dir = await emptyCase();
    const { code, printed } = await built(["acquire", dir, source]);
    expect(printed).toContain("sealed evidence/0001: 1,506 files");
    expect(code).toBe(0);
    expect(await payload(dir)).toBe(sealed);
    expect(await verifyEvidence({ dir })).toMatchObject({ problems: [], custody: [], notes: [] });
  });

  it.each(["SIGINT", "SIGKILL"] as const)(
    "stopped by %s goes on and seals the same bytes",
    async (signal) => {
      const dir = await emptyCase();
      const stopped = await built(["acquire", dir, source], async (stop) => {
        await noted(dir, 50);
        stop(signal);
      });
      expect(stopped.code).toBe(signal === "SIGINT" ? 130 : null);
      if (signal === "SIGINT") expect(stopped.printed).toContain("interrupted and nothing was sealed");
      expect(await readdir(join(dir, "evidence"))).not.toContain("0001");
      const { code, printed } = await built(["acquire", dir, source]);
      expect(code, printed).toBe(0);
      expect(await payload(dir)).toBe(sealed);
    },
  );

  it("names what its threads could not write", async () => {
    const dir = await emptyCase();
    const limited = spawn("sh", [
      "-c",
      `ulimit -f 100; exec "$0" "$@"`,
      process.execPath,
      BIN,
      "acquire",
      dir,
      source,
    ]);
    let printed = "";
    limited.stderr.on("data", (data: Buffer) => {
      printed += data.toString();
    });
    const [code] = await once(limited, "close");
    expect(printed).toMatch(
      /evidence: the file is larger than the file system or the process limit allows \(EFBIG\)/,
    );
    expect(code).toBe(2);
  });
});

describe("verify in threads", () => {
  it("names what changed, what is gone and what is no file", async () => {
    const dir = await emptyCase();
    await built(["acquire", dir, source]);
    const data = join(dir, "evidence/0001/data/evidence-disk");
    await chmod(join(data, "large"), 0o644);
    await truncate(join(data, "large"), 19_999_999);
    await chmod(join(data, "AWSLogs/1"), 0o755);
    await writeFile(join(data, "AWSLogs/1/new"), "");
    const found = await verifyEvidence({ dir });
    const { code, printed } = await built(["verify", dir, "--json"]);
    expect(code).toBe(3);
    const json = JSON.parse(printed.slice(printed.indexOf("{"), printed.lastIndexOf("}") + 1));
    expect(json.problems).toEqual(found.problems);
    expect(json.problems.map(({ kind }: { kind: string }) => kind)).toEqual([
      "payload-oxum",
      "unexpected",
      "changed",
    ]);
  });
});
