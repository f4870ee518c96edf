import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Case, openZipMembers, type SealedFile } from "../evidence/index.js";
import type { StageJob } from "./batch.js";
import { openBytes } from "./decode.js";
import type { ArtifactOrigin } from "./load.js";
import type { Source } from "./source.js";

/** Members of artifact 17 are artifacts 17000001, 17000002, …: their numbers never move when evidence is added. */
const MEMBERS_PER_ZIP = 1_000_000;
/** Places among the files of nested zips that an artifact number stands for; none for an ordinary sealed file. */
export function placesOf(artifactId: number): number[] {
  const places: number[] = [];
  for (let id = artifactId; id > MEMBERS_PER_ZIP; id = Math.floor(id / MEMBERS_PER_ZIP)) {
    places.unshift((id % MEMBERS_PER_ZIP) - 1);
  }
  return places;
}

/** The sealed file that an artifact is, or is a member of. */
export function sealedFileOf(artifactId: number): number {
  let id = artifactId;
  while (id > MEMBERS_PER_ZIP) id = Math.floor(id / MEMBERS_PER_ZIP);
  return id;
}

/** What the database knows of an artifact. */
export interface Known {
  sha256: string;
  state: string;
  original: string;
  duplicateOf: number | null;
}

/** Shared by all jobs that are no members: there can be hundreds of thousands. */
const NONE: number[] = [];

/** A zip in a zip is opened, a third level is not: nobody ships evidence so, and bombs are built so. */
const ZIP_LEVELS = 2;
/** A nested zip must be held in memory to be opened. */
const NESTED_ZIP_BYTES = 512 * 1024 * 1024;

/** What is to be staged, and what its row says of where it came from: one object, there can be hundreds of thousands. */
export type Job = StageJob & ArtifactOrigin;

export interface JobList {
  jobs: Job[];
  /** Rows of `artifact` for what needs no staging: zips and repeated files. */
  listed: (string | number | null)[][];
}

/** What there is to stage: sealed files and members of sealed zips that are not in the database yet. */
export async function listJobs(
  held: Case,
  sealed: SealedFile[],
  known: ReadonlyMap<number, Known>,
  sources: readonly Source[],
  /** Files that could not be read before: no other file is left out as their duplicate. */
  unread: ReadonlySet<number> = new Set(),
): Promise<JobList> {
  const list: JobList = { jobs: [], listed: [] };
  const contentOf = contents(sources);
  const firstOf = new Map<string, number>();
  for (const [id, { sha256, state, original }] of known) {
    if (state !== "duplicate") firstOf.set(contentOf(sha256, original), id);
  }
  for (const file of sealed) {
    if (known.has(file.artifactId)) continue;
    const origin: ArtifactOrigin = {
      acquisition: file.acquisition,
      path: file.path,
      original: file.original,
      member: null,
    };
    const content = contentOf(file.sha256, file.original);
    const first = firstOf.get(content);
    if (first !== undefined && file.size > 0) {
      const note = `the same bytes as artifact ${first}`;
      list.listed.push(row(file.artifactId, origin, file.size, file.sha256, "duplicate", note, first));
      continue;
    }
    if (!unread.has(file.artifactId)) firstOf.set(content, file.artifactId);
    if (await isZip(join(held.dir, file.path))) await listMembers(list, file, origin, held.dir);
    else {
      const { artifactId, acquisition, path, original, size, sha256 } = file;
      const [member, members, name, careful] = [null, NONE, original, false];
      // Written out: an object that is spread from others takes four times the memory.
      list.jobs.push({
        artifactId,
        acquisition,
        path,
        original,
        member,
        members,
        size,
        sha256,
        name,
        careful,
      });
    }
  }
  return list;
}

/**
 * What two files must share to be the same evidence twice: their bytes and, where the name says what the bytes do not
 * (whose versioning is on, which request a body belongs to), that part of the name.
 */
function contents(sources: readonly Source[]): (sha256: string, original: string) => string {
  const patterns = sources.flatMap(({ recognises: { document } }) =>
    document === undefined ? [] : [new RegExp(document)],
  );
  return (sha256, original) => {
    const said = patterns.map((pattern) => pattern.exec(original)?.[0]).find((text) => text !== undefined);
    return said === undefined ? sha256 : `${sha256} ${said}`;
  };
}

async function isZip(path: string): Promise<boolean> {
  if (!/\.(zip|ZIP)$/.test(path)) return false;
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.equals(Buffer.from("PK\x03\x04")) || buffer.equals(Buffer.from("PK\x05\x06"));
  } finally {
    await file.close();
  }
}

async function listMembers(
  list: JobList,
  file: SealedFile,
  origin: ArtifactOrigin,
  folder: string,
): Promise<void> {
  const path = join(folder, file.path);
  const problems: string[] = [];
  const visit = async (parentId: number, names: string[], places: number[]): Promise<void> => {
    const container = places.length === 0 ? path : await bytesOf(path, places);
    let place = 0;
    for await (const member of openZipMembers(container)) {
      const artifactId = parentId * MEMBERS_PER_ZIP + place + 1;
      const memberNames = [...names, member.name];
      const memberPlaces = [...places, place++];
      const name = memberNames.join(" → ");
      if (/\.zip$/i.test(member.name) && memberPlaces.length < ZIP_LEVELS) {
        if (member.uncompressedSize > NESTED_ZIP_BYTES) {
          problems.push(
            `${name} is a zip too large to open inside a zip; extract it and acquire it by itself`,
          );
        } else await visit(artifactId, memberNames, memberPlaces);
        continue;
      }
      list.jobs.push({
        ...origin,
        original: `${origin.original} → ${name}`,
        member: name,
        artifactId,
        members: memberPlaces,
        size: member.uncompressedSize,
        sha256: null,
        name: member.name,
        careful: false,
      });
    }
  };
  try {
    await visit(file.artifactId, [], []);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const note = problems.length === 0 ? null : problems.join("; ");
  list.listed.push(row(file.artifactId, origin, file.size, file.sha256, "zip", note, null));
}

async function bytesOf(path: string, members: number[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of openBytes({ path, members, size: 0 })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function row(
  artifactId: number,
  origin: ArtifactOrigin,
  size: number,
  sha256: string,
  state: string,
  note: string | null,
  duplicateOf: number | null,
): (string | number | null)[] {
  const { acquisition, path, original, member } = origin;
  return [
    artifactId,
    acquisition,
    path,
    original,
    member,
    size,
    sha256,
    null,
    null,
    null,
    null,
    state,
    note,
    0,
    duplicateOf,
    null,
  ];
}
