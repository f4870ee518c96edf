import { setImmediate } from "node:timers/promises";
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
 * UTC, truths and fractions as what they are, everything else as JSON text. The bytes of a batch are given before the next one
 * is asked for.
 */
export async function* arrowFile(batches: AsyncIterable<Result>): AsyncGenerator<Uint8Array> {
  const writer = new RecordBatchFileWriter();
  const chunks = writer[Symbol.asyncIterator]();
  let next = chunks.next();
  for await (const { columns, rows } of batches) {
    writer.write(recordBatch(columns, rows));
    // The queue of the writer answers at once while it holds anything, and else not before the next batch.
    for (;;) {
      const chunk = await Promise.race([next, setImmediate(null)]);
      if (chunk === null) break;
      yield chunk.value as Uint8Array;
      next = chunks.next();
    }
  }
  writer.finish();
  for (let chunk = await next; chunk.done !== true; chunk = await chunks.next())
    yield chunk.value as Uint8Array;
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
