import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ColdtrailError } from "../../errors.js";
import { listArtifacts } from "../artifact.js";
import type { Case } from "../case.js";
import { reasonOf } from "../failure.js";
import { CAUTIOUSLY, sha256 } from "../hash.js";
import { openZipMembers, type ZipMember } from "../zip.js";
import { looksLikeZip } from "../zip-listing.js";
import { inflateOnce } from "./inflate.js";

/** A sealed file, or a member of a sealed zip, as the validation of signatures sees it. */
export interface HeldFile {
  /** Name in the origin; of a member, that of the zip, a slash, and its own. */
  name: string;
  /** Sealed file, relative to the case: of a member, the zip. */
  path: string;
  isMember: boolean;
  size: number;
  /** Of the bytes as they are. */
  sha256: string;
  /** User metadata of the S3 object it was copied from, names in lower case. */
  metadata?: Record<string, string>;
  /** The bytes; rejects when they cannot be read. Those of a member are in memory as long as this object is. */
  read(): Promise<Buffer>;
}

/** Members that inflate to more are left out: nothing that CloudTrail signs comes near it. */
const LARGEST_MEMBER = 2 ** 30;

/**
 * Lists the sealed files of a case in order, and the members of zips that `isWanted` names. Zips that cannot be read are told
 * of in `problems`.
 */
export async function* heldFiles(
  held: Case,
  isWanted: (name: string) => boolean,
  problems: string[],
): AsyncGenerator<HeldFile> {
  const files = await listArtifacts(held).catch((error: unknown) => {
    if (!(error instanceof ColdtrailError)) throw error;
    // The check of the bags names all that was changed.
    problems.push("the lists of sealed files were changed; nothing that CloudTrail signed was checked");
    return [];
  });
  for (const file of files) {
    const { original: name, path, size, sha256, metadata } = file;
    const read = () => readFile(join(held.dir, path), { flag: CAUTIOUSLY });
    yield { name, path, isMember: false, size, sha256, ...(metadata && { metadata }), read };
    if (!isZip(join(held.dir, path))) continue;
    try {
      for await (const member of openZipMembers(join(held.dir, path))) {
        const inner = `${name}/${member.name}`;
        if (!isWanted(inner) || member.uncompressedSize > LARGEST_MEMBER) continue;
        yield await memberOf(inner, path, member);
      }
    } catch (error) {
      if (!(error instanceof ColdtrailError)) throw error;
      problems.push(`${name}: ${error.message}; signatures in it were not checked`);
    }
  }
}

async function memberOf(name: string, path: string, member: ZipMember): Promise<HeldFile> {
  try {
    const bytes = await buffer(await member.open());
    return { name, path, isMember: true, size: bytes.length, sha256: sha256(bytes), read: async () => bytes };
  } catch (error) {
    return { name, path, isMember: true, size: 0, sha256: "", read: () => Promise.reject(error) };
  }
}

/** Asked of every sealed file, one after the other: by calls that wait, which cost a fraction of those that do not. */
function isZip(path: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, CAUTIOUSLY);
    const first = Buffer.alloc(4);
    return looksLikeZip(first.toString("latin1", 0, readSync(file, first)), path);
  } catch {
    return false; // gone, or a folder in the place of a file: `verify` names it
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** SHA-256 of the content of a file that is gzip or plain; `problem` says in a sentence why there is none. */
export async function contentOf(
  file: HeldFile,
): Promise<{ bytes: Buffer; sha256: string; problem: string | null }> {
  let read: Buffer;
  try {
    read = await file.read();
  } catch (error) {
    return { bytes: Buffer.alloc(0), sha256: "", problem: `it cannot be read: ${reasonOf(error)}` };
  }
  const { bytes, problem } = inflateOnce(read);
  return { bytes, sha256: sha256(bytes), problem };
}

/** The last part of a name. */
export function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
