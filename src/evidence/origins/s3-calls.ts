import type { Readable } from "node:stream";
import type { S3Facts, S3Request } from "./s3-facts.js";

/** One version, or one current object, as listing shows it. */
export interface S3Listed {
  key: string;
  /** Absent where only current objects could be listed. */
  versionId?: string;
  isLatest: boolean;
  isDeleteMarker: boolean;
  /** Without the quotes. */
  etag: string;
  size: number;
  /** ISO 8601 in UTC. */
  lastModified: string;
  storageClass?: string;
}

export interface S3Page {
  objects: S3Listed[];
  /** Prefixes that end in the delimiter. */
  prefixes: string[];
  /** Where to go on; undefined after the last page. */
  next?: S3Place | undefined;
  request: S3Request;
}

/** A place in a listing: what follows a key or a version of it, or what a token of the server stands for. */
export type S3Place = { after: string; afterVersion?: string | undefined } | { token: string };

export interface S3PageQuery {
  bucket: string;
  prefix: string;
  /** List one level, as a folder. */
  isLevel: boolean;
  versions: boolean;
  place?: S3Place | undefined;
}

/** Names one version, or the object that has this ETag. */
export interface S3Reference {
  bucket: string;
  key: string;
  versionId?: string;
  etag: string;
}

export interface S3Head {
  facts: S3Facts;
  /** Bytes of the whole object. */
  size: number;
  /** First byte of the body within the object. */
  offset: number;
  /** Bytes of the part that was asked for. */
  length: number;
  tagCount: number;
  request: S3Request;
}

/** An answer with content, to be read or destroyed. */
export type S3Body = S3Head & { body: Readable };

/** State of a bucket that says how far its objects can be trusted; `withheld` holds what S3 would not tell. */
export interface S3BucketState {
  region?: string;
  versioning?: string;
  mfa_delete?: string;
  object_lock?: { enabled: boolean; mode?: string; days?: number; years?: number };
  logging?: { target_bucket: string; target_prefix: string } | null;
  withheld?: string[];
}

/** The requests that an acquisition makes, each sent once; failures are those of the SDK. All of them only read. */
export interface S3Calls {
  page(query: S3PageQuery, signal: AbortSignal | undefined): Promise<S3Page>;
  /** `from` asks for the rest of the object from that byte on. */
  get(object: S3Reference, from: number, signal: AbortSignal | undefined): Promise<S3Body>;
  head(object: S3Reference, part: number | undefined, signal: AbortSignal | undefined): Promise<S3Head>;
  tags(
    object: S3Reference,
    signal: AbortSignal | undefined,
  ): Promise<{ tags: Record<string, string>; request: S3Request }>;
  bucket(bucket: string, signal: AbortSignal | undefined): Promise<S3BucketState>;
  close(): void;
}
