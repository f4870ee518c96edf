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
  /** A file inside a zip that is sealed as a whole; sizes and digest are of its inflated content. */
  | "member"
  /** A member that would inflate beyond all measure. */
  | "refused"
  | "encrypted"
  | "broken"
  /** A member in a compression method we cannot read. */
  | "unsupported";

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
  outcome?: Extract<Outcome, "symlink" | "special" | "unreadable" | "missing">;
  /** Facts of the origin that go into `acquisition.jsonl`, such as `mtime`, `mode`, `target`, `reason`. */
  facts: Record<string, string>;
  /** Changes whenever the object may have changed; decides whether an earlier copy still stands. */
  fingerprint: string;
}

/** An object opened for reading. */
export interface OpenObject {
  /** The content, once, in order. A chunk is only valid until the next one is asked for. */
  chunks: AsyncIterable<Buffer>;
  /** After the last chunk: says how the object changed while it was read; undefined when it did not. */
  changed(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A place that evidence is copied from. S3 will be a second one, in a file of its own. */
export interface Origin {
  readonly kind: "disk" | "s3";
  list(): AsyncIterable<WantedObject>;
  /** Opens an object for reading; rejects with `ObjectLost` when it cannot. */
  open(object: WantedObject): Promise<OpenObject>;
}

/** The origin would not give an object; the acquisition goes on without it. */
export class ObjectLost extends Error {
  constructor(
    readonly outcome: Extract<Outcome, "unreadable" | "missing">,
    message: string,
  ) {
    super(message);
  }
}
