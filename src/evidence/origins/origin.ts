import type { S3Facts, S3Request } from "./s3-facts.js";

/** How the acquisition of one wanted object ended. The README of the case format lists the same table. */
export type Outcome =
  /** Copied whole. */
  | "copied"
  /** Copied, and it holds no byte. */
  | "empty"
  /** It changed while it was read; what was read is kept. */
  | "changed"
  /** A symbolic link: its target is recorded, nothing is followed. */
  | "symlink"
  /** A socket, pipe or device. */
  | "special"
  | "unreadable"
  /** Listed, and gone when its turn came. */
  | "missing"
  /** S3 refuses to give it. */
  | "denied"
  /** In a storage class that gives nothing before it is restored. */
  | "archived"
  /** What came does not match the checksums of the origin, however often it was asked for; nothing of it is kept. */
  | "damaged"
  /** A version that says the object was deleted; it has no content. */
  | "delete-marker"
  /** A file inside a zip that is sealed as a whole; sizes and digest are of its inflated content. */
  | "member"
  /** A member that would inflate beyond all measure. */
  | "refused"
  | "encrypted"
  | "broken"
  /** A member in a compression method we cannot read. */
  | "unsupported";

/** Facts of an origin that go into `acquisition.jsonl`. */
export interface OriginFacts extends S3Facts {
  /** Last modification on disk, ISO 8601 in UTC. */
  mtime?: string;
  /** Permission bits in octal. */
  mode?: string;
  /** Where a symbolic link points. */
  target?: string;
  target_base64?: string;
  reason?: string;
}

/** One object that an origin was asked for, before anything of it is read. */
export interface WantedObject {
  /** Safe path below the bag, beginning with `data/`. */
  path: string;
  /** Name in the origin as bytes, relative to the source and beginning with the source's own name. */
  original: Buffer;
  /** 1-based number of the source it was found under. */
  source: number;
  /** Bytes to expect; 0 for what is no file. */
  size: number;
  /** Set when it is known before reading that there is nothing to copy. */
  outcome?: Extract<
    Outcome,
    "symlink" | "special" | "unreadable" | "missing" | "denied" | "archived" | "delete-marker"
  >;
  /** What is known before reading. */
  facts: OriginFacts;
  /** Changes whenever the object may have changed; decides whether an earlier copy still stands. */
  fingerprint: string;
}

/** A file on a disk of this machine as it was listed. */
export interface ListedFile {
  /** Its path as bytes: names on disk need not be UTF-8. */
  location: Buffer;
  /** Undefined when it could not be looked at. */
  ino: bigint | undefined;
}

/** An object opened for reading. */
export interface OpenObject {
  /** The content, once, in order. A chunk is only valid until the next one is asked for. */
  chunks: AsyncIterable<Buffer>;
  /** After the last chunk: says how the object changed while it was read; undefined when it did not. */
  changed(): Promise<string | undefined>;
  /** After the last chunk: what reading has taught, beyond the facts of listing. */
  facts?(): OriginFacts;
  /** After the last chunk: the requests it took. */
  requests?(): S3Request[];
  close(): Promise<void>;
}

/** A place that evidence is copied from. */
export interface Origin {
  readonly kind: "disk" | "s3";
  /** The sources as the bag and the custody log name them. */
  readonly sources: string[];
  /** What decides whether an unfinished acquisition is this one; the sources, when it says nothing. */
  readonly identity?: string[];
  list(): AsyncIterable<WantedObject>;
  /** Opens an object for reading; rejects with `ObjectLost` when it cannot. */
  open(object: WantedObject): Promise<OpenObject>;
  /** Where an object lies on a disk of this machine, for an origin whose objects do. */
  onDisk?(object: WantedObject): ListedFile;
  /** Tag files for the bag beyond those that every bag has, by name; called when all is copied. */
  tagFiles?(requests: Map<string, S3Request[]>): Map<string, Iterable<string>>;
  /** Told of an object that was `ObjectDamaged` before it is opened again. */
  note?(object: WantedObject, damage: ObjectDamaged): void;
  close?(): void;
}

/** What came from the origin is not what the origin says it holds; asking again may help. */
export class ObjectDamaged extends Error {}

/** The origin would not give an object; the acquisition goes on without it. */
export class ObjectLost extends Error {
  constructor(
    readonly outcome: Extract<Outcome, "unreadable" | "missing" | "denied" | "archived">,
    message: string,
    /** What was learnt of it all the same. */
    readonly facts: OriginFacts = {},
    readonly requests: S3Request[] = [],
  ) {
    super(message);
  }
}
