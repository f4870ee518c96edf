import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..", "..");
const work = await mkdtemp(join(tmpdir(), "coldtrail-airgap-"));
afterAll(() => rm(work, { recursive: true, force: true }));

/** A network namespace of its own has no interface but a loopback that is down. */
const canUnshare = await run("unshare", ["--net", "true"]).then(
  () => true,
  () => false,
);
if (!canUnshare)
  console.warn("airgap: skipped, this machine does not let a process have its own network namespace");

const alone = (command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run("unshare", ["--net", command, ...args], { cwd: work, maxBuffer: 2 ** 28 });

test.skipIf(!canUnshare)(
  "the archive installs and runs the whole pipeline on a machine without any network",
  async () => {
    await run(join(ROOT, ".ci", "airgap"), [work]);
    await alone("sh", "-c", "sha256sum -c coldtrail-*.tar.gz.sha256 && tar -xzf coldtrail-*.tar.gz");
    const folder = (await readdir(work)).find(
      (name) => name.startsWith("coldtrail-") && !name.includes(".tar"),
    ) as string;
    const coldtrail = join(work, folder, "coldtrail");
    const { stdout } = await alone(coldtrail, "demo", "case");
    expect(stdout.trim()).toMatch(/report\.html$/);
    const ask = async (...args: string[]): Promise<string> => (await alone(coldtrail, ...args)).stdout;
    const rows = await ask("sql", "case", "select count(*) as n from cloudtrail_event", "--json");
    expect(JSON.parse(rows)).toEqual([{ n: 14_424 }]);
    // Every other command that touches a case; each must end with exit code 0.
    expect(await ask("status", "case")).toContain("cloudtrail");
    expect(
      await ask("hunt", "run", "case", "h-key-activity", "--access-key", "AKIAEXAMPLESVCRAGSYN"),
    ).toContain("TruffleHog");
    expect(await ask("timeline", "case", "--ip", "198.51.100.77", "--csv")).toContain("198.51.100.77");
    expect(await ask("investigate", "case", "--scenario", "leaked-key")).not.toBe("");
    expect(await ask("record", "case", "1", "1", "--raw")).not.toBe("");
    await ask("keygen", "key");
    await ask("sign", "case", "--key", "key");
    const { stderr } = await alone(coldtrail, "custody", "verify", "case", "--key", "key.pub");
    expect(stderr).toContain("custody log unbroken");
    expect((await alone(coldtrail, "verify", "case")).stderr).toContain("CloudTrail digests: 1060 valid");
  },
);
