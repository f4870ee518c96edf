import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import type { AcquisitionLine } from "./acquisition-line.js";
import { errorCode } from "./failure.js";
import { readLines } from "./manifest.js";
import type { S3Request } from "./origins/s3-facts.js";
import type { MemberFacts } from "./zip-listing.js";

/** An object whose copy is complete, as the journal of an unfinished acquisition remembers it. */
export interface JournalEntry {
  line: AcquisitionLine;
  members: MemberFacts[];
  fingerprint: string;
  /** What an origin was asked to get it; kept, because a resumed run does not ask again. */
  requests?: S3Request[];
}

/** What is about to become a bag: written right before the folder is renamed, so that a kill in between can be told. */
export interface SealRecord {
  id: string;
  manifestSha256: string;
  tagManifestSha256: string;
  files: number;
  bytes: number;
  outcomes: Record<string, number>;
  problems: string[];
}

type JournalRecord =
  | { member: MemberFacts }
  | { line: AcquisitionLine; members: number; fingerprint: string; requests?: S3Request[] }
  | { seal: SealRecord };

/** Reads the journal that a stopped run left; a last line cut off by a kill is left out, its object is copied again. */
export async function readJournal(
  file: string,
): Promise<{ entries: Map<string, JournalEntry>; seal?: SealRecord }> {
  const entries = new Map<string, JournalEntry>();
  let seal: SealRecord | undefined;
  let members: MemberFacts[] = [];
  try {
    for await (const text of readLines(file)) {
      const record = parseRecord(text);
      if (record === undefined) members = [];
      else if ("member" in record) members.push(record.member);
      else if ("seal" in record) seal = record.seal;
      else {
        if (record.members === members.length) entries.set(record.line.path, { ...record, members });
        members = [];
      }
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return { entries, ...(seal === undefined ? {} : { seal }) };
}

function parseRecord(text: string): JournalRecord | undefined {
  try {
    return JSON.parse(text) as JournalRecord;
  } catch {
    return undefined; // cut off by a kill
  }
}

/**
 * Appends to the journal. Records that arrive while a write is under way go out together with the next one, so that many small
 * files cost few writes. It is not forced to disk: a resumed run hashes every copy again and trusts the journal for nothing.
 */
export class Journal {
  #queue: string[] = [];
  #writing: Promise<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<Journal> {
    const journal = new Journal(await open(path, "a"));
    // Ends a line that a kill may have cut off.
    await journal.file.writeFile("\n");
    return journal;
  }

  async add({ line, members, ...rest }: JournalEntry): Promise<void> {
    for (const member of members) this.#queue.push(JSON.stringify({ member }));
    this.#queue.push(JSON.stringify({ line, members: members.length, ...rest }));
    await this.#flush();
  }

  /** Durable when it returns. */
  async addSeal(seal: SealRecord): Promise<void> {
    this.#queue.push(JSON.stringify({ seal }));
    await this.#flush();
    await this.file.sync();
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined); // whoever queued that write has been told
    await this.file.close();
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    await turn(); // what arrives in the same moment goes out together
    const batch = this.#queue.splice(0, 2_000);
    await this.file.writeFile(`${batch.join("\n")}\n`);
  }
}
