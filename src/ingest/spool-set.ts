import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StageJob } from "./batch.js";
import { HEAVY_SPOOL, isHeavy, type Spool, SpoolWriter } from "./spool.js";

/** The spool for the records of one artifact: by source, header line and form. */
export type WriterOf = (source: string, header: string | null, form?: "json" | "columns") => SpoolWriter;

/** Where the spools of a batch stood at some moment. */
export type Marks = Map<string, { writer: SpoolWriter; mark: Spool }>;

/** The spools of the batch that is being made. */
export class SpoolSet {
  readonly #folder: string;
  readonly #name: string;
  #writers = new Map<string, SpoolWriter>();
  /** Files that DuckDB reads as they are. */
  #files: Spool[] = [];
  #count = 0;

  /** `name` distinguishes the files of several sets in one folder. */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    mkdirSync(folder, { recursive: true });
  }

  /** Path for a new file of the batch. */
  newPath(extension: string): string {
    return join(this.#folder, `${this.#name}-${this.#count++}.${extension}`);
  }

  /** Takes a file into the batch that is written already. */
  add(spool: Spool): void {
    this.#files.push(spool);
  }

  /** Finds the spool for an artifact's records; it asks the map only when a batch was shipped in between. */
  writerFor(job: StageJob): WriterOf {
    let batch: Map<string, SpoolWriter> | null = null;
    let last: SpoolWriter | null = null;
    return (source, header, form = "json") => {
      const spool = last?.spool;
      if (
        spool?.source === source &&
        spool.header === header &&
        spool.form === form &&
        batch === this.#writers
      ) {
        return last as SpoolWriter;
      }
      batch = this.#writers;
      last = this.#writer(source, header, form, job);
      return last;
    };
  }

  #writer(source: string, header: string | null, form: "json" | "columns", job: StageJob): SpoolWriter {
    const { careful } = job;
    const key = `${source}\n${header ?? ""}\n${form}\n${careful ? job.artifactId : ""}`;
    let writer = this.#writers.get(key);
    if (writer === undefined) {
      writer = new SpoolWriter(this.newPath("jsonl"), source, header, careful, form);
      this.#writers.set(key, writer);
    }
    writer.startArtifact(job.artifactId);
    return writer;
  }

  marks(): Marks {
    return new Map([...this.#writers].map(([key, writer]) => [key, { writer, mark: writer.mark() }]));
  }

  /** Takes back what was written since; of an artifact that was shipped in parts, what is still here. */
  rollback(marks: Marks): void {
    for (const [key, writer] of this.#writers) {
      const known = marks.get(key);
      if (known?.writer === writer) writer.rollback(known.mark);
      else if (writer.spool.artifacts.length > 0) {
        writer.rollback({ ...writer.spool, bytes: 0, records: 0, longest: 0, artifacts: [] });
      }
    }
  }

  /** Whether the batch should be loaded now: it is that many bytes, or its records are large. */
  isFull(bytes: number): boolean {
    const spools = [...this.#writers.values()].map((writer) => writer.spool);
    const total = spools.reduce((sum, spool) => sum + spool.bytes, 0);
    return total >= bytes || spools.some((spool) => spool.bytes >= HEAVY_SPOOL && isHeavy(spool));
  }

  /** Ends the batch and begins another. */
  close(): Spool[] {
    const spools = [...[...this.#writers.values()].map((writer) => writer.close()), ...this.#files];
    this.#writers = new Map();
    this.#files = [];
    return spools;
  }
}
