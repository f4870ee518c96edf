import { afterEach, beforeEach, expect, test } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import type { Database } from "../../../src/database/index.js";
import { isKnowledgeCurrent, loadVocabulary, syncKnowledge } from "../../../src/queries/index.js";
import { checkPatterns } from "../../../src/queries/samples.js";
import { LibraryFolder, openCase, VOCABULARY } from "./library-folder.js";

let folder: LibraryFolder;
let database: Database;
beforeEach(async () => {
  folder = await LibraryFolder.create();
  database = await openCase(folder);
});
afterEach(async () => {
  database.close();
  await folder.remove();
});

test("sets and patterns are in the database, under the names that queries use", async () => {
  expect(
    await database.rows("select member from named_set where name = 'INVOKE_RT' order by member"),
  ).toEqual([{ member: "Converse" }, { member: "InvokeModel" }]);
  expect(await database.rows("select regexp_matches('MOZILLA/5.0', rx_ua_browser()) as hit")).toEqual([
    { hit: true },
  ]);
});

test("a joined pattern keeps the flags of each part to that part", async () => {
  expect(
    await database.rows(
      "select x, regexp_matches(x, rx_ua_any()) as hit from (values ('MOZILLA/5'), ('curl/8'), ('CURL/8')) as t(x)",
    ),
  ).toEqual([
    { x: "MOZILLA/5", hit: true },
    { x: "curl/8", hit: true },
    { x: "CURL/8", hit: false },
  ]);
});

test("a database that is current is left alone; another vocabulary replaces the old one", async () => {
  const vocabulary = await loadVocabulary(folder.queries);
  expect(await syncKnowledge(database, { vocabulary })).toBe(false);
  await folder.write({
    "vocabulary/named-set.yaml": 'version: "2"\nsets: {INVOKE_RT: [InvokeModel]}\n',
    "vocabulary/regex.yaml":
      "version: 2\npatterns: {RX_UA_CURL: {pattern: '^Curl', positive: [Curl], negative: [curl]}}\n",
  });
  const next = await loadVocabulary(folder.queries);
  expect(await isKnowledgeCurrent(database, next)).toBe(false);
  expect(await syncKnowledge(database, { vocabulary: next })).toBe(true);
  expect(await isKnowledgeCurrent(database, next)).toBe(true);
  expect(await database.rows("select name, member from named_set")).toEqual([
    { name: "INVOKE_RT", member: "InvokeModel" },
  ]);
  expect(await database.rows("select rx_ua_curl() as pattern")).toEqual([{ pattern: "^Curl" }]);
  await expect(database.rows("select rx_ua_browser()")).rejects.toThrow(/does not exist/);
});

test("comments and sample texts do not change the fingerprint", async () => {
  const before = (await loadVocabulary(folder.queries)).fingerprint;
  await folder.write({
    "vocabulary/named-set.yaml": `# a comment${VOCABULARY["vocabulary/named-set.yaml"]}`,
  });
  expect((await loadVocabulary(folder.queries)).fingerprint).toBe(before);
});

test("every problem of the files is named in one error", async () => {
  await folder.write({
    "vocabulary/named-set.yaml": 'version: "1"\nsets: {invoke: [a]}\n',
    "vocabulary/attack.yaml": 'version: "18"\ntechniques: {X1: a}\n',
  });
  const error = await loadVocabulary(folder.queries).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "vocabulary-invalid", exitCode: 5 });
  expect(String(error)).toMatch(/attack\.yaml:2: [^\n]*\n[^\n]*named-set\.yaml:2: /);
});

test("a technique that serves no tactic is refused", async () => {
  await folder.write({
    "vocabulary/attack.yaml": `version: "18"
techniques: {T1530: a, T1078.004: b}
tactics: {collection: {title: c, techniques: [T1530]}}
`,
  });
  const error = String(await loadVocabulary(folder.queries).catch((reason: unknown) => reason));
  expect(error).toContain("T1078.004 serves no tactic");
  expect(error).not.toContain("T1530 serves");
});

test("a member named twice and a family with an unknown part are refused", async () => {
  await folder.write({
    "vocabulary/named-set.yaml": 'version: "1"\nsets: {INVOKE_RT: [InvokeModel, InvokeModel]}\n',
    "vocabulary/regex.yaml":
      "version: 1\npatterns: {RX_ANY: {any_of: [RX_A, RX_B], positive: [a], negative: [b]}}\n",
  });
  const error = String(await loadVocabulary(folder.queries).catch((reason: unknown) => reason));
  expect(error).toContain("INVOKE_RT names InvokeModel twice");
  expect(error).toContain("RX_ANY names RX_A, which is no pattern of its own");
});

test("a pattern that misses its samples, or that RE2 cannot read, is found", async () => {
  await folder.write({
    "vocabulary/regex.yaml": `version: 1
patterns:
  RX_A: {pattern: 'a', positive: [b], negative: [a]}
  RX_B: {pattern: 'a(?=b)', positive: [ab], negative: [a]}
`,
  });
  const problems = await checkPatterns(database, await loadVocabulary(folder.queries), "q");
  expect(problems.map(({ message }) => message)).toEqual([
    'RX_A does not match its positive sample "b"',
    'RX_A matches its negative sample "a"',
    expect.stringMatching(/^RX_B is no regular expression of RE2: /),
  ]);
});

test("the vocabulary of the project holds every pattern to its samples", async () => {
  const queries = assetFolder("queries");
  const project = await loadVocabulary(queries);
  expect(await checkPatterns(database, project, queries)).toEqual([]);
  expect(project.attack.successors["T1562.008"]).toBe("T1685.002");
  expect(project.elements.readiness.title).toBe("Readiness and evidence quality");
});
