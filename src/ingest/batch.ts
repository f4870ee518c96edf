import type { ByteSource } from "./decode.js";
import type { Spool } from "./spool.js";

/** One artifact to be staged. Its path is one in the case. */
export interface StageJob extends ByteSource {
  artifactId: number;
  /** SHA-256 of the sealed bytes; null for a zip member, whose zip vouches for it. */
  sha256: string | null;
  /** Name that recognition may look at. */
  name: string;
  careful: boolean;
}

/** What became of one artifact. */
export interface StagedArtifact {
  artifactId: number;
  state: "loaded" | "unclaimed" | "empty" | "unreadable" | "changed";
  source: string | null;
  container: string | null;
  encoding: string | null;
  note: string | null;
  /** Small members around the records, as one JSON object. */
  wrapper: string | null;
  size: number;
  sha256: string;
  records: number;
  careful: boolean;
}

/** Spools and artifacts that belong together: loaded in one transaction. */
export interface Batch {
  spools: Spool[];
  artifacts: StagedArtifact[];
}

/** Artifacts of a batch that the careful gear reads. */
export function carefulOf({ spools, artifacts }: Batch): number[] {
  return [
    ...spools.filter(({ careful }) => careful).flatMap((spool) => spool.artifacts),
    ...artifacts.filter(({ careful }) => careful).map(({ artifactId }) => artifactId),
  ];
}
