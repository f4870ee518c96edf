import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A real S3 server process: moto (Python, Apache-2.0), pinned in requirements.txt and installed into a folder of its own on first use.
 * No emulator of the npm registry fits Node 20 and these tests: s3rver is unmaintained, its successor @20minutes/s3rver wants Node 24,
 * @push.rocks/smarts3 wraps s3rver, and fauxqs, the one maintained, keeps no versions, tags or locks.
 */
export interface Moto {
  endpoint: string;
  stop(): Promise<void>;
}

const folder = fileURLToPath(new URL("../../node_modules/.cache/coldtrail-moto-5.2.5", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** Starts the server on a free port of this machine; a sentence when it cannot be had here. */
export async function startMoto(): Promise<Moto | string> {
  const reason = await installed();
  if (reason !== undefined) return reason;
  const port = await freePort();
  const server = spawn(
    join(folder, "bin/python"),
    ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    {
      stdio: "ignore",
    },
  );
  const ended = once(server, "exit");
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries++) {
    const isUp = await fetch(`${endpoint}/moto-api/`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp)
      return {
        endpoint,
        stop: async () => {
          server.kill();
          await ended;
        },
      };
    await sleep(100);
  }
  server.kill();
  return "moto does not start on this machine";
}

async function installed(): Promise<string | undefined> {
  const done = join(folder, "complete");
  if (
    await access(done).then(
      () => true,
      () => false,
    )
  )
    return undefined;
  await rm(folder, { recursive: true, force: true });
  try {
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin/pip"), [
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--retries=2",
      "-r",
      requirements,
    ]);
    await mkdir(`${done}.partial`);
    await rename(`${done}.partial`, done);
    return undefined;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const [first = ""] = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split("\n")
      .slice(-1);
    return `moto cannot be installed here (python3 with venv and pip, and their registry, are needed): ${first}`;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
