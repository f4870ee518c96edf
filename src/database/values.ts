import {
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";

/** A value of a result as JSON knows it: whole numbers as numbers while exact, times as ISO 8601 in UTC. */
export type Value = Json;
export type Row = Record<string, Value>;

const json = JsonDuckDBValueConverter as DuckDBValueConverter<Json>;

/** Converts one DuckDB value. */
export const toValue: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return toNumber(value as bigint);
    case DuckDBTypeId.DECIMAL:
      return Number(String(value));
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return toIso((value as DuckDBTimestampTZValue | DuckDBTimestampValue).micros);
    default:
      return json(value as DuckDBValue, type, converter);
  }
};

function toNumber(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** ISO 8601 in UTC, with as many decimals as the value needs and no more. */
function toIso(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : (micros - 999_999n) / 1_000_000n;
  const rest = Number(micros - seconds * 1_000_000n);
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return `${micros} µs since 1970`;
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(6, "0").replace(/0+$/, "")}`;
  return date.toISOString().replace(/\.\d{3}Z$/, `${fraction}Z`);
}

/** The value that a JSON text holds. DuckDB takes more for JSON than JavaScript does (NaN); such a value stays text. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
