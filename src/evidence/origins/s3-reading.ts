import { ObjectDamaged, ObjectLost, type OpenObject } from "./origin.js";
import type { S3Body, S3Calls, S3Head, S3Reference } from "./s3-calls.js";
import { ChecksumCheck, type ChecksumVerdict, type PartSizes, partsToKnow } from "./s3-checksum.js";
import type { S3Facts, S3Request } from "./s3-facts.js";
import {
  fateOf,
  isArchived,
  isPassing,
  type Patience,
  patiently,
  pause,
  reasonOf,
  requestOf,
} from "./s3-failure.js";

/** What is wanted: the version or content that was listed, whatever the key holds by now. */
export interface Wanted {
  reference: S3Reference;
  uri: string;
  size: number;
  facts: S3Facts;
  /** Ask for the size of each part: sizes concluded from the first have led to a mismatch. */
  isExact: boolean;
}

/** Content did not match, and the sizes of its parts were only a guess. */
export class PartsUnknown extends ObjectDamaged {}

/**
 * Reads one object. Its bytes come as one stream, however often the connection breaks: the rest is asked for by range, of the same
 * version and ETag. After the last byte, all that S3 says of the content is held against it; `ObjectDamaged` when it does not fit.
 */
export class S3Reading implements OpenObject {
  readonly #requests: S3Request[] = [];
  readonly #abort = new AbortController();
  #facts: S3Facts = {};
  #body: S3Body | undefined;
  #sizes: PartSizes | undefined;
  #verdict: ChecksumVerdict | undefined;

  private constructor(
    private readonly wanted: Wanted,
    private readonly calls: S3Calls,
    private readonly patience: Patience,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Rejects with `ObjectLost`, or with the error that stops the acquisition. */
  static async open(
    wanted: Wanted,
    calls: S3Calls,
    patience: Patience,
    signal: AbortSignal | undefined,
  ): Promise<S3Reading> {
    const reading = new S3Reading(wanted, calls, patience, signal);
    try {
      await reading.#begin();
      return reading;
    } catch (error) {
      await reading.close();
      throw reading.#fate(error);
    }
  }

  get chunks(): AsyncIterable<Buffer> {
    return this.#content();
  }

  /** A version never changes, and content is pinned by its ETag. */
  async changed(): Promise<undefined> {
    return undefined;
  }

  facts(): S3Facts {
    return { ...this.#facts, verified_by: this.#verdict?.verified ?? [] };
  }

  requests(): S3Request[] {
    return this.#requests;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#body?.body.destroy();
  }

  async #begin(): Promise<void> {
    const { reference, size } = this.wanted;
    try {
      this.#body = await this.#get(0);
    } catch (error) {
      if (isArchived(error)) this.#facts = (await this.#head().catch(() => undefined))?.facts ?? {};
      throw error;
    }
    const { facts, tagCount } = this.#body;
    this.#facts = facts;
    const isSame = facts.etag === reference.etag && this.#body.size === size;
    if (!isSame) throw new ObjectLost("missing", "it was replaced by another content after it was listed");
    this.#sizes = await this.#partSizes();
    if (tagCount > 0)
      try {
        const { tags } = await this.#ask("GetObjectTagging", (signal) => this.calls.tags(reference, signal));
        this.#facts = { ...this.#facts, tags };
      } catch (error) {
        this.signal?.throwIfAborted();
        if (isPassing(error)) throw error;
        this.#withhold(`tags: ${reasonOf(error)}`);
      }
  }

  async *#content(): AsyncGenerator<Buffer> {
    const { size } = this.wanted;
    const check = new ChecksumCheck(this.#facts, this.#sizes);
    let offset = 0;
    for (let failures = 0; ; ) {
      try {
        this.#body ??= await this.#get(offset);
        for await (const chunk of waitingFor(this.#body.body, this.patience.idleMs)) {
          // A server that knows no ranges sends all from the start.
          const known = Math.min(chunk.length, Math.max(0, offset - this.#body.offset));
          this.#body.offset += chunk.length;
          if (known === chunk.length) continue;
          const fresh = chunk.subarray(known);
          offset += fresh.length;
          failures = 0;
          check.update(fresh);
          yield fresh;
          if (offset > size) break;
        }
        if (offset >= size) break;
        throw Object.assign(new Error(`the connection ended at byte ${offset} of ${size}`), {
          code: "ECONNRESET",
        });
      } catch (error) {
        this.#body?.body.destroy();
        this.#body = undefined;
        this.signal?.throwIfAborted();
        if (offset >= size) break;
        if (++failures >= this.patience.attempts || !isPassing(error)) throw this.#fate(error);
        await pause(this.patience, failures, this.signal);
      }
    }
    if (offset > size) throw new ObjectDamaged(`it gave ${offset} bytes, S3 lists ${size}`);
    this.#verdict = check.verdict();
    const [mismatch] = this.#verdict.mismatches;
    if (mismatch === undefined) return;
    throw new (this.#verdict.isGuess ? PartsUnknown : ObjectDamaged)(mismatch);
  }

  /**
   * Sizes of the parts, when something can only be checked with them. Uploaders make all parts equal but the last, so the first tells
   * all; where that does not add up, or has led to a mismatch, each is asked for.
   */
  async #partSizes(): Promise<PartSizes | undefined> {
    const { size, isExact } = this.wanted;
    const count = partsToKnow(this.#facts);
    if (count === undefined || size === 0) return undefined;
    if (count === 1) return { sizes: [size], isGuess: false };
    const sizeOf = async (part: number) => (await this.#head(part)).length;
    try {
      const first = await sizeOf(1);
      if (first === size) return undefined; // the server knows no parts
      const last = size - first * (count - 1);
      if (!isExact && last > 0 && last <= first)
        return { sizes: [...Array<number>(count - 1).fill(first), last], isGuess: count > 2 };
      const sizes = [first];
      for (let part = 2; part <= count; part++) sizes.push(await sizeOf(part));
      return sizes.reduce((sum, part) => sum + part, 0) === size ? { sizes, isGuess: false } : undefined;
    } catch (error) {
      this.signal?.throwIfAborted();
      if (isPassing(error)) throw error;
      this.#withhold(`parts: ${reasonOf(error)}`);
      return undefined;
    }
  }

  #withhold(what: string): void {
    this.#facts = { ...this.#facts, withheld: [...(this.#facts.withheld ?? []), what] };
  }

  #get(from: number): Promise<S3Body> {
    return this.#ask("GetObject", (signal) => this.calls.get(this.wanted.reference, from, signal));
  }

  #head(part?: number): Promise<S3Head> {
    return this.#ask("HeadObject", (signal) => this.calls.head(this.wanted.reference, part, signal));
  }

  #ask<T extends { request: S3Request }>(
    operation: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { signal } = this.#abort;
    const either = this.signal === undefined ? signal : AbortSignal.any([this.signal, signal]);
    return patiently(this.patience, this.signal, async () => {
      try {
        const answer = await work(either);
        this.#requests.push(answer.request);
        return answer;
      } catch (error) {
        this.#requests.push(requestOf(operation, error));
        throw error;
      }
    });
  }

  #fate(error: unknown): unknown {
    if (this.signal?.aborted) return error;
    const { uri, facts } = this.wanted;
    return fateOf(error, uri, { ...facts, ...this.#facts }, this.#requests);
  }
}

/** The body chunk by chunk; one that brings nothing for `idleMs` is broken off. Time that the reader takes does not count. */
async function* waitingFor(body: S3Body["body"], idleMs: number): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const timer = setTimeout(() => {
        body.destroy(Object.assign(new Error(`no byte came for ${idleMs} ms`), { code: "ETIMEDOUT" }));
      }, idleMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}
