import type { OriginFacts, Outcome, WantedObject } from "./origins/origin.js";
import type { MemberFacts } from "./zip-listing.js";

/**
 * One line of `acquisition.jsonl`: one object that was wanted, or one member of a zip that was copied. It holds no time of
 * copying, so that the same source gives the same bytes however often the acquisition was interrupted.
 */
export interface AcquisitionLine extends OriginFacts {
  /** Path below the bag; for what was not copied, the path it would have had. */
  path: string;
  /** Name in the origin: relative to the source and beginning with its name, or `s3://bucket/key`; what is not UTF-8 shows as U+FFFD. */
  original: string;
  /** The name's bytes, when they are not UTF-8. */
  original_base64?: string;
  origin: "disk" | "s3";
  /** 1-based number of the source, in the order of `Source` in `bag-info.txt`. */
  source: number;
  outcome: Outcome;
  /** Bytes copied; for members, inflated bytes. */
  size: number;
  sha256?: string;
  /** Set on lines about a member of the zip at `path`. */
  member?: string;
  member_base64?: string;
  compressed_size?: number;
  crc32?: string;
}

/** Outcomes whose bytes are in the bag. */
export const SEALED_OUTCOMES: ReadonlySet<Outcome> = new Set<Outcome>(["copied", "empty", "changed"]);

/** The line of an object; `found` says how it ended. */
export function lineOf(
  object: WantedObject,
  origin: "disk" | "s3",
  found: {
    outcome: Outcome;
    size: number;
    sha256?: string | undefined;
    reason?: string | undefined;
    /** What reading has taught. */
    facts?: OriginFacts | undefined;
  },
): AcquisitionLine {
  const original = object.original.toString("utf8");
  return {
    path: object.path,
    original,
    ...(Buffer.from(original).equals(object.original)
      ? {}
      : { original_base64: object.original.toString("base64") }),
    origin,
    source: object.source,
    outcome: found.outcome,
    size: found.size,
    ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }),
    ...object.facts,
    ...found.facts,
    ...(found.reason === undefined ? {} : { reason: found.reason }),
  };
}

/** The line of a zip's member, beside the line of the zip itself. */
export function memberLineOf(zip: AcquisitionLine, member: MemberFacts): AcquisitionLine {
  const { path, original, original_base64, origin, source } = zip;
  return {
    path,
    original,
    ...(original_base64 === undefined ? {} : { original_base64 }),
    origin,
    source,
    ...member,
  };
}
