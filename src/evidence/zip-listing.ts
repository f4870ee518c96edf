import { createHash } from "node:crypto";
import { ColdtrailError } from "../errors.js";
import type { Outcome } from "./origins/origin.js";
import { hex, openZipMembers, type ZipMember } from "./zip.js";

/** What `acquisition.jsonl` says of one member of a sealed zip. */
export interface MemberFacts {
  outcome: Outcome;
  /** Absent when the zip as a whole is broken. */
  member?: string;
  member_base64?: string;
  size: number;
  compressed_size?: number;
  crc32?: string;
  sha256?: string;
  reason?: string;
}

/** Whether a file is, by its first four bytes as Latin-1, or by its name claims to be, a zip. */
export function looksLikeZip(magic: string, path: string): boolean {
  return magic === "PK\x03\x04" || magic === "PK\x05\x06" || magic === "PK\x07\x08" || /\.zip$/i.test(path);
}

/**
 * Lists the members of a zip with the SHA-256 of their inflated content; nothing is written to disk. What cannot be read is
 * listed with the reason, and never stops the listing of the rest while the zip's directory holds.
 */
export async function listZip(file: string, signal?: AbortSignal): Promise<MemberFacts[]> {
  const listed: MemberFacts[] = [];
  try {
    for await (const member of openZipMembers(file)) {
      signal?.throwIfAborted();
      listed.push(await examine(member, signal));
    }
  } catch (error) {
    if (!(error instanceof ColdtrailError)) throw error;
    listed.push({ outcome: "broken", size: 0, reason: error.message });
  }
  return listed;
}

async function examine(member: ZipMember, signal?: AbortSignal): Promise<MemberFacts> {
  const claimed = {
    member: member.name,
    ...(member.nameBytes === undefined ? {} : { member_base64: member.nameBytes.toString("base64") }),
    size: member.uncompressedSize,
    compressed_size: member.compressedSize,
    crc32: hex(member.crc32),
  };
  try {
    const hash = createHash("sha256");
    for await (const chunk of await member.open()) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
    }
    return { outcome: "member", ...claimed, sha256: hash.digest("hex") };
  } catch (error) {
    if (!(error instanceof ColdtrailError)) throw error;
    const outcome = error.code.replace("zip-member-", "") as Outcome;
    return { outcome, ...claimed, reason: error.message };
  }
}
