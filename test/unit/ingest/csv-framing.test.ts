import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CsvFramer } from "../../../src/ingest/csv-framing.js";

interface Seen {
  rows: { line: number; raw: string; object: unknown; flags: string }[];
  rejects: { line: number; reason: string }[];
}

function framed(
  text: string | Buffer,
  options: { header?: boolean; maxRecord?: number; piece?: number } = {},
): Seen {
  const { header = true, maxRecord = 1_000_000, piece = Number.MAX_SAFE_INTEGER } = options;
  const seen: Seen = { rows: [], rejects: [] };
  const framer = new CsvFramer(
    { header, maxRecord },
    {
      row: (buffer, start, end, line, object, flags) =>
        seen.rows.push({
          line,
          raw: buffer.toString("utf8", start, end),
          object: JSON.parse(object.toString()),
          flags,
        }),
      reject: (line, reason) => seen.rejects.push({ line, reason }),
    },
  );
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += piece) framer.push(bytes.subarray(at, at + piece));
  framer.end();
  expect(framer.records).toBe(seen.rows.length + seen.rejects.length);
  return seen;
}

const objects = (text: string, options?: { header?: boolean }): unknown[] =>
  framed(text, options).rows.map(({ object }) => object);

describe("comma-separated rows", () => {
  test("become objects by the names of the header", () => {
    expect(objects("user,arn\nann,a\r\nbob,b")).toEqual([
      { user: "ann", arn: "a" },
      { user: "bob", arn: "b" },
    ]);
  });

  test("tell an empty field from an empty text", () => {
    expect(objects('a,b,c\n,"",x\n')).toEqual([{ a: null, b: "", c: "x" }]);
  });

  test("hold quotes, commas and line breaks in quoted fields", () => {
    const { rows } = framed('a,b\n"x ""y"", z","one\r\ntwo"\nn,m\n');
    expect(rows.map(({ object }) => object)).toEqual([
      { a: 'x "y", z', b: "one\r\ntwo" },
      { a: "n", b: "m" },
    ]);
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(rows[0]?.raw).toBe('"x ""y"", z","one\r\ntwo"');
  });

  test("without a header keep their values in order", () => {
    expect(objects('"b","k%2F1"\n', { header: false })).toEqual([{ values: ["b", "k%2F1"] }]);
  });

  test("that are ragged keep what they have and are flagged", () => {
    expect(framed("a,b\n1\n1,2,3\n").rows).toMatchObject([
      { object: { a: "1" }, flags: "ragged_row" },
      { object: { a: "1", b: "2", _extra: ["3"] }, flags: "ragged_row" },
    ]);
  });

  test("get distinct names when the header repeats one or leaves it out", () => {
    expect(objects("a,a,,a_2\n1,2,3,4\n")).toEqual([{ a: "1", a_2: "2", column_3: "3", a_2_2: "4" }]);
  });

  test("cannot reach the prototype of anything", () => {
    expect(framed("__proto__,constructor\nx,y\n").rows[0]?.object).toEqual(
      JSON.parse('{"__proto__":"x","constructor":"y"}'),
    );
  });

  test("behind a quote that nobody closes are not lost", () => {
    expect(framed('a,b\n"open,1\nx,2\ny,3\n')).toMatchObject({
      rejects: [{ line: 2, reason: "a quoted field is not closed" }],
      rows: [
        { line: 3, object: { a: "x" } },
        { line: 4, object: { a: "y" } },
      ],
    });
  });

  test("that are longer than the limit are rejected alone", () => {
    expect(framed(`a\n${"x".repeat(50)}\ny\n`, { maxRecord: 20 })).toMatchObject({
      rejects: [{ line: 2, reason: "longer than the limit for one record" }],
      rows: [{ line: 3, object: { a: "y" } }],
    });
  });

  test("that are not UTF-8 are kept and flagged", () => {
    expect(framed(Buffer.from([0x61, 0x0a, 0x63, 0xe9, 0x0a])).rows).toMatchObject([
      { object: { a: "c\ufffd" }, flags: "invalid_utf8" },
    ]);
  });

  test("are the same in pieces of any size", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "é", ",", '"', '""', "\n", "\r\n", "x,y\n"), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (parts, piece) => {
          const text = `h1,h2\n${parts.join("")}`;
          expect(framed(text, { piece })).toEqual(framed(text));
        },
      ),
    );
  });

  test("read back what was written", () => {
    const cell = fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = `a,b\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
        expect(objects(text)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });
});
