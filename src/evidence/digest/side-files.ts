import { readDigestName } from "./digest-file.js";
import { baseName, type HeldFile } from "./held-file.js";
import { type PublicKeys, readPublicKeys } from "./public-key.js";

/** What lies beside digests and makes them checkable: public keys, and object metadata that hold signatures. */
export class SideFiles {
  readonly keys: PublicKeys = new Map();
  /** Names of the files that the public keys are from. */
  readonly keyFiles: string[] = [];
  readonly #signatures = new Map<string, string[]>();

  constructor(private readonly problems: string[]) {}

  /** Takes in what a file says of keys or signatures; false when it says nothing of either. */
  async take(file: HeldFile): Promise<boolean> {
    const digest = METADATA.exec(file.name)?.[1];
    if (digest !== undefined && readDigestName(digest) !== null) {
      const metadata = (await this.#json(file))?.Metadata as Record<string, unknown> | undefined;
      if (typeof metadata?.signature === "string") this.#add(digest, metadata.signature);
      return true;
    }
    if (!isCandidate(file)) return false;
    const bytes = await file.read().catch(() => Buffer.alloc(0));
    if (!/"publicKeyList"/i.test(bytes.toString("latin1", 0, 4096))) return false;
    const json = await this.#json(file);
    if (json === null) return false;
    this.keyFiles.push(file.name);
    readPublicKeys(json, this.keys, this.problems);
    return true;
  }

  /** Every signature that some metadata file gives a digest of this name, wherever the copy lies. */
  signaturesOf(digest: string): string[] {
    return this.#signatures.get(baseName(digest)) ?? [];
  }

  #add(digest: string, signature: string): void {
    const name = baseName(digest);
    this.#signatures.set(name, [...(this.#signatures.get(name) ?? []), signature]);
  }

  async #json(file: HeldFile): Promise<Record<string, unknown> | null> {
    try {
      return JSON.parse((await file.read()).toString("utf8")) as Record<string, unknown>;
    } catch {
      this.problems.push(`${file.name}: it is not JSON; what it says of digests was not used`);
      return null;
    }
  }
}

/** The answer of `head-object` for a digest, stored beside it: the digest's name with more behind it, such as `.metadata.json`. */
const METADATA = /^(.*_CloudTrail-Digest_.*Z(?:_backfill)?\.json(?:\.gz)?)[._-].*\.json$/;

/** An answer of `list-public-keys` is JSON of a few kilobytes, whatever its name; a thousand keys are not one megabyte. */
export function isSideFile(name: string): boolean {
  return METADATA.test(name) || /public.?keys?[^/]*\.json$/i.test(name);
}

function isCandidate({ name, size }: HeldFile): boolean {
  return size < 1 << 20 && /\.json$/i.test(name);
}
