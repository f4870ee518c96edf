import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coldtrail } from "../commands/command-line.js";

/** Takes the sample incident in `source` from acquisition through ingest; returns the folder of the case. */
export async function incidentCase(source: string): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), "coldtrail-incident-"));
  const folder = join(work, "case");
  await coldtrail("init", folder, "--title", "Acme support assistant", "--examiner", "Test");
  await cp(join(source, "reference"), join(folder, "reference"), { recursive: true, force: true });
  await writeFile(join(folder, "case.yaml"), await readFile(join(source, "case.yaml")));
  await coldtrail("acquire", folder, join(source, "evidence"));
  const { code, notes } = await coldtrail("ingest", folder, "--max-rejects", "10");
  if (code !== 0) throw new Error(notes);
  return folder;
}
