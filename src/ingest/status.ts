/** Records of one kind of evidence over all its artifacts; records = rows + duplicates + skipped + rejected. */
export interface SourceCount {
  source: string;
  artifacts: number;
  records: number;
  rows: number;
  duplicates: number;
  skipped: number;
  rejected: number;
}

/** What one source has for one account, region and day. */
export interface Coverage {
  source: string;
  account_id: string | null;
  region: string | null;
  /** UTC, `2026-03-11`; null for rows without a time. */
  day: string | null;
  rows: number;
  first_time: string | null;
  last_time: string | null;
}

/** One source in one account and region, over all its hours. */
export interface Series {
  source: string;
  account_id: string | null;
  region: string | null;
  rows: number;
  /** Rows of the period that the case asks about; all when it names none. */
  rows_in_period: number;
  /** Rows without a time. */
  undated: number;
  first_time: string | null;
  last_time: string | null;
}

/** Hours one after the other that all have rows. */
export interface Run {
  source: string;
  account_id: string | null;
  region: string | null;
  hour_from: string;
  /** After the last hour. */
  hour_to: string;
  hours: number;
  rows: number;
}

/** An interval in which a log was not kept, by evidence. */
export interface Blind {
  source: string;
  account_id: string | null;
  region: string | null;
  /** Bucket, endpoint, network, trail or kind of data event; null for all of the region. */
  resource: string | null;
  blind_from: string;
  blind_to: string;
  from_the_start: boolean;
  to_the_end: boolean;
  /** The call, or `snapshot`. */
  switched_by: string;
  artifact_id: number;
  record_no: number;
}

/** Whole hours of the period without a row. */
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

/** What is in the case, and what of it was not understood. */
export interface Status {
  artifacts: number;
  unclaimed: number;
  sources: SourceCount[];
  coverage: Coverage[];
  /** What the case asks about, its baseline included; null where `case.yaml` does not say. */
  period: { period_from: string | null; period_to: string | null };
  series: Series[];
  /** The same by hour: `hour` is ISO 8601 in UTC. */
  hours: (Omit<Coverage, "day" | "first_time" | "last_time"> & { hour: string })[];
  runs: Run[];
  /** Logs that have no row at all. */
  absent: string[];
  /** Accounts and regions in the scope of the case without a row. */
  scope: { kind: "account" | "region"; name: string }[];
  /** Snapshots of state: when they were taken and how much they hold. */
  snapshots: {
    source: string;
    account_id: string | null;
    region: string | null;
    collected_at: string | null;
    rows: number;
  }[];
  /** Switched off while the evidence runs. */
  blind: Blind[];
  /** Off from the start of the evidence, by snapshots. */
  off: Blind[];
  gaps: Gap[];
  /** Interfaces whose flow log says that flows are missing (SKIPDATA). */
  skipped_flows: {
    interface_id: string | null;
    region: string | null;
    records: number;
    first_time: string;
    last_time: string;
  }[];
  /** Seconds between an event and the delivery that the name of its file states; late is an hour more than usual. */
  delivery: {
    source: string;
    files: number;
    median_s: number;
    p99_s: number;
    longest_s: number;
    late: number;
    late_files: number;
    last_delivery: string;
  }[];
  /** Seconds by which the time of a joined record is later than that of its CloudTrail event. */
  clock: {
    source: string;
    region: string | null;
    joined: number;
    median_s: number;
    p99_s: number;
    /** What sequences over both sources must allow for: the median when it is more than five seconds. */
    slack_s: number;
  }[];
  /** Files without rows and why: unclaimed, empty, unreadable, … */
  files: { artifact_id: number; original: string; state: string; note: string | null }[];
  /** What CloudTrail signed (digests, log files, results of Lake queries) by verdict, as of the last `verify`. */
  integrity: { kind: string; region: string | null; verdict: string; objects: number }[];
  rejects: {
    source: string;
    original: string;
    artifact_id: number;
    reason: string;
    rejected: number;
    first_record: number;
  }[];
}

/** What became of the records of one file. */
export interface FileCount extends Omit<SourceCount, "artifacts"> {
  artifact_id: number;
  original: string;
}
