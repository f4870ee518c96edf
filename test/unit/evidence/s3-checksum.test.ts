import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, crc64nvme, type RunningChecksum } from "../../../src/evidence/origins/crc.js";
import { ChecksumCheck, partsToKnow } from "../../../src/evidence/origins/s3-checksum.js";

const of = (make: () => RunningChecksum, bytes: Uint8Array): string => {
  const running = make();
  running.update(bytes);
  return running.digest().toString("hex");
};

/** 0, 1, 2 … as the vectors of both specifications count. */
const counting = (length: number) => Buffer.from(Array.from({ length }, (_, n) => n & 255));

describe("CRC-32C", () => {
  // RFC 3720 appendix B.4 prints the bytes least significant first.
  it.each([
    ["123456789", Buffer.from("123456789"), "e3069283"],
    ["32 zero bytes", Buffer.alloc(32), "8a9136aa"],
    ["32 bytes of ones", Buffer.alloc(32, 0xff), "62a8ab43"],
    ["32 ascending bytes", counting(32), "46dd794e"],
    ["32 descending bytes", counting(32).reverse(), "113fdb5c"],
    ["nothing", Buffer.alloc(0), "00000000"],
  ])("of %s", (_name, bytes, expected) => {
    expect(of(crc32c, bytes)).toBe(expected);
  });
});

describe("CRC-64/NVME", () => {
  // NVM Command Set Specification 1.0, section 5.2.1.3.5 (4 KiB each), and the check value of the CRC catalogue.
  it.each([
    ["123456789", Buffer.from("123456789"), "ae8b14860a799888"],
    ["4,096 zero bytes", Buffer.alloc(4096), "6482d367eb22b64e"],
    ["4,096 bytes of ones", Buffer.alloc(4096, 0xff), "c0ddba7302eca3ac"],
    ["4,096 ascending bytes", counting(4096), "3e729f5f6750449c"],
    ["4,096 descending bytes", counting(4096).reverse(), "9a2df64b8e9e517e"],
    ["nothing", Buffer.alloc(0), "0000000000000000"],
  ])("of %s", (_name, bytes, expected) => {
    expect(of(crc64nvme, bytes)).toBe(expected);
  });
});

describe("a running checksum", () => {
  it("does not depend on where its input is cut", () => {
    for (const make of [crc32c, crc64nvme])
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          const running = make();
          for (const piece of [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)])
            running.update(piece);
          expect(running.digest().toString("hex")).toBe(of(make, bytes));
        }),
      );
  });
});

describe("what S3 says of an object", () => {
  const content = counting(10_000);
  const sizes = [4000, 4000, 2000];
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
  const base64 = (algorithm: string, bytes: Uint8Array) =>
    createHash(algorithm).update(bytes).digest("base64");
  const partsOf = (digest: (part: Buffer) => Buffer) =>
    Buffer.concat(
      [content.subarray(0, 4000), content.subarray(4000, 8000), content.subarray(8000)].map(digest),
    );
  const crcOf = (make: () => RunningChecksum) => (bytes: Uint8Array) => {
    const running = make();
    running.update(bytes);
    return running.digest();
  };

  const whole = {
    etag: md5(content).toString("hex"),
    checksum_type: "FULL_OBJECT",
    checksums: {
      crc32: "0f/E/A==",
      crc32c: crcOf(crc32c)(content).toString("base64"),
      crc64nvme: crcOf(crc64nvme)(content).toString("base64"),
      sha1: base64("sha1", content),
      sha256: base64("sha256", content),
      sha512: base64("sha512", content),
    },
  };
  const composite = {
    etag: `${md5(partsOf(md5)).toString("hex")}-3`,
    checksum_type: "COMPOSITE",
    checksums: {
      crc32c: `${crcOf(crc32c)(partsOf(crcOf(crc32c))).toString("base64")}-3`,
      sha1: `${base64(
        "sha1",
        partsOf((part) => createHash("sha1").update(part).digest()),
      )}-3`,
      // Some answers leave out the number of parts.
      sha256: base64(
        "sha256",
        partsOf((part) => createHash("sha256").update(part).digest()),
      ),
    },
  };

  function check(facts: object, bytes = content, parts?: number[]) {
    const checking = new ChecksumCheck(facts, parts && { sizes: parts, isGuess: true });
    for (let at = 0; at < bytes.length; at += 777) checking.update(bytes.subarray(at, at + 777));
    return checking.verdict();
  }

  it("is held against the whole content", () => {
    const verdict = check(whole);
    expect(verdict.mismatches).toEqual([]);
    expect(verdict.verified).toEqual(["crc32", "crc32c", "crc64nvme", "etag", "sha1", "sha256", "sha512"]);
  });

  it("is held against the parts", () => {
    expect(check(composite, content, sizes)).toEqual({
      verified: ["crc32c", "etag", "sha1", "sha256"],
      mismatches: [],
      isGuess: false,
    });
  });

  it("finds one flipped bit by every one of its values", () => {
    const flipped = Buffer.from(content);
    flipped[5000]! ^= 1;
    expect(check(whole, flipped)).toMatchObject({ verified: [], mismatches: { length: 7 }, isGuess: false });
    expect(check(composite, flipped, sizes)).toMatchObject({
      verified: [],
      mismatches: { length: 4 },
      isGuess: true,
    });
  });

  it("says when the sizes of parts have to be known", () => {
    expect(partsToKnow(whole)).toBeUndefined();
    expect(partsToKnow(composite)).toBe(3);
    expect(partsToKnow({ etag: composite.etag })).toBe(3);
    expect(
      partsToKnow({ etag: composite.etag, checksums: { crc64nvme: whole.checksums.crc64nvme } }),
    ).toBeUndefined();
    expect(partsToKnow({ etag: composite.etag, encryption: { algorithm: "aws:kms" } })).toBeUndefined();
  });

  it("is not held against what we cannot compute", () => {
    expect(check({ checksums: { xxhash64: "AAAAAAAAAAA=" } })).toEqual({
      verified: [],
      mismatches: [],
      isGuess: false,
    });
  });
});
