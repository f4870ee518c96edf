import type { Outline } from "./outline.js";
import type { Source } from "./source.js";

/** How the records of an artifact are to be framed, once a source has claimed it. */
export interface Claim {
  source: Source;
  /** For JSON: the array that holds the records, "" for the root; for text: `lines`. */
  container: string;
  kind: "json" | "lines" | "header-lines" | "document";
}

/**
 * The source that claims content with this outline, or null.
 *
 * Content decides; the path only speaks for a file without any record, which says nothing by itself.
 */
export function recognise(outline: Outline, path: string, sources: readonly Source[]): Claim | null {
  for (const source of sources) {
    const claim = claimOf(outline, path, source);
    if (claim !== null) return claim;
  }
  return null;
}

function claimOf(outline: Outline, path: string, source: Source): Claim | null {
  const { json = [], line, header_line: headerLine, document, path: pathPattern } = source.recognises;
  if (document !== undefined) {
    const fits = outline.root === "json" && new RegExp(document).test(path);
    return fits ? { source, container: "document", kind: "document" } : null;
  }
  if (outline.root === "lines") {
    if (headerLine !== undefined && new RegExp(headerLine).test(outline.lines[0] ?? "")) {
      return { source, container: "lines", kind: "header-lines" };
    }
    if (line !== undefined && outline.lines.some((text) => new RegExp(line).test(text))) {
      return { source, container: "lines", kind: "lines" };
    }
    return null;
  }
  if (outline.root === "empty") return null;
  for (const { in: places, keys } of json) {
    for (const place of places) {
      const elements = place === "" ? outline.values : (outline.arrays.get(place) ?? []);
      if (elements.some((found) => keys.every((key) => found.includes(key)))) {
        return { source, container: place, kind: "json" };
      }
    }
  }
  if (pathPattern === undefined || json.length === 0 || !new RegExp(pathPattern).test(path)) return null;
  return emptyContainer(outline, source);
}

/** `[]` or `{"Records":[]}` under a name that only one source gives its files. */
function emptyContainer(outline: Extract<Outline, { root: "json" }>, source: Source): Claim | null {
  const places = (source.recognises.json ?? []).flatMap((recognition) => recognition.in);
  if (outline.rootArray && outline.values.length === 0 && places.includes("")) {
    return { source, container: "", kind: "json" };
  }
  const place = places.find(
    (name) =>
      name !== "" && outline.values.some((keys) => keys.length > 0 && keys.every((key) => key === name)),
  );
  return place === undefined ? null : { source, container: place, kind: "json" };
}
