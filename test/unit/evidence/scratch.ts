import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { type Case, initCase } from "../../../src/evidence/index.js";
import { fixed } from "./scratch-clock.js";

export { fixed };

const scratch: string[] = [];

afterEach(async () => {
  for (const folder of scratch.splice(0)) {
    await unprotect(folder);
    await rm(folder, { recursive: true, force: true });
  }
});

/** A folder that is removed after the test, sealed bags in it included. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "coldtrail-"));
  await chmod(folder, 0o755);
  scratch.push(folder);
  return folder;
}

export async function scratchCase(): Promise<Case> {
  const statement = { title: "Bright Harbour", examiner: "Ana Example", organisation: "Example Org" };
  return initCase(join(await scratchFolder(), "case"), statement, { ...fixed, newId: () => "case-7" });
}

/** Writes files below a fresh folder `evidence-disk` and returns that folder. */
export async function scratchTree(files: Record<string, string | Buffer>): Promise<string> {
  const root = join(await scratchFolder(), "evidence-disk");
  await mkdir(root);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** Every file below a folder with mode and digest, one a line: equal text means equal trees. */
export async function snapshot(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = ((await lstat(path)).mode & 0o777).toString(8);
    const digest = entry.isFile()
      ? createHash("sha256")
          .update(await readFile(path))
          .digest("hex")
      : "folder";
    lines.push(`${path.slice(folder.length)} ${mode} ${digest}`);
  }
  return lines.sort().join("\n");
}

export async function readJsonLines(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function unprotect(folder: string): Promise<void> {
  await chmod(folder, 0o755).catch(() => undefined); // gone already
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await unprotect(join(folder, entry.name));
}
