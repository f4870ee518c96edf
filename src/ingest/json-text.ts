/**
 * Whether DuckDB's reader takes the text for one JSON value. Beyond the standard it takes NaN, Infinity and trailing
 * commas; both gears must agree on what a record is.
 */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return isLenientJson(text);
  }
}

function isLenientJson(text: string): boolean {
  const strict = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|-?\b(?:nan|inf(?:inity)?)\b|,(?=\s*[}\]])/gis,
    (_, quoted: string | undefined, offset: number) => quoted ?? (text[offset] === "," ? "" : "0"),
  );
  if (strict === text) return false;
  try {
    JSON.parse(strict);
    return true;
  } catch {
    return false;
  }
}
