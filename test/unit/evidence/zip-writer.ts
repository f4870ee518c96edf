import { crc32, deflateRawSync } from "node:zlib";

export interface ZipPart {
  name: string | Buffer;
  content: Buffer;
  /** Claims other than the truth. */
  claims?: { size?: number; crc32?: number; compressedSize?: number };
  flags?: number;
  method?: number;
  /** Shares the compressed bytes of the part with this index. */
  sharesWith?: number;
}

/** Writes a zip with exactly the flaws that are asked for. */
export function zipOf(parts: ZipPart[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const method = part.method ?? 8;
    const data = method === 0 ? part.content : deflateRawSync(part.content, { level: 9 });
    const flags = part.flags ?? 0x800;
    const facts = Buffer.alloc(12);
    facts.writeUInt32LE(part.claims?.crc32 ?? crc32(part.content), 0);
    facts.writeUInt32LE(part.claims?.compressedSize ?? data.length, 4);
    facts.writeUInt32LE(part.claims?.size ?? part.content.length, 8);
    const shared = part.sharesWith === undefined ? undefined : offsets[part.sharesWith];
    offsets.push(shared ?? offset);
    if (shared === undefined) {
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(20, 4);
      local.writeUInt16LE(flags, 6);
      local.writeUInt16LE(method, 8);
      facts.copy(local, 14);
      local.writeUInt16LE(name.length, 26);
      const body = Buffer.concat([local, name, data]);
      bodies.push(body);
      offset += body.length;
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    facts.copy(central, 16);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offsets.at(-1) ?? 0, 42);
    directory.push(central, name);
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, list, end]);
}
