import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database, quoteLiteral } from "../database/index.js";
import { ColdtrailError, EXIT } from "../errors.js";
import type { Case } from "../evidence/index.js";
import { CsvFramer } from "./csv-framing.js";
import { decode, readSealed } from "./decode.js";
import { placesOf } from "./jobs.js";
import { FramingAnomaly, JsonFramer } from "./json-framing.js";
import { LineFramer } from "./line-framing.js";
import { LogExportFramer } from "./log-export-framing.js";
import { elementOf } from "./payload.js";
import { wrapperNamed } from "./unwrap.js";

/** One record as it is sealed. */
export interface SealedRecord {
  artifactId: number;
  recordNo: number;
  path: string;
  original: string;
  member: string | null;
  sha256: string;
  source: string | null;
  /**
   * The bytes of the record, once the wrapping of the file (gzip, UTF-16) is undone; of a record inside a string (the
   * message of a log event, say) those of the element that carries it.
   */
  bytes: Buffer;
}

interface ArtifactRow {
  path: string;
  original: string;
  member: string | null;
  size: number;
  sha256: string;
  source: string | null;
  container: string | null;
  state: string;
  duplicate_of: number | null;
}

class Found extends Error {}

/** Reads one record from the sealed file, after checking the file against its hash. */
export async function readRecord(
  database: Database,
  held: Case,
  artifactId: number,
  recordNo: number,
): Promise<SealedRecord> {
  const artifact = await artifactOf(database, artifactId);
  const original =
    artifact.duplicate_of === null ? artifact : await artifactOf(database, artifact.duplicate_of);
  const bytes = await findBytes(
    held,
    { ...artifact, source: original.source, container: original.container },
    artifactId,
    recordNo,
  );
  const { path, member, sha256 } = artifact;
  return {
    artifactId,
    recordNo,
    path,
    original: artifact.original,
    member,
    sha256,
    source: original.source,
    bytes,
  };
}

async function artifactOf(database: Database, artifactId: number): Promise<ArtifactRow> {
  const [row] = await database.rows<ArtifactRow>(
    "select path, original, member, size, sha256, source, container, state, duplicate_of from artifact where artifact_id = $id::bigint",
    { id: artifactId },
  );
  if (row === undefined) {
    throw new ColdtrailError(
      "artifact-unknown",
      `artifact ${artifactId} is not in the database; \`coldtrail sql CASE "from artifact"\` lists them`,
    );
  }
  return row;
}

async function findBytes(
  held: Case,
  artifact: ArtifactRow,
  artifactId: number,
  recordNo: number,
): Promise<Buffer> {
  if (artifact.source === null || artifact.container === null) {
    throw new ColdtrailError(
      "artifact-unclaimed",
      `artifact ${artifactId} (${artifact.original}) has no records: no source claimed it`,
    );
  }
  const source = { path: join(held.dir, artifact.path), members: placesOf(artifactId), size: artifact.size };
  const sealed = await readSealed(source);
  if (sealed.sha256 !== artifact.sha256) {
    throw new ColdtrailError(
      "evidence-changed",
      `${artifact.path}: sha256 is ${sealed.sha256}, at ingest it was ${artifact.sha256}; run \`coldtrail verify\``,
      EXIT.evidenceNotIntact,
    );
  }
  if (artifact.container === "parquet") return parquetRow((await decode(sealed)).chunks, recordNo);
  for (const careful of [false, true]) {
    try {
      const bytes = await frame(artifact.container, careful, recordNo, (await decode(sealed)).chunks);
      if (bytes !== null) return bytes;
    } catch (error) {
      if (!(error instanceof FramingAnomaly)) throw error;
    }
  }
  throw new ColdtrailError(
    "record-unknown",
    `artifact ${artifactId} (${artifact.original}) has no record ${recordNo}`,
  );
}

/** A row of a Parquet file, which has no bytes of its own, as JSON. DuckDB reads a copy and never sealed evidence. */
async function parquetRow(chunks: AsyncIterable<Buffer>, recordNo: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "coldtrail-"));
  const path = join(folder, "record.parquet");
  await writeFile(path, chunks);
  const database = await Database.openForIngest(":memory:", { readFolders: [folder] });
  try {
    const [row] = await database.rows<{ row: string }>(
      `select to_json(record)::varchar as row
       from (
           select * exclude (file_row_number)
           from read_parquet(${quoteLiteral(path)}, file_row_number = true)
           where file_row_number = $no::bigint - 1
       ) as record`,
      { no: recordNo },
    );
    if (row === undefined)
      throw new ColdtrailError("record-unknown", `the Parquet file has no row ${recordNo}`);
    return Buffer.from(row.row);
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function frame(
  container: string,
  careful: boolean,
  recordNo: number,
  chunks: AsyncIterable<Buffer>,
): Promise<Buffer | null> {
  let found: Buffer | null = null;
  const wanted = wrapperNamed(container) === null ? recordNo : elementOf(recordNo);
  const take = (buffer: Buffer, start: number, end: number, number: number): void => {
    if (number !== wanted) return;
    found = Buffer.from(buffer.subarray(start, end));
    throw new Found();
  };
  if (container === "document") return recordNo === 1 ? collect(chunks) : null;
  const framer = framerOf(container, careful, take);
  try {
    for await (const chunk of chunks) framer.push(chunk);
    framer.end();
  } catch (error) {
    if (!(error instanceof Found)) throw error;
  }
  return found;
}

type Take = (buffer: Buffer, start: number, end: number, recordNo: number) => void;

function framerOf(
  container: string,
  careful: boolean,
  take: Take,
): LineFramer | CsvFramer | JsonFramer | LogExportFramer {
  const maxRecord = Number.MAX_SAFE_INTEGER;
  const reject = (number: number, _reason: string, excerpt: string): void =>
    take(Buffer.from(excerpt), 0, Buffer.byteLength(excerpt), number);
  const wrapper = wrapperNamed(container);
  switch (wrapper?.in ?? container) {
    case "export":
      return new LogExportFramer(maxRecord, { message: take, reject });
    case "lines":
      return new LineFramer(maxRecord, { line: take, reject: () => undefined });
    case "csv":
    case "bare-csv":
      return new CsvFramer({ header: container !== "bare-csv", maxRecord }, { row: take, reject });
    default: {
      const options = {
        in: wrapper?.in ?? container,
        arrays: wrapper?.arrays ?? false,
        keys: null,
        careful: careful || wrapper !== null,
        maxRecord,
        asSealed: true,
      };
      return new JsonFramer(options, { record: take, reject });
    }
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
