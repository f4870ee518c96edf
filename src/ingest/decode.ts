import { createHash, hash as hashOf } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";

/** Bytes up to this size are read and inflated in one piece, which is much faster for the many small files of AWS. */
const IN_ONE_PIECE = 16 * 1024 * 1024;
const CHUNK = 1024 * 1024;
/** Small enough that little is lost when zlib fails inside a piece. */
const SALVAGE_CHUNK = 256;
/** Above this many bytes an inflated stream must stay under the ratio: more is a bomb, not a log. */
const BOMB_FLOOR = 256 * 1024 * 1024;
const BOMB_RATIO = 500;

/** Where the bytes of an artifact are. */
export interface ByteSource {
  /** Absolute path of the sealed file. */
  path: string;
  /** For a member of a sealed zip its place among the zip's files, from 0; for a zip in a zip one place per level. */
  members: number[];
  size: number;
}

/** The bytes of an artifact after its hash was taken. */
export interface SealedBytes {
  sha256: string;
  size: number;
  open(): AsyncIterable<Buffer>;
}

/** Reads an artifact once for its hash, and keeps it in memory when it is small. */
export async function readSealed(source: ByteSource): Promise<SealedBytes> {
  if (source.members.length === 0 && source.size <= IN_ONE_PIECE) {
    // Waiting for four small calls of the file system costs a small file more time than they take.
    const bytes = source.size <= CHUNK ? readFileSync(source.path) : await readFile(source.path);
    return { sha256: hashOf("sha256", bytes), size: bytes.length, open: () => once(bytes) };
  }
  const hash = createHash("sha256");
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of openBytes(source)) {
    hash.update(chunk);
    size += chunk.length;
    if (size <= IN_ONE_PIECE) kept.push(chunk);
  }
  const sha256 = hash.digest("hex");
  if (size > IN_ONE_PIECE) return { sha256, size, open: () => openBytes(source) };
  const bytes = Buffer.concat(kept);
  return { sha256, size, open: () => once(bytes) };
}

/** The raw bytes of a sealed file or of a member, in chunks. */
export async function* openBytes(source: ByteSource): AsyncIterable<Buffer> {
  if (source.members.length === 0) {
    yield* createReadStream(source.path, { highWaterMark: CHUNK });
    return;
  }
  let container: string | Buffer = source.path;
  for (const [depth, place] of source.members.entries()) {
    const stream = await openMember(container, place);
    if (depth === source.members.length - 1) {
      yield* stream;
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    container = Buffer.concat(chunks);
  }
}

async function openMember(container: string | Buffer, place: number): Promise<Readable> {
  // Only when there is a zip: every thread that stages would load all of it.
  const { openZipMembers } = await import("../evidence/index.js");
  let index = 0;
  for await (const member of openZipMembers(container)) if (index++ === place) return member.open();
  throw new Error(`the zip has no file number ${place}`);
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

/** Text of an artifact with all its wrappings undone. */
export interface Decoded {
  chunks: AsyncIterable<Buffer>;
  /** What was undone: `gzip`, `utf-16le`, `utf-16be`, `bom`. */
  layers: string[];
  /** Filled while reading when the wrapping turns out damaged: one sentence. */
  damage: { sentence: string | null };
}

/** Undoes gzip (also several members, also damaged) and UTF-16; strips a byte order mark. */
export async function decode(bytes: SealedBytes): Promise<Decoded> {
  const layers: string[] = [];
  const damage: Decoded["damage"] = { sentence: null };
  let [head, chunks] = await peek(bytes.open());
  for (let depth = 0; depth < 2 && head[0] === 0x1f && head[1] === 0x8b; depth++) {
    layers.push("gzip");
    [head, chunks] = await peek(inflate(bytes, depth, damage));
  }
  const encoding = byteOrderMark(head);
  if (encoding === "bom") chunks = withoutFirst(chunks, 3);
  else if (encoding !== null) chunks = toUtf8(chunks, encoding);
  if (encoding !== null) layers.push(encoding);
  return { chunks, layers, damage };
}

function byteOrderMark(head: Buffer): "bom" | "utf-16le" | "utf-16be" | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "bom";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return null;
}

/** Inflates; where the stream is damaged it still gives every byte before the damage and leaves a sentence. */
async function* inflate(bytes: SealedBytes, layer: number, damage: Decoded["damage"]): AsyncIterable<Buffer> {
  const open = (): AsyncIterable<Buffer> => (layer === 0 ? bytes.open() : inflate(bytes, layer - 1, damage));
  if (bytes.size <= IN_ONE_PIECE && layer === 0) {
    const input: Buffer[] = [];
    for await (const chunk of open()) input.push(chunk);
    const whole = input.length === 1 ? (input[0] as Buffer) : Buffer.concat(input);
    let inflated: Buffer | null = null;
    try {
      inflated = gunzipSync(whole, { maxOutputLength: BOMB_FLOOR, chunkSize: roomFor(whole) });
    } catch {
      // Damaged or very large: the stream gives what there is, piece by piece.
    }
    if (inflated !== null) {
      yield inflated;
      return;
    }
  }
  let given = 0;
  for (const chunkSize of [CHUNK, SALVAGE_CHUNK]) {
    let position = 0;
    try {
      for await (const chunk of gunzipStream(open(), chunkSize)) {
        const fresh = chunk.subarray(Math.max(0, given - position));
        position += chunk.length;
        if (position > BOMB_FLOOR && position > bytes.size * BOMB_RATIO) {
          damage.sentence = `inflates to more than ${BOMB_RATIO} times its size and was left after ${given} bytes`;
          return;
        }
        if (fresh.length > 0) {
          given += fresh.length;
          yield fresh;
        }
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") !== true) throw error;
      // zlib drops what it had inflated into the piece in which the damage shows: a second pass with small pieces
      // brings that back.
      damage.sentence = `the gzip stream is damaged (${(error as Error).message}) after ${given} inflated bytes`;
    }
  }
}

/**
 * Bytes of output that zlib is given at a time. What a gzip file says at its end it inflates to (RFC 1952, ISIZE), and some more,
 * since zlib asks for another piece when one is full. It is taken only when it is no less than the file: the last of several
 * members speaks for itself alone, and an attacker writes what he likes; a million small pieces would take a gigabyte. Else logs
 * inflate about tenfold.
 */
function roomFor(gzip: Buffer): number {
  const said = gzip.length < 4 ? 0 : gzip.readUInt32LE(gzip.length - 4);
  const room = said >= gzip.length ? said + 64 : Math.max(16 * 1024, gzip.length * 12);
  return Math.min(room, IN_ONE_PIECE);
}

/** The chunks that zlib gives, in order, all of them before any error. */
async function* gunzipStream(input: AsyncIterable<Buffer>, chunkSize: number): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize });
  const output: Buffer[] = [];
  let failure: Error | null = null;
  gunzip.on("data", (chunk: Buffer) => output.push(chunk));
  gunzip.on("error", (error) => {
    failure = error;
  });
  // zlib calls nobody back whose write it fails on; it closes.
  const closed = new Promise<void>((resolve) => gunzip.once("close", resolve));
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length && failure === null; at += CHUNK) {
      const written = new Promise<void>((resolve) =>
        gunzip.write(chunk.subarray(at, at + CHUNK), () => resolve()),
      );
      await Promise.race([written, closed]);
      yield* output.splice(0);
    }
  }
  if (failure === null) {
    gunzip.end();
    await closed;
  }
  yield* output.splice(0);
  if (failure !== null) throw failure;
}

/** The first bytes of a stream, and the stream with those bytes still in it. */
export async function peek(
  chunks: AsyncIterable<Buffer>,
  wanted = 4,
): Promise<[head: Buffer, all: AsyncIterable<Buffer>]> {
  const iterator = chunks[Symbol.asyncIterator]();
  const taken: Buffer[] = [];
  let length = 0;
  while (length < wanted) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    taken.push(value);
    length += value.length;
  }
  async function* all(): AsyncIterable<Buffer> {
    yield* taken;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      yield value;
    }
  }
  return [taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken), all()];
}

async function* withoutFirst(chunks: AsyncIterable<Buffer>, count: number): AsyncIterable<Buffer> {
  let left = count;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}

async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: "utf-16le" | "utf-16be",
): AsyncIterable<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
