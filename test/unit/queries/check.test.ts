import { afterEach, beforeEach, expect, test } from "vitest";
import { checkQueries, formatProblem, loadLibrary, updateLock } from "../../../src/queries/index.js";
import { BULK_READ, KEY_ACTIVITY, LibraryFolder, sqlFolder } from "./library-folder.js";

const CASES = `
- name: a hundred objects fire
  expect: fired
  given:
    s3_access:
      - {repeat: 100, every: 5 seconds, event_time: 2026-03-11T12:00:00Z, principal: role/ana, key: 'part-{i}'}
  reason: ref_principal is empty
  rows:
    - {entity: role/ana, severity: critical, event_count: 100, last_seen: 2026-03-11T12:08:15Z, summary: /^100 /}
- name: the nightly job stays silent
  expect: not_fired
  given:
    s3_access: [{repeat: 100, every: 5 seconds, event_time: 2026-03-11T12:00:00Z, principal: role/nightly}]
    ref_principal: [{principal: role/nightly, class: training_reader}]
- name: no access log
  expect: not_evaluable
  reason: s3_access is empty
`;

const HUNT_CASES = `
- name: the calls of one key
  expect: fired
  parameters: {access_key: AKIAIOSFODNN7EXAMPLE}
  given:
    cloudtrail_event:
      - {event_time: 2026-03-11T12:00:00Z, event_name: InvokeModel, access_key_id: AKIAIOSFODNN7EXAMPLE}
      - {event_time: 2026-03-11T12:00:00Z, event_name: Converse, access_key_id: ASIAIOSFODNN7EXAMPLE}
  rows:
    - {event_name: InvokeModel, record_no: 1}
`;

let folder: LibraryFolder;
beforeEach(async () => {
  folder = await LibraryFolder.create({
    "detections/dst-bulk-read.sql": BULK_READ,
    "hunts/h-key-activity.sql": KEY_ACTIVITY,
    "cases/detections/dst-bulk-read.yaml": CASES,
    "cases/hunts/h-key-activity.yaml": HUNT_CASES,
  });
});
afterEach(() => folder.remove());

async function problems(options: { lock?: boolean; cases?: boolean } = {}): Promise<string[]> {
  const found = await checkQueries({
    queriesFolder: folder.queries,
    casesFolder: options.cases === false ? undefined : folder.cases,
    sqlFolder,
    lock: options.lock ?? false,
  });
  return found.map((problem) => formatProblem(problem).replace(`${folder.root}/`, ""));
}

async function problemsOf(change: (sql: string) => string): Promise<string[]> {
  await folder.write({ "detections/dst-bulk-read.sql": change(BULK_READ) });
  return (await problems({ cases: false })).map((problem) =>
    problem.replace(/^queries\/detections\/dst-bulk-read\.sql/, ""),
  );
}

test("a library that keeps the contract has no problems", async () => {
  expect(await problems()).toEqual([]);
});

test("the installed package, where cases do not ship, is checked without them", async () => {
  expect(await problems({ cases: false })).toEqual([]);
});

test.each<[string, (sql: string) => string, string]>([
  [
    "a table that is not declared",
    (sql) => sql.replace("--   ref_principal: helpful\n", ""),
    ": reads ref_principal, which `requires` does not name",
  ],
  [
    "a table that is not read",
    (sql) => sql.replace("--   ref_principal", "--   vpc_flow: optional\n--   ref_principal"),
    ": requires vpc_flow, which the SQL does not read",
  ],
  [
    "a parameter that is not declared",
    (sql) => sql.replace("$min_objects", "$minimum"),
    ":23: uses $minimum, which `parameters` does not name",
  ],
  [
    "a parameter that is not used",
    (sql) => sql.replace("$min_objects::bigint", "3"),
    ": parameter min_objects is not used in the SQL",
  ],
  [
    "the clock",
    (sql) => sql.replace("where ref", "where event_time < now() and ref"),
    ":38: calls now(); the same evidence must give the same bytes, and no query reads files or settings",
  ],
  [
    "the clock without brackets",
    (sql) => sql.replace("where ref", "where event_time < current_timestamp and ref"),
    ":38: uses current_timestamp; the same evidence must give the same bytes",
  ],
  [
    "a list in the order of chance",
    (sql) => sql.replace(/\n {8}order by event_time.*/, ""),
    ":32: calls list() without `order by` inside; its result would follow chance",
  ],
  [
    "a sample",
    (sql) =>
      sql
        .replace("\nwhere", "\n-- sample\nwhere")
        .replace("from s3_access as reader", "from s3_access as reader tablesample 10%"),
    ":23: takes a sample; every row counts",
  ],
  [
    "no order",
    (sql) => sql.replace("order by entity\n", ""),
    ":23: has no ORDER BY; without one the order of rows is chance",
  ],
  ["a limit", (sql) => `${sql}limit 10\n`, ":23: has a LIMIT; a detection returns every finding"],
  [
    "a column that is missing",
    (sql) => sql.replace("    count(*) || ' objects' as summary,\n", ""),
    ":23: does not return summary (varchar), which every detection has",
  ],
  [
    "a column of another type",
    (sql) => sql.replace("min(event_time) as", "min(event_time)::varchar as"),
    ":23: returns first_seen as varchar, expected timestamptz",
  ],
  [
    "a column of its own",
    (sql) => sql.replace("as summary,", "as summary,\n    1 as objects,"),
    ":23: returns objects, which no finding has; put it into metrics",
  ],
  [
    "a table that does not exist",
    (sql) => sql.replaceAll("ref_principal", "ref_people"),
    ":23: DuckDB does not accept the query: Catalog Error: Table with name ref_people does not exist!",
  ],
  [
    "a parameter without a cast",
    (sql) => sql.replace("($case_from::timestamptz is null", "($case_from is null"),
    ":23: DuckDB cannot tell the type of a parameter; cast each one where it stands, such as $window::interval",
  ],
  [
    "an unknown technique",
    (sql) => sql.replace("T1530", "T9999"),
    ": attack: T9999 is not in vocabulary/attack.yaml (release 18)",
  ],
  [
    "two statements",
    (sql) => `${sql};\nselect 1 order by 1\n`,
    ":23: holds 2 statements; a query is exactly one SELECT",
  ],
  [
    "a statement that is no SELECT",
    (sql) => sql.replace(/\nselect[\s\S]*/, "\ndelete from finding\n"),
    ":23: the SQL is not a SELECT that DuckDB can read: Only SELECT statements can be serialized to json!",
  ],
  [
    "a file",
    (sql) =>
      sql.replace("from s3_access as reader", "from s3_access as reader cross join read_text('/etc/passwd')"),
    ":23: calls read_text() as a table; allowed are unnest, range, generate_series, json_each, json_tree, answer_questions, sequence_records, text_clusters, principals_named, addresses_within, calls_at_once",
  ],
  [
    "a named set that does not exist",
    (sql) =>
      sql
        .replace("--   ref_principal", "--   named_set: optional\n--   ref_principal")
        .replace(
          "where ref",
          "where key not in (select member from named_set where name = 'INVOKE_RTS') and ref",
        ),
    ":39: reads the named set INVOKE_RTS, which vocabulary/named-set.yaml does not have",
  ],
])("%s is found", async (_, change, expected) => {
  expect(await problemsOf(change)).toContain(expected);
});

test("a table that only a macro reads may be declared", async () => {
  await folder.write({
    "detections/dst-bulk-read.sql": BULK_READ.replace(
      "--   ref_principal",
      "--   ref_cidr: helpful\n--   ref_principal",
    ).replace("where ref", "where ip_class(remote_ip) is not null and ref"),
  });
  expect(await problems({ cases: false })).toEqual([]);
});

test("a list whose order is made meaningless needs none", async () => {
  const metrics = "{'keys': list_sort(list(distinct key))} as metrics";
  expect(await problemsOf((sql) => sql.replace("{'bytes': sum(bytes_sent)} as metrics", metrics))).toEqual(
    [],
  );
});

test("a query without cases, and cases without a query, are found", async () => {
  await folder.write({
    "detections/acc-new.sql": BULK_READ.replaceAll("dst-bulk-read", "acc-new"),
    "cases/hunts/h-gone.yaml": "[]",
  });
  const [first, second] = await problems();
  expect(first).toBe("cases/hunts/h-gone.yaml: there is no hunt h-gone; the file is called as its query");
  expect(second).toMatch(/^queries\/detections\/acc-new\.sql: has no cases in /);
});

test("a detection needs a case that fires, a silent one and one that is not evaluable", async () => {
  await folder.write({
    "cases/detections/dst-bulk-read.yaml": "- {name: one, expect: partial, given: {s3_access: [{key: a}]}}",
  });
  expect(await problems()).toEqual([
    "cases/detections/dst-bulk-read.yaml: no case expects fired: one that fires",
    "cases/detections/dst-bulk-read.yaml: no case expects not_evaluable: one in which it cannot be asked",
  ]);
});

test("a case that does not come out says where and how", async () => {
  await folder.write({
    "cases/detections/dst-bulk-read.yaml": CASES.replace(
      "severity: critical, event_count: 100",
      "severity: high, event_count: 99",
    )
      .replace("s3_access is empty", "ref_case")
      .replace("expect: not_fired", "expect: fired"),
  });
  expect(await problems()).toEqual([
    "cases/detections/dst-bulk-read.yaml: no case expects not_fired or partial: one in which it stays silent",
    'cases/detections/dst-bulk-read.yaml:2: a hundred objects fire: row 1: severity is "critical", expected "high"',
    "cases/detections/dst-bulk-read.yaml:2: a hundred objects fire: row 1: event_count is 100, expected 99",
    "cases/detections/dst-bulk-read.yaml:10: the nightly job stays silent: is not_fired, expected fired",
    'cases/detections/dst-bulk-read.yaml:15: no access log: the reason is "s3_access is empty", expected one with "ref_case"',
  ]);
});

test("a case that names no table, no column or a value of another type says so", async () => {
  const one = (given: string) => `- {name: one, expect: not_evaluable, given: ${given}}\n`;
  const text = [
    "{s3_acces: [{key: a}]}",
    "{s3_access: [{kee: a}]}",
    "{s3_access: [{http_status: ok}]}",
    "{s3_access: [{repeat: 2, every: often}]}",
  ];
  await folder.write({
    "cases/detections/dst-bulk-read.yaml": text
      .map(one)
      .map((line, index) => line.replace("one", `case ${index}`))
      .join(""),
  });
  expect((await problems()).filter((problem) => /case \d/.test(problem))).toEqual([
    "cases/detections/dst-bulk-read.yaml:1: case 0: given: there is no table s3_acces (rows go into tables, not into views)",
    "cases/detections/dst-bulk-read.yaml:2: case 1: given: s3_access has no column kee",
    expect.stringMatching(/yaml:3: case 2: given: s3_access: .*Failed to cast value/),
    'cases/detections/dst-bulk-read.yaml:4: case 3: given: every is "often", expected a length such as 5 seconds',
  ]);
});

test("a version that the lock refuses is the only problem, and no case runs for it", async () => {
  await updateLock(await loadLibrary(folder.queries), folder.queries);
  await folder.write({
    "detections/dst-bulk-read.sql": `${BULK_READ}-- a word\n`,
    "cases/detections/dst-bulk-read.yaml": CASES.replace("expect: not_fired", "expect: fired"),
  });
  const done: number[] = [];
  const refused = await checkQueries({
    queriesFolder: folder.queries,
    casesFolder: folder.cases,
    sqlFolder,
    lock: false,
    progress: (count) => done.push(count),
  });
  expect(refused.map(({ message }) => message)).toEqual([
    "changed and is still version 1.0.0; raise the version and say in the changelog what changed",
  ]);
  expect(done).toEqual([]);
});

test("one case leaves nothing behind for the next", async () => {
  await folder.write({
    "cases/detections/dst-bulk-read.yaml": `${CASES}- {name: last, expect: not_evaluable}\n`,
  });
  expect(await problems()).toEqual([]);
});
