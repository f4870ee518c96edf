import {
  Bool,
  type DataType,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import type { Column, Result, Value } from "../database/index.js";

/**
 * The bytes of an Arrow IPC file (also known as Feather version 2) with the rows of all batches: texts, whole numbers, times in
 * UTC, truths and fractions as what they are, everything else as JSON text.
 */
export async function* arrowFile(batches: AsyncIterable<Result>): AsyncGenerator<Uint8Array> {
  const writer = new RecordBatchFileWriter();
  const chunks = writer[Symbol.asyncIterator]();
  let pending = chunks.next();
  const feed = (async () => {
    for await (const { columns, rows } of batches) writer.write(recordBatch(columns, rows));
    writer.finish();
  })();
  for (;;) {
    const { done, value } = await Promise.race([pending, feed.then(() => pending)]);
    if (done === true) break;
    yield value as Uint8Array;
    pending = chunks.next();
  }
  await feed;
}

function recordBatch(columns: Column[], rows: Result["rows"]): RecordBatch {
  const types = columns.map(({ type }) => arrowType(type));
  const fields = columns.map(({ name }, index) => new Field(name, types[index] as DataType, true));
  const children = columns.map(({ name }, index) => {
    const values = rows.map((row) => arrowValue(row[name] ?? null, types[index] as DataType));
    return (
      vectorFromArray(values, types[index] as DataType).data[0] ??
      makeData({ type: types[index] as DataType })
    );
  });
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
  return new RecordBatch(new Schema(fields), data);
}

function arrowType(type: string): DataType {
  if (/^(TINY|SMALL|BIG|U|UTINY|USMALL)?INT(EGER)?$/.test(type)) return new Int64();
  if (type === "DOUBLE" || type === "FLOAT") return new Float64();
  if (type === "BOOLEAN") return new Bool();
  if (type.startsWith("TIMESTAMP")) return new TimestampMicrosecond("UTC");
  return new Utf8();
}

function arrowValue(value: Value, type: DataType): unknown {
  if (value === null) return null;
  if (type instanceof Int64) return BigInt(value as number | string);
  if (type instanceof TimestampMicrosecond) return Date.parse(String(value));
  if (type instanceof Utf8) return typeof value === "object" ? JSON.stringify(value) : String(value);
  return value;
}
