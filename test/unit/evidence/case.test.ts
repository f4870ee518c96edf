import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { initCase, openCase, REFERENCE_TABLES, readCustody } from "../../../src/evidence/index.js";
import { fixed, scratchCase, scratchFolder } from "./scratch.js";

const made = { ...fixed, newId: () => "case-7" };

describe("initCase", () => {
  it("writes the layout of a case", async () => {
    const { dir } = await scratchCase();
    const names = await readdir(dir);
    expect(names.sort()).toEqual(
      ["case.yaml", "custody.head", "custody.jsonl", "evidence", "reference", "reports"].sort(),
    );
    expect(await readdir(join(dir, "evidence"))).toEqual([]);
  });

  it("gives every reference table a file that holds its header and nothing else", async () => {
    const { dir } = await scratchCase();
    for (const [name, { columns }] of Object.entries(REFERENCE_TABLES))
      expect(await readFile(join(dir, "reference", `${name}.csv`), "utf8")).toBe(
        `${Object.keys(columns).join(",")}\n`,
      );
  });

  it("documents every reference file and column", async () => {
    const { dir } = await scratchCase();
    const guide = await readFile(join(dir, "reference", "README.md"), "utf8");
    for (const [name, { about, columns }] of Object.entries(REFERENCE_TABLES)) {
      expect(guide).toContain(`## ${name}.csv\n\n${about}`);
      for (const [column, meaning] of Object.entries(columns))
        expect(guide).toContain(`| ${column} | ${meaning} |`);
    }
  });

  it("begins the custody log with an entry init", async () => {
    const held = await scratchCase();
    expect(await readCustody(held)).toEqual([
      {
        seq: 1,
        time: "2026-03-04T05:06:07.000Z",
        examiner: "Ana Example",
        action: "init",
        detail: { case: "case-7", title: "Bright Harbour" },
        tool: { name: "coldtrail", version: "0.0.0-test" },
        previous: "0".repeat(64),
      },
    ]);
  });

  it("refuses a folder that holds anything, and says what to do", async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, "holiday.jpg"), "x");
    await expect(initCase(folder, { title: "T", examiner: "E" }, made)).rejects.toMatchObject({
      code: "case-folder-not-empty",
      exitCode: 2,
      message: expect.stringContaining("a case needs an empty or new folder"),
    });
  });

  it("refuses a folder that is a case already", async () => {
    const { dir } = await scratchCase();
    await expect(initCase(dir, { title: "T", examiner: "E" }, made)).rejects.toMatchObject({
      code: "case-exists",
    });
  });

  it("names everything that is wrong with what the examiner stated, at once", async () => {
    const folder = join(await scratchFolder(), "case");
    const statement = { title: " ", examiner: "E", accounts: ["12"], caseFrom: "yesterday" };
    await expect(initCase(folder, statement, made)).rejects.toMatchObject({
      code: "case-invalid",
      message: expect.stringMatching(/title is empty.*case_from is not a time.*accounts holds something/s),
    });
  });
});

describe("openCase", () => {
  it("reads back what init was told, whatever characters it holds", async () => {
    const dir = join(await scratchFolder(), "case");
    const statement = {
      title: 'Ärger: "Bucket" #1 \n - yes',
      examiner: "null",
      organisation: "O'Neil & {Sons}",
      caseFrom: "2026-03-01",
      caseTo: "2026-03-04T02:00:00+02:00",
      accounts: ["012345678901"],
      regions: ["eu-central-1", "no"],
    };
    const expected = {
      ...statement,
      dir,
      id: "case-7",
      caseFrom: "2026-03-01T00:00:00.000Z",
      caseTo: "2026-03-04T00:00:00.000Z",
    };
    expect(await initCase(dir, statement, made)).toEqual(expected);
    expect(await openCase(dir)).toEqual(expected);
  });

  it("keeps an account a string when its quotes are left out", async () => {
    const held = await scratchCase();
    const file = join(held.dir, "case.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("accounts: []", "accounts: [012345678901]"));
    expect((await openCase(held.dir)).accounts).toEqual(["012345678901"]);
  });

  it("takes emptied lines for not stated", async () => {
    const { dir } = await scratchCase();
    await writeFile(
      join(dir, "case.yaml"),
      "id: x\ntitle: T\nexaminer: E\norganisation:\naccounts:\ncase_from:\n",
    );
    expect(await openCase(dir)).toEqual({
      dir,
      id: "x",
      title: "T",
      examiner: "E",
      accounts: [],
      regions: [],
    });
  });

  it("says that a folder is no case and how to make one", async () => {
    const folder = await scratchFolder();
    for (const path of [folder, join(folder, "nowhere")])
      await expect(openCase(path)).rejects.toMatchObject({
        code: "case-not-found",
        exitCode: 2,
        message: expect.stringContaining("coldtrail init"),
      });
  });

  it("refuses a misspelt key instead of ignoring it", async () => {
    const { dir } = await scratchCase();
    await writeFile(join(dir, "case.yaml"), "id: x\ntitle: T\nexaminer: E\ncase_form: 2026-03-01\n");
    await expect(openCase(dir)).rejects.toMatchObject({
      code: "case-invalid",
      message: expect.stringContaining("case_form"),
    });
  });

  it("refuses a time without a zone and a range that ends before it begins", async () => {
    const { dir } = await scratchCase();
    await writeFile(join(dir, "case.yaml"), "id: x\ntitle: T\nexaminer: E\ncase_from: 2026-03-01T10:00:00\n");
    await expect(openCase(dir)).rejects.toThrow(/case_from is not a time/);
    await writeFile(
      join(dir, "case.yaml"),
      "id: x\ntitle: T\nexaminer: E\ncase_from: 2026-03-02\ncase_to: 2026-03-01\n",
    );
    await expect(openCase(dir)).rejects.toThrow(/case_from is later than case_to/);
  });

  it.each([
    ["", "must hold at least id, title and examiner"],
    ["id: x", "title is missing; examiner is missing"],
    [
      "id: [a]\ntitle: T\nexaminer: E\nregions: eu",
      "id must be plain text; regions must be a list, like [a, b]",
    ],
  ])("says what is wrong with %j", async (content, problems) => {
    const { dir } = await scratchCase();
    await writeFile(join(dir, "case.yaml"), content);
    await expect(openCase(dir)).rejects.toThrow(`case.yaml: ${problems}; correct it`);
  });

  it("says where a file that is not YAML breaks", async () => {
    const { dir } = await scratchCase();
    await writeFile(join(dir, "case.yaml"), "id: [\n");
    await expect(openCase(dir)).rejects.toMatchObject({
      code: "case-invalid",
      message: expect.stringContaining("is not YAML"),
    });
  });
});
