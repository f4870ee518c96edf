import { createReadStream } from "node:fs";

/** One line of a BagIt manifest: the SHA-256 of a file and its path from the bag's folder. */
export interface ManifestLine {
  sha256: string;
  path: string;
}

/** Writes a line as RFC 8493 section 2.1.3 demands; `sha256sum -c` reads it as it is. */
export function formatManifestLine({ sha256, path }: ManifestLine): string {
  return `${sha256}  ${encodePath(path)}\n`;
}

/** Reads one line; undefined when it is not `<64 hex> <path>` or its path leaves the bag. */
function parseManifestLine(line: string): ManifestLine | undefined {
  const match = /^([0-9a-fA-F]{64})[ \t]+\*?(.+)$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const path = decodePath(match[2]);
  const leavesBag =
    path.startsWith("/") || path.split("/").some((part) => part === "" || part === "." || part === "..");
  return leavesBag ? undefined : { sha256: match[1].toLowerCase(), path };
}

/** Reads a manifest line by line; `line` is 1-based and `entry` undefined where the line is malformed. */
export async function* readManifest(
  file: string,
): AsyncGenerator<{ line: number; entry: ManifestLine | undefined }> {
  let line = 0;
  for await (const ended of readLines(file)) {
    const text = ended.replace(/\r$/, "");
    line++;
    if (text !== "") yield { line, entry: parseManifestLine(text) };
  }
}

/** Lines of a UTF-8 file, split at line feeds alone: a name may hold any other character that some call a line end. */
export async function* readLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file, { highWaterMark: 1 << 18, encoding: "utf8" });
  let rest = "";
  for await (const chunk of input as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function encodePath(path: string): string {
  return path.replace(/[%\r\n]/g, (char) => ({ "%": "%25", "\r": "%0D" })[char] ?? "%0A");
}

function decodePath(path: string): string {
  return path.replace(/%(25|0D|0A)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
