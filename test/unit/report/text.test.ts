import { describe, expect, test } from "vitest";
import { csvCell, toCsv } from "../../../src/report/csv.js";
import { html } from "../../../src/report/html.js";
import { escapeMarkdown } from "../../../src/report/markdown.js";
import { stretches, stretchText } from "../../../src/report/records.js";
import { cssString, SEVERITY_COLOUR } from "../../../src/report/style.js";
import { formatCount, formatTime, shorten, visible } from "../../../src/report/visible.js";

describe("visible text", () => {
  test.each([
    ["a right-to-left override", "a\u202Eb", "a\\u{202E}b"],
    ["an escape sequence", "\u001b[2J", "\\u{1B}[2J"],
    ["a zero-width space", "a\u200bb", "a\\u{200B}b"],
    ["a line break", "a\nb", "a\\u{A}b"],
    ["a no-break space", "a\u00a0b", "a\\u{A0}b"],
    ["a tag character beyond the first plane", "a\u{e0041}", "a\\u{E0041}"],
    ["half a surrogate pair", "a\ud800", "a\\u{D800}"],
    ["a Hangul filler", "\u3164", "\\u{3164}"],
    ["an empty Braille cell", "\u2800", "\\u{2800}"],
  ])("spells out %s", (_, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test("leaves letters of any script and emoji alone", () => {
    expect(visible("Größe 数据 данные 🔑 é")).toBe("Größe 数据 данные 🔑 é");
  });

  test("tells an escape from the same characters in the evidence", () => {
    expect(visible("\\u{202E}")).not.toBe(visible("\u202E"));
  });

  test("keeps piled-up marks from smearing over other lines", () => {
    expect(visible(`a${"\u0301".repeat(50)}`)).toBe(`a${"\u0301".repeat(4)}${"\\u{301}".repeat(46)}`);
  });

  test("states the length of what it cuts, and never cuts a character in two", () => {
    expect(shorten("x".repeat(1_500), 10)).toBe("xxxxxxxxxx… [1,500 characters]");
    expect(shorten("🔑🔑🔑", 3)).toBe("🔑… [6 characters]");
  });

  test("writes numbers and times the same everywhere", () => {
    expect([0, 999, 1_000, 5_760_000_000, -1_234].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "5,760,000,000",
      "-1,234",
    ]);
    expect(formatTime("2026-03-11T09:12:04.5Z")).toBe("2026-03-11 09:12:04.5Z");
    expect(formatTime("2026-03-11T00:00:00.000Z")).toBe("2026-03-11 00:00:00Z");
    expect(formatTime(null)).toBe("not known");
  });
});

describe("HTML", () => {
  test("escapes what is interpolated, in elements and attributes, and never twice", () => {
    const inner = html`<b title="${`"'<>&\``}">${"<i>"}</b>`;
    expect(html`<p>${inner}</p>`.text).toBe('<p><b title="&quot;&#39;&lt;&gt;&amp;&#96;">&lt;i&gt;</b></p>');
  });

  test("joins lists and leaves out what is not there", () => {
    expect(html`${["a", null, false, ["<", 1]]}${undefined}`.text).toBe("a&lt;1");
  });

  test("cuts a text that would fill the page", () => {
    expect(html`${"y".repeat(9_999)}`.text).toMatch(/^y{2000}… \[9,999 characters\]$/);
  });

  test("a case id cannot leave the string it has in the style sheet", () => {
    expect(cssString(`"}</style><script>\n\\`)).toMatch(/^"(\\[0-9a-f]+ |[A-Za-z0-9])*"$/);
  });

  test("severity colours carry white text", () => {
    for (const colour of Object.values(SEVERITY_COLOUR))
      expect(1.05 / (luminance(colour) + 0.05)).toBeGreaterThan(4.5);
  });
});

describe("CSV", () => {
  test.each(["=1+1", "+1", "-1", "@x", "\t=1", "\rx", "  =1", "＝1"])(
    "%j gets a single quote before it",
    (text) => {
      expect(csvCell(text).replace(/^"/, "")).toMatch(/^'/);
    },
  );

  test("numbers, empty cells, commas, quotes and line breaks are what RFC 4180 wants, one row a line", () => {
    const rows = [
      { a: 'say "hi", now', b: -5 },
      { a: "two\nlines", b: null },
    ];
    expect(toCsv(rows, { a: (row) => row.a, b: (row) => row.b })).toBe(
      'a,b\n"say ""hi"", now",-5\ntwo\\u{A}lines,\n',
    );
  });
});

describe("Markdown", () => {
  test("turns nothing of the evidence into markup", () => {
    expect(escapeMarkdown("# *x* | [a](http://b) <i> `c` www.d.e f@g")).toBe(
      "\\# \\*x\\* \\| \\[a\\](http&#58;//b) &lt;i&gt; \\`c\\` www&#46;d.e f&#64;g",
    );
    expect(escapeMarkdown("- item")).toBe("\\- item");
    expect(escapeMarkdown("1. item")).toBe("1\\. item");
  });
});

describe("records", () => {
  test("records that follow one another are one stretch, in the order of the finding", () => {
    const of = (artifact_id: number, ...numbers: number[]) =>
      numbers.map((record_no) => ({ table: "s3_access", artifact_id, record_no }));
    expect(stretches([...of(2, 5, 6, 7), ...of(1, 1), ...of(2, 8)]).map(stretchText)).toEqual([
      "2/5–2/7",
      "1/1",
      "2/8",
    ]);
  });
});

/** Relative luminance of WCAG. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
