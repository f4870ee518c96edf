import { open } from "node:fs/promises";
import type { Source } from "./source.js";

/** Both ends of a Parquet file; the last eight bytes are the length of the footer and this. */
export const PARQUET_MAGIC = Buffer.from("PAR1");

/**
 * Copies Parquet bytes to `path` and returns the source that reads files with such columns, or null. The names of the
 * columns stand as text in the footer, each after a byte with its length (Apache Parquet format, "File format").
 */
export async function copyParquet(
  chunks: AsyncIterable<Buffer>,
  path: string,
  sources: readonly Source[],
): Promise<{ source: Source | null; bytes: number }> {
  const file = await open(path, "wx+");
  try {
    let bytes = 0;
    for await (const chunk of chunks) bytes += (await file.write(chunk)).bytesWritten;
    const end = Buffer.alloc(8);
    await file.read(end, 0, 8, Math.max(0, bytes - 8));
    const length = Math.min(end.readUInt32LE(0), bytes - 8);
    if (!end.subarray(4).equals(PARQUET_MAGIC) || length <= 0) return { source: null, bytes };
    const footer = Buffer.alloc(length);
    await file.read(footer, 0, length, bytes - 8 - length);
    const has = (name: string): boolean => footer.includes(Buffer.from([name.length, ...Buffer.from(name)]));
    const source = sources.find(({ recognises: { parquet } }) =>
      parquet?.every((name) => name.split("|").some(has)),
    );
    return { source: source ?? null, bytes };
  } finally {
    await file.close();
  }
}
