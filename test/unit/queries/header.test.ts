import { expect, test } from "vitest";
import { parseQuery } from "../../../src/queries/header.js";
import { BULK_READ, KEY_ACTIVITY } from "./library-folder.js";

function messages(text: string, kind: "detection" | "hunt" = "detection", id = "dst-bulk-read"): string[] {
  return parseQuery(text, "q.sql", kind, id).problems.map(({ line, message }) => `${line}: ${message}`);
}

test("a header that keeps the contract has no problems and leaves the SELECT alone", () => {
  const { query, problems } = parseQuery(`${BULK_READ};\n\n`, "q.sql", "detection", "dst-bulk-read");
  expect(problems).toEqual([]);
  expect(query?.header.requires).toEqual({ s3_access: "needed", ref_principal: "helpful" });
  expect(query?.sql.startsWith("select\n")).toBe(true);
  expect(query?.sql.endsWith("order by entity")).toBe(true);
  expect(query?.sqlLine).toBe(23);
});

test("Windows line ends read the same", () => {
  const { query, problems } = parseQuery(
    BULK_READ.replaceAll("\n", "\r\n"),
    "q.sql",
    "detection",
    "dst-bulk-read",
  );
  expect(problems).toEqual([]);
  expect(query?.sql).toBe(parseQuery(BULK_READ, "q.sql", "detection", "dst-bulk-read").query?.sql);
});

test("a file without a header, or with one that is not closed, is refused", () => {
  expect(messages("select 1")).toEqual(["1: has no header; the first line must be `-- ---`"]);
  expect(messages("-- ---\n-- id: x\nselect 1")).toEqual([
    "1: the header is not closed; a second line `-- ---` must end it",
  ]);
});

test("SQL inside the header is refused with its line", () => {
  expect(messages(BULK_READ.replace("-- status: stable", "select 1"))).toEqual([
    "5: a line of the header must begin with `-- `",
  ]);
});

test("an unknown key is an error with its line", () => {
  expect(messages(BULK_READ.replace("-- severity: high", "-- severity: high\n-- sevrity: low"))).toEqual([
    "7: `sevrity`: no such key",
  ]);
});

test("a missing key is named", () => {
  expect(messages(BULK_READ.replace("-- title: Many objects read by one requester\n", ""))[0]).toMatch(
    /title: /,
  );
});

test("broken YAML is one sentence with the line of the file", () => {
  expect(messages(BULK_READ.replace("[T1530]", "[T1530"))[0]).toMatch(/^(8|9|10): not valid YAML: /);
});

test("id, description, changelog and parameters are held against each other", () => {
  expect(messages(BULK_READ, "detection", "dst-other")).toEqual([
    "2: id is dst-bulk-read, the file is called dst-other.sql; the two must be the same",
  ]);
  expect(messages(BULK_READ.replace("Finds requesters", "Shows requesters"))).toEqual([
    '10: description must begin with "Finds "',
  ]);
  expect(messages(BULK_READ.replace("Misses readers", "Not readers"))[0]).toContain('"Misses "');
  expect(messages(BULK_READ.replace("version: 1.0.0", "version: 1.1.0"))).toEqual([
    "20: changelog says nothing about version 1.1.0",
  ]);
  expect(messages(BULK_READ.replace("default: 3, ", ""))[0]).toContain("neither a default nor");
  expect(messages(BULK_READ.replace("default: 3", "required: true"))[0]).toContain("without being asked");
  expect(messages(BULK_READ.replace("default: 3", "default: case"))[0]).toContain("only case_from, case_to");
});

test("severity and element belong to detections", () => {
  expect(messages(BULK_READ.replace("-- severity: high\n", ""))[0]).toContain("severity is missing");
  expect(messages(KEY_ACTIVITY, "hunt", "h-key-activity")).toEqual([]);
  expect(
    messages(KEY_ACTIVITY.replace("-- requires", "-- severity: low\n-- requires"), "hunt", "h-key-activity"),
  ).toEqual(["7: severity belongs to detections; a hunt has none"]);
});
