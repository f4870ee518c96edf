/** A checksum that is fed piece by piece; `digest` gives its bytes, most significant first. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

/**
 * CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected 0x82F63B78, all ones in and out; RFC 3720 appendix B.4 has test vectors.
 * Node has none of its own.
 */
export function crc32c(): RunningChecksum {
  const [t0, t1, t2, t3] = castagnoli();
  let crc = 0xffffffff;
  return {
    update(bytes) {
      let value = crc;
      const whole = bytes.length - (bytes.length % 4);
      let at = 0;
      for (; at < whole; at += 4) {
        value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        value =
          t3![value & 255]! ^ t2![(value >>> 8) & 255]! ^ t1![(value >>> 16) & 255]! ^ t0![value >>> 24]!;
      }
      for (; at < bytes.length; at++) value = (value >>> 8) ^ t0![(value ^ bytes[at]!) & 255]!;
      crc = value;
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(~crc >>> 0);
      return bytes;
    },
  };
}

/**
 * CRC-64/NVME: polynomial 0xAD93D23594C93659, reflected 0x9A6C9329AC4BC9B5, all ones in and out; NVM Express NVM Command Set
 * Specification 1.0 section 5.2.1.3.4 has test vectors. Two 32-bit halves, because arithmetic on BigInt is about a hundred times slower.
 */
export function crc64nvme(): RunningChecksum {
  const { high, low } = nvme();
  let [hi, lo] = [0xffffffff, 0xffffffff];
  return {
    update(bytes) {
      let [h, l] = [hi, lo];
      const whole = bytes.length - (bytes.length % 8);
      let at = 0;
      for (; at < whole; at += 8) {
        l ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        h ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
        // The table of seven zero bytes comes first: the first byte has the longest way to go.
        const a = 1792 + (l & 255);
        const b = 1536 + ((l >>> 8) & 255);
        const c = 1280 + ((l >>> 16) & 255);
        const d = 1024 + (l >>> 24);
        const e = 768 + (h & 255);
        const f = 512 + ((h >>> 8) & 255);
        const g = 256 + ((h >>> 16) & 255);
        const i = h >>> 24;
        h = high[a]! ^ high[b]! ^ high[c]! ^ high[d]! ^ high[e]! ^ high[f]! ^ high[g]! ^ high[i]!;
        l = low[a]! ^ low[b]! ^ low[c]! ^ low[d]! ^ low[e]! ^ low[f]! ^ low[g]! ^ low[i]!;
      }
      for (; at < bytes.length; at++) {
        const index = (l ^ bytes[at]!) & 255;
        l = ((l >>> 8) | (h << 24)) ^ low[index]!;
        h = (h >>> 8) ^ high[index]!;
      }
      [hi, lo] = [h, l];
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(~hi >>> 0);
      bytes.writeUInt32BE(~lo >>> 0, 4);
      return bytes;
    },
  };
}

let castagnoliTables: Int32Array[] | undefined;

/** Table n advances a byte over n zero bytes that follow it. */
function castagnoli(): Int32Array[] {
  if (castagnoliTables !== undefined) return castagnoliTables;
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    tables[0]![byte] = value;
  }
  for (let n = 1; n < 4; n++)
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[n - 1]![byte]!;
      tables[n]![byte] = (before >>> 8) ^ tables[0]![before & 255]!;
    }
  castagnoliTables = tables;
  return tables;
}

let nvmeTables: { high: Int32Array; low: Int32Array } | undefined;

/** Eight tables of 256 one after the other, as halves. */
function nvme(): { high: Int32Array; low: Int32Array } {
  if (nvmeTables !== undefined) return nvmeTables;
  const high = new Int32Array(2048);
  const low = new Int32Array(2048);
  const mask = 0xffff_ffffn;
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
    high[byte] = Number(value >> 32n) | 0;
    low[byte] = Number(value & mask) | 0;
  }
  for (let at = 256; at < 2048; at++) {
    const [h, l] = [high[at - 256]!, low[at - 256]!];
    low[at] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!;
    high[at] = (h >>> 8) ^ high[l & 255]!;
  }
  nvmeTables = { high, low };
  return nvmeTables;
}
