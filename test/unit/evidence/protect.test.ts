import { chmod } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { acquire, verifyEvidence } from "../../../src/evidence/index.js";
import { fixed, scratchCase, scratchTree } from "./scratch.js";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return { ...real, chmod: vi.fn(real.chmod) };
});

describe("a case on a disk that keeps no permissions, such as FAT", () => {
  it("is sealed all the same, and the result says that it can be written to", async () => {
    const held = await scratchCase();
    const source = await scratchTree({ "a.log": "1" });
    vi.mocked(chmod).mockRejectedValue(Object.assign(new Error("not here"), { code: "EPERM" }));
    const { problems } = await acquire(held, [source], fixed);
    vi.mocked(chmod).mockReset();
    expect(problems).toEqual([
      "evidence/0001: the file system keeps no permissions, so the bag is sealed but can be written to; protect the disk itself",
    ]);
    expect(await verifyEvidence(held)).toMatchObject({ bags: 1, problems: [], custody: [] });
  });
});
