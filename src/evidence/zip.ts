import { type Readable, Transform } from "node:stream";
import { crc32 } from "node:zlib";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { ColdtrailError, EXIT } from "../errors.js";

/** A file inside a zip. Its name is data written by whoever made the zip: never use it as a path. */
export interface ZipMember {
  /** As the zip gives it: `..`, backslashes and control characters are possible. */
  name: string;
  /** The name's bytes, when decoding them lost something. */
  nameBytes?: Buffer;
  compressedSize: number;
  /** What the zip claims; `open` holds it to that. */
  uncompressedSize: number;
  crc32: number;
  /**
   * Gives the inflated content; rejects with `zip-member-refused`, `zip-member-encrypted` or `zip-member-unsupported`. The stream
   * fails with `zip-member-broken` when content and claims differ. Read it before asking for the next member.
   */
  open(): Promise<Readable>;
}

/** How far a zip may inflate. A ratio is only held against content beyond `freeBytes`: small files may well be all zeros. */
export interface ZipBounds {
  ratio: number;
  freeBytes: number;
  totalBytes: number;
}

export const ZIP_BOUNDS: ZipBounds = { ratio: 1000, freeBytes: 100e6, totalBytes: 100e9 };

/**
 * Lists the files of a zip (a path, or the bytes of a nested zip) in the order of its directory; folders are left out. The zip
 * stays open until the iteration ends. Rejects with `zip-broken` when the directory cannot be read.
 * The bounds hold for each member and for all opened members together, because members may share their compressed bytes.
 */
export async function* openZipMembers(
  source: string | Buffer,
  bounds: ZipBounds = ZIP_BOUNDS,
): AsyncGenerator<ZipMember, void, undefined> {
  // Names stay bytes, so that a hostile one cannot make yauzl refuse the whole zip; sizes are checked here, for the same reason.
  const options = {
    autoClose: false,
    lazyEntries: true,
    decodeStrings: false,
    validateEntrySizes: false,
  } as const;
  let zip: ZipFile;
  try {
    zip =
      typeof source === "string"
        ? await yauzl.openPromise(source, options)
        : await yauzl.fromBufferPromise(source, options);
  } catch (error) {
    throw broken(error);
  }
  const budget = { spent: 0, zipSize: zip.fileSize, bounds };
  try {
    for await (const entry of entriesOf(zip)) {
      const member = toMember(zip, entry, budget);
      const isFolder = member.name.endsWith("/") && member.uncompressedSize === 0;
      if (!isFolder) yield member;
    }
  } finally {
    zip.close();
  }
}

interface Budget {
  spent: number;
  zipSize: number;
  bounds: ZipBounds;
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    throw broken(error);
  }
}

function toMember(zip: ZipFile, entry: Entry, budget: Budget): ZipMember {
  const raw = entry.fileNameRaw;
  const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
  return {
    name,
    ...(Buffer.from(name).equals(raw) ? {} : { nameBytes: raw }),
    compressedSize: entry.compressedSize,
    uncompressedSize: entry.uncompressedSize,
    crc32: entry.crc32,
    open: async () => {
      if (entry.isEncrypted())
        throw refusal("encrypted", "the member is encrypted; unlock the zip and acquire its content too");
      if (!entry.canDecodeFileData())
        throw refusal("unsupported", `compression method ${entry.compressionMethod} cannot be read here`);
      const excess = excessOf(entry.uncompressedSize, entry.compressedSize, budget);
      if (excess !== undefined) throw refusal("refused", excess);
      try {
        return guard(await zip.openReadStreamPromise(entry), entry, budget);
      } catch (error) {
        throw refusal("broken", messageOf(error));
      }
    },
  };
}

/** Says why inflating `size` more bytes would be beyond measure; undefined when it is not. */
function excessOf(size: number, compressed: number, { spent, zipSize, bounds }: Budget): string | undefined {
  const total = spent + size;
  if (total > bounds.totalBytes) return `it would inflate to ${total} bytes, more than ${bounds.totalBytes}`;
  if (size > bounds.freeBytes && size > compressed * bounds.ratio)
    return `it would inflate ${compressed} bytes to ${size}, more than ${bounds.ratio} to 1`;
  if (total > bounds.freeBytes && total > zipSize * bounds.ratio)
    return `the members would inflate the zip's ${zipSize} bytes to ${total}, more than ${bounds.ratio} to 1`;
  return undefined;
}

/** Holds the content to the size and the CRC-32 that the zip claims, and counts it against the budget. */
function guard(content: Readable, entry: Entry, budget: Budget): Readable {
  let size = 0;
  let check = 0;
  const guarded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      budget.spent += chunk.length;
      check = crc32(chunk, check);
      if (size > entry.uncompressedSize)
        done(
          refusal("broken", `it inflates to more than the ${entry.uncompressedSize} bytes the zip claims`),
        );
      else done(null, chunk);
    },
    flush(done) {
      if (size !== entry.uncompressedSize)
        done(refusal("broken", `it inflates to ${size} bytes, the zip claims ${entry.uncompressedSize}`));
      else if (check !== entry.crc32)
        done(refusal("broken", `its CRC-32 is ${hex(check)}, the zip claims ${hex(entry.crc32)}`));
      else done();
    },
  });
  content.on("error", (error) => guarded.destroy(refusal("broken", messageOf(error))));
  guarded.on("close", () => content.destroy());
  return content.pipe(guarded);
}

/** CRC-32 as zip tools print it. */
export function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

function refusal(kind: "refused" | "encrypted" | "unsupported" | "broken", reason: string): ColdtrailError {
  return new ColdtrailError(`zip-member-${kind}`, reason, EXIT.usage);
}

function broken(error: unknown): ColdtrailError {
  return new ColdtrailError("zip-broken", `the zip cannot be read: ${messageOf(error)}`, EXIT.usage);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
