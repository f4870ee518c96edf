import { setMaxListeners } from "node:events";
import { ColdtrailError, EXIT } from "../../errors.js";
import type { ObjectDamaged, OpenObject, Origin, OriginFacts, WantedObject } from "./origin.js";
import { connectS3, type S3Access } from "./s3.js";
import type { S3BucketState, S3Calls, S3Listed, S3Reference } from "./s3-calls.js";
import type { S3Request } from "./s3-facts.js";
import { isUnavailable, PATIENCE, type Patience, patiently, stopOf } from "./s3-failure.js";
import { type ListingOptions, listPrefix, type S3Listing } from "./s3-listing.js";
import { compareKeys, S3Paths } from "./s3-path.js";
import { PartsUnknown, S3Reading } from "./s3-reading.js";
import { filterOf, rangeOf, type S3Selection } from "./s3-selection.js";

/** Everything about S3 that an acquisition may be told. */
export interface S3Options extends S3Access, S3Selection {
  /** How long to wait for a server that fails; for tests. */
  patience?: Partial<Patience>;
}

/** Tag file: what was asked for, the state of the buckets, and what was left out; one line a source. */
const SOURCES = "s3-sources.jsonl";
/** Tag file: ids of all requests whose answers are in the bag. They differ from run to run, so they stand apart. */
const REQUESTS = "s3-requests.jsonl";

interface S3Source {
  number: number;
  uri: string;
  bucket: string;
  prefix: string;
}

interface S3Object extends WantedObject {
  uri: string;
  reference: S3Reference;
}

/**
 * Buckets and prefixes of S3 or of a server that speaks its language. `s3://bucket/prefix` means every key that begins with the prefix.
 * Objects are pinned to the version listed, or by their ETag where there are no versions.
 */
export function s3Origin(sources: string[], options: S3Options, signal: AbortSignal | undefined): S3Origin {
  return new S3Origin(sources.map(parseUri), options, signal);
}

function parseUri(uri: string, index: number): S3Source {
  const [, bucket, prefix = ""] = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._:-]{1,254})(?:\/(.*))?$/s.exec(uri) ?? [];
  if (bucket === undefined)
    throw new ColdtrailError(
      "source-unusable",
      `${uri}: is no place in S3; write s3://bucket/prefix.`,
      EXIT.usage,
    );
  return { number: index + 1, uri, bucket, prefix };
}

export class S3Origin implements Origin {
  readonly kind = "s3";
  readonly sources: string[];
  readonly identity: string[];
  readonly #patience: Patience;
  readonly #buckets = new Map<string, S3BucketState>();
  readonly #listings = new Map<S3Source, { listing: S3Listing; pinned: string }>();
  /** Objects whose parts turned out not to be of equal size. */
  readonly #uneven = new Set<string>();
  #connected: Promise<S3Calls> | undefined;

  constructor(
    private readonly named: S3Source[],
    private readonly options: S3Options,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.sources = named.map((source) => source.uri);
    this.#patience = { ...PATIENCE, ...options.patience };
    // Every copy under way listens to it.
    if (signal !== undefined) setMaxListeners(0, signal);
    rangeOf(options);
    filterOf(options);
    this.identity = [...this.sources, JSON.stringify(this.#asked())];
  }

  async *list(): AsyncGenerator<WantedObject> {
    const found: (S3Listed & { source: S3Source })[] = [];
    for (const source of this.named)
      for (const object of (await this.#list(source)).objects) found.push({ ...object, source });
    const paths = new S3Paths();
    found.sort(compareKeys);
    const seen = new Set<string>();
    for (const object of found) {
      const { source, key, versionId = "" } = object;
      // A prefix may lie within another one that is named too.
      const identity = `${source.bucket}/${key}\0${versionId}\0${object.isDeleteMarker}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      const version = versionId === "" ? object.etag : versionId;
      yield wantedOf(object, source, paths.claim(source.bucket, key, version));
    }
  }

  async open(object: WantedObject): Promise<OpenObject> {
    const { uri, reference, size, facts, path } = object as S3Object;
    const isExact = this.#uneven.has(path);
    const wanted = { reference, uri, size, facts, isExact };
    return S3Reading.open(wanted, await this.#calls(), this.#patience, this.signal);
  }

  note(object: WantedObject, damage: ObjectDamaged): void {
    if (damage instanceof PartsUnknown) this.#uneven.add(object.path);
  }

  tagFiles(requests: Map<string, S3Request[]>): Map<string, Iterable<string>> {
    return new Map([
      [SOURCES, this.#sourceLines()],
      [REQUESTS, this.#requestLines(requests)],
    ]);
  }

  close(): void {
    this.#connected?.then((calls) => calls.close()).catch(() => undefined);
  }

  #calls(): Promise<S3Calls> {
    this.#connected ??= connectS3(this.options);
    return this.#connected;
  }

  async #list(source: S3Source): Promise<S3Listing> {
    const calls = await this.#calls();
    try {
      const state = await this.#state(calls, source.bucket);
      const isVersioned = state.versioning !== "never enabled";
      const versions = this.options.versions === "all" ? "all" : isVersioned ? "latest" : "unversioned";
      const options = { calls, patience: this.#patience, selection: this.options, signal: this.signal };
      const list = (how: ListingOptions["versions"]) =>
        listPrefix(source.bucket, source.prefix, { ...options, versions: how });
      // Whoever may list objects but no versions still gets the current ones, pinned by their ETag.
      let pinned: ListingOptions["versions"] = versions;
      const listing = await list(versions).catch((error) => {
        if (versions !== "latest" || !isUnavailable(error)) throw error;
        pinned = "unversioned";
        return list(pinned);
      });
      this.#listings.set(source, { listing, pinned: pinned === "unversioned" ? "etag" : "version" });
      return listing;
    } catch (error) {
      this.signal?.throwIfAborted();
      throw stopOf(error, source.uri);
    }
  }

  async #state(calls: S3Calls, bucket: string): Promise<S3BucketState> {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const state = await patiently(this.#patience, this.signal, () => calls.bucket(bucket, this.signal));
    this.#buckets.set(bucket, state);
    return state;
  }

  /** The part of the options that decides what is copied. */
  #asked(): object {
    const { endpoint, versions = "current", include, exclude, minSize, maxSize, from, to } = this.options;
    const asked = { endpoint, versions, include, exclude, min_size: minSize, max_size: maxSize, from, to };
    return JSON.parse(JSON.stringify(asked)) as object;
  }

  *#sourceLines(): Generator<string> {
    for (const [source, { listing, pinned }] of this.#listings) {
      const { number, uri, bucket, prefix } = source;
      const { leftOut, undated, pruned } = listing;
      const line = {
        source: number,
        uri,
        bucket,
        prefix,
        ...this.#asked(),
        state: this.#buckets.get(bucket),
        pinned_by: pinned,
        listed: countOf(listing.objects),
        left_out: leftOut,
        undated,
        not_listed: pruned,
      };
      yield `${JSON.stringify(line)}\n`;
    }
  }

  *#requestLines(requests: Map<string, S3Request[]>): Generator<string> {
    for (const { listing } of this.#listings.values())
      for (const request of listing.requests) yield `${JSON.stringify(request)}\n`;
    for (const [path, made] of requests)
      for (const request of made) yield `${JSON.stringify({ path, ...request })}\n`;
  }
}

function countOf(objects: S3Listed[]): { objects: number; delete_markers: number; bytes: number } {
  const markers = objects.filter((object) => object.isDeleteMarker).length;
  const bytes = objects.reduce((sum, object) => sum + object.size, 0);
  return { objects: objects.length - markers, delete_markers: markers, bytes };
}

function wantedOf(object: S3Listed, source: S3Source, path: string): S3Object {
  const { key, versionId, isLatest, isDeleteMarker, etag, size, lastModified, storageClass } = object;
  const { bucket } = source;
  const uri = `s3://${bucket}/${key}`;
  const facts: OriginFacts = {
    bucket,
    key,
    ...(versionId === undefined ? {} : { version_id: versionId, is_latest: isLatest }),
    ...(etag === "" ? {} : { etag }),
    last_modified: lastModified,
    ...(storageClass === undefined ? {} : { storage_class: storageClass }),
    ...(isDeleteMarker ? {} : { listed_size: size }),
  };
  return {
    path,
    original: Buffer.from(uri),
    source: source.number,
    size,
    uri,
    reference: { bucket, key, etag, ...(versionId === undefined ? {} : { versionId }) },
    facts,
    fingerprint: JSON.stringify([bucket, key, versionId, etag, size, lastModified]),
    ...(isDeleteMarker ? { outcome: "delete-marker" as const } : {}),
  };
}
