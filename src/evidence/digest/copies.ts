import { baseName, contentOf, type HeldFile } from "./held-file.js";

/** One copy of what a digest lists. */
export interface Copy {
  name: string;
  path: string;
  /** Of its inflated content; `problem` says why there is none. */
  content(): Promise<{ sha256: string; problem: string | null }>;
}

/** Finds sealed files by the bucket and key that a digest names. */
export class Copies {
  readonly #byName = new Map<string, Copy[]>();

  /** Takes in a file. The content of a zip's member is hashed at once and let go, because it is in memory only now. */
  async add(file: HeldFile): Promise<void> {
    const { name, path, isMember } = file;
    const copy = { name, path, content: isMember ? known(await hashed(file)) : () => hashed(file) };
    const others = this.#byName.get(baseName(name));
    if (others === undefined) this.#byName.set(baseName(name), [copy]);
    else others.push(copy);
  }

  /** Every copy of an object, the one at its original location first. Names of log files are unique by themselves. */
  of(bucket: string, key: string): { copy: Copy; moved: boolean }[] {
    const copies = this.#byName.get(baseName(key)) ?? [];
    return copies
      .map((copy) => ({ copy, moved: !isAt(copy.name, `${bucket}/${key}`) }))
      .sort((a, b) => Number(a.moved) - Number(b.moved));
  }
}

async function hashed(file: HeldFile): ReturnType<Copy["content"]> {
  const { sha256, problem } = await contentOf(file);
  return { sha256, problem };
}

function known(content: Awaited<ReturnType<Copy["content"]>>): Copy["content"] {
  return async () => content;
}

/** Whether a name in the origin ends with bucket and key. */
export function isAt(name: string, object: string): boolean {
  return `/${name}`.endsWith(`/${object}`);
}
