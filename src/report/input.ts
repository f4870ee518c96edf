import type { Database } from "../database/index.js";
import type { Framework, Query } from "../queries/index.js";

/** Everything a report is made of. Evidence itself is not among it: a report is made from rows. */
export interface ReportInput {
  case: ReportCase;
  /** Opened on the case; only read. */
  database: Database;
  detections: {
    /** A run that is in the tables `detection_run` and `finding`. */
    runId: string;
    /** What is known of each detection; those that the run leaves out are listed as not run. */
    queries: readonly QueryFacts[];
    /** The queries whose questions the report answers: the seven elements and the scenarios. */
    scenarios?: readonly Query[] | undefined;
    /** The sequences that the report looks for. */
    sequences?: readonly Query[] | undefined;
    /** Techniques and tactics of MITRE. */
    frameworks: Frameworks;
  };
  evidence: {
    bags: readonly Bag[];
    /** The custody log, in file order. */
    custody: readonly CustodyRecord[];
    /** Left out when nothing was verified for this report. */
    verification?: VerificationResult | undefined;
  };
  status: CaseStatus;
  toolVersion: string;
  /** The time that the report bears; the only clock there is. */
  now: Date;
  /** Prompts and answers in full instead of masked. Secrets and personal data stay masked. */
  showPrompts?: boolean | undefined;
  /** Everything in full: prompts, secrets, personal data. */
  unmask?: boolean | undefined;
}

/** MITRE ATT&CK and ATLAS, as far as queries name them. */
export interface Frameworks {
  attack: Framework;
  atlas: Framework;
}

/** What `case.yaml` says. Times are ISO 8601 in UTC. */
export interface ReportCase {
  id: string;
  title: string;
  examiner: string;
  organisation?: string | undefined;
  caseFrom?: string | undefined;
  caseTo?: string | undefined;
  baseFrom?: string | undefined;
  baseTo?: string | undefined;
  accounts?: readonly string[] | undefined;
  regions?: readonly string[] | undefined;
}

/** What a report says about a query; a query of the library is one. */
export type QueryFacts = Pick<
  Query,
  "id" | "version" | "sha256" | "title" | "description" | "severity" | "element" | "attack" | "atlas"
> &
  Partial<Pick<Query, "requires" | "falsePositives" | "references">>;

/** One sealed acquisition. */
export interface Bag {
  /** `0001` */
  id: string;
  files: number;
  bytes: number;
  /** SHA-256 of `manifest-sha256.txt` of the bag. */
  manifestSha256: string;
  /** ISO 8601 in UTC. */
  sealedAt?: string | undefined;
  /** Where it was copied from. */
  sources?: readonly string[] | undefined;
}

/** One entry of the custody log. */
export interface CustodyRecord {
  seq: number;
  time: string;
  examiner: string;
  action: string;
  detail: Readonly<Record<string, unknown>>;
  tool: { name: string; version: string };
  /** SHA-256 of the line before. */
  previous: string;
}

/** What a check of all bags and of the custody chain found; intact when both lists are empty. */
export interface VerificationResult {
  bags: number;
  files: number;
  bytes: number;
  problems: readonly { kind: string; path: string; message: string }[];
  custody: readonly { kind: string; line: number; message: string }[];
  notes: readonly string[];
}

/** What is in the case and what of it was not understood, as `coldtrail status` has it. */
export interface CaseStatus {
  artifacts: number;
  unclaimed: number;
  /** records = rows + duplicates + skipped + rejected */
  sources: readonly {
    source: string;
    artifacts: number;
    records: number;
    rows: number;
    duplicates: number;
    skipped: number;
    rejected: number;
  }[];
  coverage: readonly CoverageRow[];
  /** Intervals in which a source was switched off, by evidence. */
  blind: readonly BlindInterval[];
  /** Sources that were off from the start of the evidence. */
  off: readonly BlindInterval[];
  /** Whole hours of the period without a row. */
  gaps: readonly Gap[];
  /** Files with something to say about: unclaimed, empty, unreadable, … */
  files: readonly { artifact_id: number; original: string; state: string; note: string | null }[];
  rejects: readonly {
    source: string;
    original: string;
    artifact_id: number;
    reason: string;
    rejected: number;
    first_record: number;
  }[];
}

/** Rows of one source for one account, region and day (UTC, `2026-03-11`). */
export interface CoverageRow {
  source: string;
  account_id: string | null;
  region: string | null;
  day: string | null;
  rows: number;
  first_time: string | null;
  last_time: string | null;
}

/** A source that was switched off: what, where, when, by which call. */
export interface BlindInterval {
  source: string;
  region: string | null;
  resource: string | null;
  blind_from: string;
  blind_to: string;
  /** Nothing in the evidence switches it on again. */
  to_the_end: boolean;
  switched_by: string;
  artifact_id: number;
  record_no: number;
}

/** Hours without a row of one source, account and region. */
export interface Gap {
  source: string;
  account_id: string | null;
  region: string | null;
  gap_from: string;
  gap_to: string;
  hours: number;
  /** What the evidence says of it; null when it says nothing. */
  because: string | null;
}
