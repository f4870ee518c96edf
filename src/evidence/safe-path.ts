import { isUtf8 } from "node:buffer";
import { sha256 } from "./hash.js";

/** Longest component that Linux, macOS and Windows all store, in bytes of UTF-8. */
const MAX_COMPONENT = 255;
/** Longest path below `data/`, in bytes: leaves room for the case folder within macOS's 1,024. */
const MAX_PATH = 800;
/**
 * What never stands in a path of a bag: controls and invisible characters, line separators, what Windows forbids, `%` (BagIt would
 * encode it, and `sha256sum -c` would then not find the file) and `^`, which begins our own escapes.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFFFE\uFFFF<>:"|?*\\/%^]/gu;
/** Names that need no second look: the bulk of real evidence. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.=+@,() -]*$/;
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(?=$|[. ])/i;
/** Up to two extensions, kept at the end of a name that gets a suffix: `.json.gz`. */
const EXTENSION = /(\.[A-Za-z0-9]{1,8}){0,2}$/;
/** A name that looks as if we had given it its suffix gets one of its own, so that ours stay unique. */
const SUFFIXED = /~[0-9a-f]{16,64}(\.[A-Za-z0-9]{1,8}){0,2}$/i;

/**
 * Gives the names of one folder safe names, each different from all others even on a disk that ignores case and Unicode form.
 * Claim in a fixed order (by bytes): of names that collide the first keeps its plain form, later ones get a hash of their bytes.
 */
export class SafeNames {
  readonly #taken = new Set<string>();

  /** `raw` is the name's bytes; `identity` tells apart what has the same name (by default the name itself). */
  claim(raw: Uint8Array, identity: Uint8Array = raw): string {
    const escaped = escapeName(raw);
    const isFitting = Buffer.byteLength(escaped) <= MAX_COMPONENT && !SUFFIXED.test(escaped);
    if (isFitting && this.#take(escaped)) return escaped;
    const digest = sha256(identity);
    for (const length of [16, 64]) {
      const name = withSuffix(escaped, digest.slice(0, length));
      if (this.#take(name)) return name;
    }
    throw new Error(`the same object was claimed twice: ${escaped}`);
  }

  #take(name: string): boolean {
    const folded = fold(name);
    if (this.#taken.has(folded)) return false;
    this.#taken.add(folded);
    return true;
  }
}

/** Joins safe components below a safe prefix; a path that would be too long becomes `prefix/^long/<hash of its bytes>`. */
export function joinSafe(prefix: string, parent: string, name: string, rawPath: Uint8Array): string {
  const path = `${parent}/${name}`;
  if (Buffer.byteLength(path) <= MAX_PATH) return path;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  return `${prefix}/^long/${sha256(rawPath)}${extension}`;
}

/**
 * Escapes one name so that it is harmless on every file system; different bytes give different results. Escapes are `^` and two
 * hexadecimal digits for each byte. Printable Unicode stays as it is.
 */
export function escapeName(raw: Uint8Array): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (bytes.length === 0) return "^_";
  let name = isUtf8(bytes)
    ? bytes.toString("utf8")
    : Array.from(bytes, (byte) => (byte < 0x80 ? escapeUnsafe(String.fromCharCode(byte)) : hex(byte))).join(
        "",
      );
  if (isUtf8(bytes) && !PLAIN.test(name)) name = escapeUnsafe(name);
  if (RESERVED.test(name)) name = escapeText(name[0] ?? "") + name.slice(1);
  if (/^\.+$/.test(name)) return name.replaceAll(".", "^2E");
  return name.replace(/[. ]$/, escapeText);
}

function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, escapeText);
}

function escapeText(text: string): string {
  return [...Buffer.from(text, "utf8")].map(hex).join("");
}

function hex(byte: number): string {
  return `^${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** A form that is equal whenever some file system might take two names for one; coarser than any of them. */
function fold(name: string): string {
  if (/^[\x00-\x7f]*$/.test(name)) return name.toLowerCase();
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

function withSuffix(escaped: string, digest: string): string {
  const extension = EXTENSION.exec(escaped)?.[0] ?? "";
  const room = MAX_COMPONENT - digest.length - 1 - extension.length;
  let stem = "";
  let size = 0;
  // By code point and never within an escape, so that the cut leaves valid text.
  for (const part of escaped.slice(0, escaped.length - extension.length).match(/\^[0-9A-F]{2}|./gsu) ?? []) {
    size += Buffer.byteLength(part);
    if (size > room) break;
    stem += part;
  }
  return `${stem}~${digest}${extension}`;
}

/** Compares two paths by their UTF-8 bytes, the order of every list in a bag. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  // Code units and bytes order alike unless a surrogate meets a character above it.
  if (!BEYOND.test(a) || !BEYOND.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const BEYOND = /[\ud800-\uffff]/;

/** A name as it may stand in a sentence: control and invisible characters shown as escapes, never sent to a terminal. */
export function printable(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
}
