/** Offset of the first byte at or after `position` that is not JSON white space. */
export function skipSpace(buffer: Buffer, position: number, limit = buffer.length): number {
  let i = position;
  while (i < limit) {
    const byte = buffer[i];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    i++;
  }
  return i;
}

/**
 * Offset after the JSON value that starts at `start`, or -1 when `limit` comes first.
 *
 * It follows quotes and brackets only: it finds where a value ends, not whether it is valid.
 */
export function valueEnd(buffer: Buffer, start: number, limit: number): number {
  const first = buffer[start];
  if (first === 0x22) return stringEnd(buffer, start, limit);
  if (first === 0x7b || first === 0x5b) {
    let depth = 0;
    for (let i = start; i < limit; i++) {
      const byte = buffer[i];
      if (byte === 0x22) {
        const end = stringEnd(buffer, i, limit);
        if (end < 0) return -1;
        i = end - 1;
      } else if (byte === 0x7b || byte === 0x5b) depth++;
      else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i + 1;
    }
    return -1;
  }
  for (let i = start; i < limit; i++) {
    const byte = buffer[i] as number;
    if (byte === 0x2c || byte === 0x5d || byte === 0x7d || byte <= 0x20) return i;
  }
  return -1;
}

/** Offset after the closing quote of the string that starts at `start`, or -1. */
export function stringEnd(buffer: Buffer, start: number, limit: number): number {
  for (let i = start + 1; i < limit; i++) {
    const byte = buffer[i];
    if (byte === 0x22) return i + 1;
    if (byte === 0x5c) i++;
  }
  return -1;
}

/** The top-level keys that a record may have; anything else is unknown and kept apart. */
export class KeyTable {
  /** Known keys, then those that a record must not have. */
  readonly names: string[];
  /** How many of the names are known; the rest are reserved. */
  readonly known: number;
  readonly #bytes: Uint8Array[];
  readonly #byLength: number[][] = [];
  /** Which key followed which one last time: records of a file have their keys in the same order. */
  readonly #next: Int16Array;
  #last = 0;

  constructor(known: string[], reserved: string[]) {
    this.names = [...known, ...reserved];
    this.known = known.length;
    this.#bytes = this.names.map((name) => Buffer.from(name));
    this.#next = new Int16Array(this.names.length + 1);
    for (const [index, bytes] of this.#bytes.entries()) {
      this.#byLength[bytes.length] ??= [];
      (this.#byLength[bytes.length] as number[]).push(index);
    }
  }

  /** A new record begins. */
  restart(): void {
    this.#last = this.names.length;
  }

  /** Index of the key in `buffer[start, end)`, or -1. */
  indexOf(buffer: Buffer, start: number, end: number): number {
    const guess = this.#next[this.#last] as number;
    let found = -1;
    if (this.#equals(guess, buffer, start, end)) found = guess;
    else {
      for (const index of this.#byLength[end - start] ?? []) {
        if (!this.#equals(index, buffer, start, end)) continue;
        found = index;
        break;
      }
      if (found < 0) return -1;
      this.#next[this.#last] = found;
    }
    this.#last = found;
    return found;
  }

  #equals(index: number, buffer: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes[index] as Uint8Array;
    const length = bytes.length;
    if (length !== end - start) return false;
    for (let i = 0; i < length; i++) if (bytes[i] !== buffer[start + i]) return false;
    return true;
  }
}

/** What one pass over an object at the top level of a record finds. */
export interface RecordScan {
  /** Offset after the record, or -1 when the buffer ends first. */
  end: number;
  /** Raw text of members whose key is not in the table. */
  unknown: string[];
  /** A key of the table that occurs twice, or one that is reserved; null otherwise. */
  duplicateKey: string | null;
  /** A control character stands inside a string, which JSON forbids. */
  control: boolean;
  /** A line break stands between tokens. */
  multiline: boolean;
  /** Levels of objects and arrays. */
  depth: number;
}

/** A scan that has not found anything yet. */
export function emptyScan(): RecordScan {
  return { end: -1, unknown: [], duplicateKey: null, control: false, multiline: false, depth: 0 };
}

const seen = new Uint8Array(256);

/** Scans the object that starts at `start`, checking its top-level keys against the table if there is one. */
export function scanRecord(
  buffer: Buffer,
  start: number,
  limit: number,
  keys: KeyTable | null,
  out: RecordScan,
): void {
  out.end = -1;
  out.duplicateKey = null;
  out.control = false;
  out.multiline = false;
  out.depth = 0;
  if (out.unknown.length > 0) out.unknown = [];
  if (keys !== null) {
    keys.restart();
    for (let i = 0; i < keys.names.length; i++) seen[i] = i < keys.known ? 0 : 1;
  }
  let depth = 0;
  let expectKey = false;
  let unknownStart = -1;
  for (let i = start; i < limit; i++) {
    const byte = buffer[i] as number;
    if (byte === 0x22) {
      const open = i;
      for (i++; i < limit; i++) {
        let inner = buffer[i] as number;
        // Most of what is scanned passes here; beyond the end of the buffer nothing is larger than anything.
        while (inner > 0x5c || (inner > 0x22 && inner < 0x5c)) inner = buffer[++i] as number;
        if (inner === 0x22) break;
        if (inner === 0x5c) i++;
        else if (inner < 0x20) out.control = true;
      }
      if (i >= limit) return;
      if (expectKey && keys !== null) {
        expectKey = false;
        const index = keys.indexOf(buffer, open + 1, i);
        if (index < 0) unknownStart = open;
        else if (seen[index] === 1) out.duplicateKey = keys.names[index] as string;
        else seen[index] = 1;
      }
    } else if (byte === 0x2c) {
      if (depth === 1) {
        expectKey = true;
        if (unknownStart >= 0) {
          out.unknown.push(buffer.toString("utf8", unknownStart, i));
          unknownStart = -1;
        }
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth > out.depth) out.depth = depth;
      expectKey = depth === 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth === 0) {
        if (unknownStart >= 0) out.unknown.push(buffer.toString("utf8", unknownStart, i));
        out.end = i + 1;
        return;
      }
    } else if (byte === 0x0a || byte === 0x0d) out.multiline = true;
  }
}

/** Start and end of the value of a key of the object that starts at `brace`, or null. */
export function memberOf(
  buffer: Buffer,
  brace: number,
  limit: number,
  key: string,
): [start: number, end: number] | null {
  let position = skipSpace(buffer, brace + 1, limit);
  while (position < limit && buffer[position] === 0x22) {
    const keyEnd = stringEnd(buffer, position, limit);
    if (keyEnd < 0) return null;
    const start = skipSpace(buffer, skipSpace(buffer, keyEnd, limit) + 1, limit);
    const end = valueEnd(buffer, start, limit);
    if (end < 0) return null;
    if (keyEnd - position === key.length + 2 && buffer.toString("utf8", position + 1, keyEnd - 1) === key) {
      return [start, end];
    }
    position = skipSpace(buffer, skipSpace(buffer, end, limit) + 1, limit);
  }
  return null;
}
