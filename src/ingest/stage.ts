import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Batch, StagedArtifact, StageJob } from "./batch.js";
import { decode, peek, readSealed } from "./decode.js";
import { Framers, objectOf } from "./framers.js";
import { FramingAnomaly, JsonFramer } from "./json-framing.js";
import { type Outline, readOutline } from "./outline.js";
import { copyParquet, PARQUET_MAGIC } from "./parquet.js";
import { type Claim, recognise, type WrappedClaim } from "./recognise.js";
import type { Source } from "./source.js";
import { SpoolSet } from "./spool-set.js";
import { unreadFormat } from "./unread-format.js";
import { findWrapper } from "./unwrap.js";

export interface StagerOptions {
  sources: Source[];
  /** Folder of the case. */
  caseFolder: string;
  spoolFolder: string;
  /** Distinguishes the spool files of several stagers. */
  name: string;
  /** Bytes of spool after which a batch is complete. */
  batchBytes: number;
  maxRecord: number;
  /** Called when a batch is complete in the middle of a large artifact. */
  ship: (batch: Batch) => Promise<void>;
}

/** Codes of errors that only writing gives, or the machine as a whole. */
const WRITING = new Set(["ENOSPC", "EDQUOT", "EROFS", "EFBIG", "EMFILE", "ENFILE"]);
const HEAD = 64 * 1024;
/** Enough to see what most files are. */
const SHORT_HEAD = 2 * 1024;
/** A first record may be large; beyond this its keys are not waited for. */
const LARGE_HEAD = 8 * 1024 * 1024;
const BATCH_ARTIFACTS = 5_000;

/** Reads artifacts, recognises them and frames their records into spools. */
export class Stager {
  readonly #options: StagerOptions;
  readonly #spools: SpoolSet;
  readonly #framers: Framers;
  #artifacts: StagedArtifact[] = [];

  constructor(options: StagerOptions) {
    this.#options = options;
    this.#spools = new SpoolSet(options.spoolFolder, options.name);
    this.#framers = new Framers(options.sources, options.maxRecord, this.#spools);
  }

  /** Stages one artifact; the batch is shipped when it is large enough. */
  async stage(job: StageJob): Promise<void> {
    // A large artifact is shipped in parts: the list that it belongs to is the one of its last part.
    const staged = await this.#stage(job);
    this.#artifacts.push(staged);
    if (this.#spools.isFull(this.#options.batchBytes) || this.#artifacts.length >= BATCH_ARTIFACTS)
      await this.flush();
  }

  /** Ships whatever has been staged. */
  async flush(): Promise<void> {
    const spools = this.#spools.close();
    const artifacts = this.#artifacts;
    this.#artifacts = [];
    if (spools.length > 0 || artifacts.length > 0) await this.#options.ship({ spools, artifacts });
  }

  async #stage(job: StageJob): Promise<StagedArtifact> {
    const result: StagedArtifact = {
      artifactId: job.artifactId,
      state: "unclaimed",
      source: null,
      container: null,
      encoding: null,
      note: null,
      wrapper: null,
      size: job.size,
      sha256: job.sha256 ?? "",
      records: 0,
      careful: job.careful,
    };
    try {
      const bytes = await readSealed({ ...job, path: join(this.#options.caseFolder, job.path) });
      result.size = bytes.size;
      result.sha256 = bytes.sha256;
      if (job.sha256 !== null && bytes.sha256 !== job.sha256) {
        result.state = "changed";
        result.note = `sha256 is ${bytes.sha256}, the manifest says ${job.sha256}; the file changed after it was sealed and was not loaded`;
        return result;
      }
      const decoded = await decode(bytes);
      if (decoded.layers.length > 0) result.encoding = decoded.layers.join("+");
      const [head, chunks] = await peek(decoded.chunks, HEAD);
      const claim = await this.#claim(head, chunks, job, result);
      if (decoded.damage.sentence !== null) result.note = decoded.damage.sentence;
      if (claim === null) return result;
      result.state = "loaded";
      result.container = claim.claim.container;
      if (claim.claim.kind !== "wrapped") result.source = claim.claim.source.id;
      await this.#frame(claim.claim, claim.chunks, job, result);
      if (decoded.damage.sentence !== null) result.note = decoded.damage.sentence;
      return result;
    } catch (error) {
      if (error instanceof FramingAnomaly) return this.#stage({ ...job, careful: true });
      // A full disk says nothing of the evidence.
      if (WRITING.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      result.state = "unreadable";
      result.note = error instanceof Error ? error.message : String(error);
      return result;
    }
  }

  /** Hands a Parquet file over as it is: a copy, so that DuckDB never opens sealed evidence. */
  async #parquet(chunks: AsyncIterable<Buffer>, job: StageJob, result: StagedArtifact): Promise<void> {
    const path = this.#spools.newPath("parquet");
    const { source, bytes } = await copyParquet(chunks, path, this.#options.sources);
    if (source === null) {
      await rm(path);
      result.note = "a Parquet file; no source reads its columns";
      return;
    }
    result.state = "loaded";
    result.source = source.id;
    result.container = "parquet";
    this.#spools.add({
      path,
      source: source.id,
      header: null,
      bytes,
      records: 0,
      longest: 0,
      artifacts: [job.artifactId],
      careful: job.careful,
      form: "parquet",
    });
  }

  async #claim(
    head: Buffer,
    chunks: AsyncIterable<Buffer>,
    job: StageJob,
    result: StagedArtifact,
  ): Promise<{ claim: Claim | WrappedClaim; chunks: AsyncIterable<Buffer> } | null> {
    if (head.subarray(0, 4).equals(PARQUET_MAGIC)) {
      await this.#parquet(chunks, job, result);
      return null;
    }
    if (head.length > SHORT_HEAD) {
      const short = readOutline(head.subarray(0, SHORT_HEAD));
      const atFirstSight = recognise(short, job.name, this.#options.sources);
      if (atFirstSight !== null && isRecord(atFirstSight)) return { claim: atFirstSight, chunks };
    }
    let outline = readOutline(head.subarray(0, HEAD));
    let claim = this.#recognise(outline, head, job.name);
    let all = chunks;
    if (claim === null && outline.root === "json" && head.length >= HEAD) {
      let larger: Buffer;
      [larger, all] = await peek(chunks, LARGE_HEAD);
      outline = readOutline(larger.subarray(0, LARGE_HEAD));
      claim = this.#recognise(outline, larger, job.name);
    }
    if (claim !== null) return { claim, chunks: all };
    if (outline.root === "empty") result.state = "empty";
    else if (outline.root === "json" && outline.values.length === 0) {
      result.state = "empty";
      result.note = "JSON without any record";
    } else result.note = unreadFormat(head);
    return null;
  }

  /** Records come first, then containers that carry them, then what only looks like an answer or has a name. */
  #recognise(outline: Outline, head: Buffer, name: string): Claim | WrappedClaim | null {
    const claim = recognise(outline, name, this.#options.sources);
    if (claim !== null && isRecord(claim)) return claim;
    const wrapper = findWrapper(outline);
    if (wrapper === null || !(wrapper.log || this.#framers.carriesRecords(wrapper, head))) return claim;
    return { wrapper, container: wrapper.container, kind: "wrapped" };
  }

  async #frame(
    claim: Claim | WrappedClaim,
    chunks: AsyncIterable<Buffer>,
    job: StageJob,
    result: StagedArtifact,
  ): Promise<void> {
    const marks = this.#spools.marks();
    if (claim.kind === "document") {
      result.records = await this.#framers.document(claim, chunks, job);
      return;
    }
    const framer =
      claim.kind === "wrapped"
        ? this.#framers.wrapped(claim.wrapper, job, result)
        : this.#framers.records(claim, job);
    try {
      for await (const chunk of chunks) {
        framer.push(chunk);
        // The artifact's own row follows with its last part.
        if (this.#spools.isFull(this.#options.batchBytes * 2)) await this.flush();
      }
      framer.end();
    } catch (error) {
      if (!(error instanceof FramingAnomaly)) throw error;
      // What is already shipped of this artifact is taken back by the receiver, who sees `careful` in the result.
      this.#spools.rollback(marks);
      throw error;
    }
    result.records += framer.records;
    if (!(framer instanceof JsonFramer)) return;
    if (framer.truncated && result.note === null) result.note = "the text ends before its JSON does";
    result.wrapper = objectOf(framer.wrapper);
  }
}

/** Whether it was the records that a source knew, not a name or what only looks like an answer. */
function isRecord({ kind, source }: Claim): boolean {
  return kind !== "document" && (source.recognises.order ?? 0) <= 0;
}
