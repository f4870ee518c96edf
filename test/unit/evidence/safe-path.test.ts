import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePaths, escapeName, joinSafe, printable, SafeNames } from "../../../src/evidence/safe-path.js";

const bytes = (name: string) => Buffer.from(name);
const claimAll = (...names: (string | Buffer)[]) => {
  const folder = new SafeNames();
  return names.map((name) => folder.claim(Buffer.from(name)));
};

/** What Windows, macOS and Linux could each take two names for one by. */
const folded = (name: string) => name.normalize("NFC").toLowerCase().normalize("NFC");

const hostileName = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 120 }).map(bytes),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map(bytes),
    fc
      .constantFrom("..", ".", "CON", "nul.txt", "a", "A", "é", "é", "ß", "SS", "x.", "x ", "%2F", "^2E^2E")
      .map(bytes),
    fc
      .tuple(fc.constantFrom("a", "A"), fc.stringMatching(/^[0-9a-f]{16}$/))
      .map(([a, h]) => bytes(`${a}~${h}`)),
  )
  // The two bytes that no file name can hold.
  .map((name) => Uint8Array.from(name, (byte) => (byte === 0 || byte === 0x2f ? 1 : byte)));

describe("escapeName", () => {
  it("leaves ordinary names of AWS evidence alone", () => {
    for (const name of [
      "111122223333_CloudTrail_eu-central-1_20260301T0000Z_AbCdEf.json.gz",
      "2026-03-01-00-00-00-ABCDEF0123456789",
      "year=2026",
      "Kundenbefragung März (2).csv",
      "日本語.json",
      ".hidden",
    ])
      expect(escapeName(bytes(name))).toBe(name);
  });

  it.each([
    ["..", "^2E^2E"],
    [".", "^2E"],
    ["", "^_"],
    ["a/b", "a^2Fb"],
    ["a\\b", "a^5Cb"],
    ["line\nfeed", "line^0Afeed"],
    ["C:", "C^3A"],
    ["CON", "^43ON"],
    ["com1.log", "^63om1.log"],
    ["LPT²", "^4CPT²"],
    ["ends.", "ends^2E"],
    ["ends ", "ends^20"],
    ["100%", "100^25"],
    ["caret^", "caret^5E"],
    ["\u202egpj.exe", "^E2^80^AEgpj.exe"],
    ["zero\u200bwidth", "zero^E2^80^8Bwidth"],
  ])("writes %j as %s", (name, safe) => expect(escapeName(bytes(name))).toBe(safe));

  it("escapes bytes that are not UTF-8 one by one", () => {
    expect(escapeName(Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x62]))).toBe("a^FF^FE.b");
    expect(escapeName(Buffer.from([0xc3, 0xa9, 0xff]))).toBe("^C3^A9^FF");
  });
});

describe("SafeNames", () => {
  it("keeps names apart that differ only in case", () => {
    const [first, second] = claimAll("README.md", "readme.md");
    expect(first).toBe("README.md");
    expect(second).toMatch(/^readme~[0-9a-f]{16}\.md$/);
  });

  it("keeps names apart that differ only in Unicode form", () => {
    const [first, second] = claimAll("caf\u00e9", "cafe\u0301");
    expect(first).toBe("caf\u00e9");
    expect(second).toMatch(/~[0-9a-f]{16}$/);
  });

  it("does not let a name pose as one of its own", () => {
    const twins = claimAll("A.json.gz", "a.json.gz");
    const posing = claimAll("A.json.gz", String(twins[1]), "a.json.gz");
    expect(new Set(posing.map((name) => folded(String(name)))).size).toBe(3);
    expect(posing[1]).not.toBe(twins[1]);
  });

  it("shortens names beyond 255 bytes, keeps their extension, and keeps them apart", () => {
    const [first, second] = claimAll(`${"ü".repeat(200)}1.json.gz`, `${"ü".repeat(200)}2.json.gz`);
    for (const name of [first, second]) {
      expect(Buffer.byteLength(String(name))).toBeLessThanOrEqual(255);
      expect(name).toMatch(/^ü+~[0-9a-f]{16}\.json\.gz$/);
    }
    expect(first).not.toBe(second);
  });

  it("gives any set of names safe, distinct and reproducible names", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(hostileName, { maxLength: 12, selector: (n) => Buffer.from(n).toString("hex") }),
        (names) => {
          const sorted = names.map((name) => Buffer.from(name)).sort(Buffer.compare);
          const safe = claimAll(...sorted);
          expect(claimAll(...sorted)).toEqual(safe);
          expect(new Set(safe.map(folded)).size).toBe(safe.length);
          for (const name of safe) {
            expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
            expect(name).not.toMatch(/[\p{Cc}\p{Cf}<>:"|?*\\/%]|[. ]$/u);
            expect(name).not.toMatch(/^\.{1,2}$|^(con|nul|aux|prn|com\d|lpt\d)(\.|$)/i);
            expect(Buffer.from(name).toString()).toBe(name);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("joinSafe", () => {
  it("replaces a path that is too long by its hash, and keeps the extension", () => {
    const deep = `data/x${"/folder".repeat(130)}`;
    const path = joinSafe("data/x", deep, "log.json.gz", bytes("raw"));
    expect(path).toMatch(/^data\/x\/\^long\/[0-9a-f]{64}\.json\.gz$/);
    expect(joinSafe("data/x", deep, "log.json.gz", bytes("other"))).not.toBe(path);
  });
});

describe("comparePaths", () => {
  it("orders by UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(bytes(a), bytes(b)));
      }),
      { numRuns: 3000 },
    );
    expect(comparePaths("\u{1f600}", "\uffee")).toBe(1);
  });
});

describe("printable", () => {
  it("shows what a terminal would obey", () => {
    expect(printable("a\u001b[31m\u202eb")).toBe("a\\u{1b}[31m\\u{202e}b");
  });
});
