import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assetFolder } from "../../src/assets.js";
import { COVERAGE_PAGE, coveragePage } from "../readme/coverage-page.js";
import { readmeWithSources } from "../readme/source-table.js";
import { coldtrail } from "./command-line.js";

/** The tour of the README, block by block: `$ ` is a command, every other line must be part of what it prints. */

let work: string;
const home = process.cwd();

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-tour-"));
  await symlink(assetFolder("sample-evidence"), join(work, "sample-evidence"));
  process.chdir(work);
});
afterAll(async () => {
  process.chdir(home);
  await rm(work, { recursive: true, force: true });
});

test("every command of the tour does what the README says", async () => {
  const readme = await readFile(join(home, "README.md"), "utf8");
  const steps = [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap((block) =>
    (block[1] as string).split(/^\$ /m).slice(1),
  );
  expect(steps.length).toBeGreaterThan(5);
  for (const step of steps) {
    const [command = "", ...lines] = step.trimEnd().split("\n");
    const [name, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
      (word) => word[1] ?? (word[2] as string),
    );
    expect(name).toBe("coldtrail");
    const { code, out, notes } = await coldtrail(...args);
    expect(code, `${command}\n${notes}`).toBe(0);
    for (const line of lines) expect(out + notes, command).toContain(line.trim());
  }
});

test("the README names every command and every exit code", async () => {
  const readme = await readFile(join(home, "README.md"), "utf8");
  const { COMMANDS } = await import("../../src/cli/commands.js");
  for (const { usage } of COMMANDS) expect(readme).toMatch(new RegExp(`\`${usage.split(" ")[0]}[ \`]`));
  const { EXIT } = await import("../../src/errors.js");
  for (const code of Object.values(EXIT)) expect(readme).toContain(`| ${code} |`);
});

test("the table of sources is what the headers of the sources say (npm run readme)", async () => {
  const { present, wanted } = await readmeWithSources();
  expect(present).toBe(wanted);
});

test("the page of coverage is up to date (npm run coverage-page), and nothing asked for is unanswered", async () => {
  const { page, uncovered } = await coveragePage();
  expect(uncovered).toEqual([]);
  expect(await readFile(COVERAGE_PAGE, "utf8")).toBe(page);
});
