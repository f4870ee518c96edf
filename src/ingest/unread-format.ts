/** First bytes of formats in which AWS or an analyst may hand over evidence and which are not read. */
const FORMATS: [Buffer, string][] = [
  [
    Buffer.from("ORC"),
    "an ORC file, which is not read; an inventory or a table can be written as CSV or Parquet",
  ],
  [
    Buffer.from("Obj\u0001"),
    "an Avro file, which is not read; Iceberg keeps only its own bookkeeping in such",
  ],
  [
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    "compressed with Zstandard, which is not read; unpack it before acquiring",
  ],
  [Buffer.from("BZh"), "compressed with bzip2, which is not read; unpack it before acquiring"],
  [
    Buffer.from("\u00fd7zXZ\0", "latin1"),
    "compressed with xz, which is not read; unpack it before acquiring",
  ],
  [Buffer.from("7z\u00bc\u00af", "latin1"), "a 7z archive, which is not read; unpack it before acquiring"],
  [Buffer.from("SQLite format 3\0"), "an SQLite database, which is not read; export its tables"],
];

/** One sentence on a file that nobody claimed, when its first bytes say what it is. */
export function unreadFormat(head: Buffer): string | null {
  const format = FORMATS.find(([magic]) => head.subarray(0, magic.length).equals(magic));
  if (format !== undefined) return format[1];
  const isTar = head.length > 262 && head.toString("latin1", 257, 262) === "ustar";
  return isTar ? "a tar archive, which is not read; unpack it before acquiring" : null;
}
