/**
 * Bytes that came and wait for the rest of what they belong to. What did not suffice is looked at again only when twice as much
 * has come: linear cost for any size.
 */
export class Carry {
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 0;

  /** Takes a chunk; says whether all that waits is worth a look now. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this.#length >= this.#wanted;
  }

  /** All that waits. */
  whole(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
  }

  /** The rest of it goes on waiting, nothing else. */
  keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    this.#wanted = rest.length * 2;
  }
}
