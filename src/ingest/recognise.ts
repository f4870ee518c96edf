import type { ElementKeys, Outline } from "./outline.js";
import type { JsonRecognition, Source } from "./source.js";
import type { Wrapper } from "./unwrap.js";

/** How the records of an artifact are to be framed, once a source has claimed it. */
export interface Claim {
  source: Source;
  /** For JSON: where the records lie (`FramingOptions.in`); else `lines`, `csv`, `bare-csv` or `document`. */
  container: string;
  kind: "json" | "lines" | "header-lines" | "csv" | "document";
}

/** Records that come as strings inside a container; which sources they are for shows when it is opened. */
export interface WrappedClaim {
  wrapper: Wrapper;
  container: string;
  kind: "wrapped";
}

/**
 * The source that claims content with this outline, or null.
 *
 * Content decides; the path speaks for a file without any record and for bodies, which say nothing by themselves.
 */
export function recognise(outline: Outline, path: string, sources: readonly Source[]): Claim | null {
  for (const source of sources) {
    const claim = claimOf(outline, path, source);
    if (claim !== null) return claim;
  }
  return null;
}

function claimOf(outline: Outline, path: string, source: Source): Claim | null {
  switch (outline.root) {
    case "lines":
      return claimOfLines(outline.lines, path, source);
    case "json":
      return claimOfJson(outline, path, source);
    case "empty": {
      const { document, empty_document: empty } = source.recognises;
      return empty === true && document !== undefined && new RegExp(document).test(path)
        ? { source, container: "document", kind: "document" }
        : null;
    }
  }
}

function claimOfLines(lines: string[], path: string, source: Source): Claim | null {
  const { line, header_line: headerLine, csv, bare_csv: bareCsv } = source.recognises;
  const first = lines[0] ?? "";
  if (headerLine !== undefined && new RegExp(headerLine).test(first)) {
    return { source, container: "lines", kind: "header-lines" };
  }
  if (csv !== undefined && new RegExp(csv).test(first)) return { source, container: "csv", kind: "csv" };
  if (bareCsv !== undefined && new RegExp(bareCsv).test(path)) {
    return { source, container: "bare-csv", kind: "csv" };
  }
  if (line !== undefined && lines.some((text) => new RegExp(line).test(text))) {
    return { source, container: "lines", kind: "lines" };
  }
  return null;
}

type JsonOutline = Extract<Outline, { root: "json" }>;

function claimOfJson(outline: JsonOutline, path: string, source: Source): Claim | null {
  const { json = [], document, path: pathPattern } = source.recognises;
  for (const recognition of json) {
    const container = containerOf(outline, recognition);
    if (container === null || (recognition.array === true && !outline.rootArray)) continue;
    return recognition.whole === true
      ? { source, container: "document", kind: "document" }
      : { source, container, kind: "json" };
  }
  if (document !== undefined && new RegExp(document).test(path)) {
    return { source, container: "document", kind: "document" };
  }
  if (pathPattern === undefined || json.length === 0 || !new RegExp(pathPattern).test(path)) return null;
  return emptyContainer(outline, source);
}

function containerOf(outline: JsonOutline, recognition: JsonRecognition): string | null {
  const { in: places = [], all } = recognition;
  if (all?.some((place) => fits(outline, place, recognition)) === true) return all.join(",");
  return places.find((place) => fits(outline, place, recognition)) ?? null;
}

/** Whether an object at the place has the keys. A key with dots is one of an object inside (`Roles.RoleId`). */
function fits(outline: JsonOutline, place: string, { keys = [], any = [] }: JsonRecognition): boolean {
  const inside = (key: string): boolean => {
    const dot = key.lastIndexOf(".");
    const path = place === "" ? key.slice(0, dot) : `${place}.${key.slice(0, dot)}`;
    return outline.at(path).some((found) => found.includes(key.slice(dot + 1)));
  };
  const has = (element: ElementKeys, key: string): boolean =>
    key.includes(".") ? inside(key) : element.includes(key);
  if (keys.length === 0 && any.length === 0) return false;
  return outline
    .at(place)
    .some(
      (element) =>
        keys.every((key) => has(element, key)) && (any.length === 0 || any.some((key) => has(element, key))),
    );
}

/** `[]` or `{"Records":[]}` under a name that only one source gives its files. */
function emptyContainer(outline: JsonOutline, source: Source): Claim | null {
  const places = (source.recognises.json ?? []).flatMap((recognition) => recognition.in ?? []);
  if (outline.rootArray && outline.values.length === 0 && places.includes("")) {
    return { source, container: "", kind: "json" };
  }
  const place = places.find((name) => name !== "" && outline.values.some((keys) => keys.includes(name)));
  return place === undefined ? null : { source, container: place, kind: "json" };
}

/** Whether the records of a source come with the path under which they lie, in `_in`. */
export function takesPlace(source: Source): boolean {
  return source.recognises.json?.some(({ all }) => all !== undefined) === true;
}
