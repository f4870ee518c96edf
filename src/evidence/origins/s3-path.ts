import { comparePaths, joinSafe, SafeNames } from "../safe-path.js";

interface Folder {
  path: string;
  names: SafeNames;
}

/**
 * Gives every version of every key a path below `data/<bucket>`, each different on any file system. Claim in the order of
 * `compareKeys`. An S3 key may be a file and a folder at once, end in `/` or hold empty parts; all of that gets a name of its own.
 */
export class S3Paths {
  readonly #buckets = new SafeNames();
  readonly #tops = new Map<string, { prefix: string; folders: Map<string, Folder> }>();

  /** `version` tells apart the versions of a key; the first that is claimed keeps the plain name. */
  claim(bucket: string, key: string, version: string): string {
    const top = this.#top(bucket);
    const parts = key.split("/");
    const name = parts.pop() ?? "";
    let raw = "";
    let folder = top.folders.get("") as Folder;
    for (const part of parts) {
      raw += `${part}/`;
      let next = top.folders.get(raw);
      if (next === undefined) {
        // The slash keeps the folder `a/` apart from the object `a`.
        const safe = folder.names.claim(Buffer.from(part), Buffer.from(raw));
        next = { path: `${folder.path}/${safe}`, names: new SafeNames() };
        top.folders.set(raw, next);
      }
      folder = next;
    }
    const identity = Buffer.from(`${key}\0${version}`);
    return joinSafe(top.prefix, folder.path, folder.names.claim(Buffer.from(name), identity), identity);
  }

  #top(bucket: string) {
    let top = this.#tops.get(bucket);
    if (top === undefined) {
      const prefix = `data/${this.#buckets.claim(Buffer.from(bucket))}`;
      top = { prefix, folders: new Map([["", { path: prefix, names: new SafeNames() }]]) };
      this.#tops.set(bucket, top);
    }
    return top;
  }
}

/** The order in which paths are claimed: by the bytes of the key, the latest version of each first. */
export function compareKeys(
  a: { key: string; isLatest: boolean; lastModified: string; versionId?: string },
  b: { key: string; isLatest: boolean; lastModified: string; versionId?: string },
): number {
  return (
    comparePaths(a.key, b.key) ||
    Number(b.isLatest) - Number(a.isLatest) ||
    comparePaths(b.lastModified, a.lastModified) ||
    comparePaths(a.versionId ?? "", b.versionId ?? "")
  );
}
