import type { Row } from "../database/index.js";
import type { Blind, FileCount, Gap, Series, Status } from "../ingest/index.js";
import { cellText, STRIP_LEGEND, stripLine, stripOf, stripRuler } from "./hour-strip.js";

/** One table of the coverage statement, for whatever writes it down. */
export interface StatusSection {
  title: string;
  /** Sentences under the title. */
  notes: string[];
  names: string[];
  rows: Row[];
}

/** Gaps that a page shows of one source in one place, beside those of a log that was off; all of them by `--detail`. */
const GAPS_SHOWN = 3;

/**
 * The coverage statement as tables. Runs of hours become marks on a line; `files` (given for the detailed page) brings
 * every run, every gap and the counts of every file.
 */
export function statusSections(found: Status, files: FileCount[] | null): StatusSection[] {
  const detailed = files !== null;
  const sections: StatusSection[] = [
    {
      title: "Records by source",
      notes: ["records = rows + duplicates + skipped + rejected"],
      names: ["source", "files", "records", "rows", "duplicates", "skipped", "rejected"],
      rows: found.sources.map(({ artifacts, ...rest }) => ({ ...rest, files: artifacts })),
    },
    coverage(found),
    ...(detailed ? [runs(found)] : []),
    gaps(found, detailed),
    ...blind(found),
    {
      title: "Snapshots of state",
      notes: [],
      names: ["source", "region", "collected (UTC)", "rows"],
      rows: found.snapshots.map(({ source, region, collected_at: at, rows }) => ({
        source,
        region,
        "collected (UTC)": at === null ? "not known" : minute(at),
        rows,
      })),
    },
    {
      title: "Delivery: how long after an event its file was delivered, by the file's name",
      notes: found.delivery.some(({ late }) => late > 0)
        ? ["late: more than an hour longer than usual; what was read in between lacked these records"]
        : [],
      names: ["source", "files", "median", "p99", "longest", "late", "late files", "last delivery (UTC)"],
      rows: found.delivery.map((row) => ({
        source: row.source,
        files: row.files,
        median: duration(row.median_s),
        p99: duration(row.p99_s),
        longest: duration(row.longest_s),
        late: row.late,
        "late files": row.late_files,
        "last delivery (UTC)": minute(row.last_delivery),
      })),
    },
    {
      title: "Clock check: how much later joined records are than their CloudTrail events",
      notes: found.clock.some(({ slack_s: slack }) => slack > 0)
        ? ["slack: what sequences over both sources must allow for"]
        : [],
      names: ["source", "region", "joined", "median", "p99", "slack"],
      rows: found.clock.map((row) => ({
        source: row.source,
        region: row.region,
        joined: row.joined,
        median: duration(row.median_s),
        p99: duration(row.p99_s),
        slack: duration(row.slack_s),
      })),
    },
    {
      title: "What CloudTrail signed (digests, log files, Lake results), as of the last verify",
      notes: [],
      names: ["kind", "region", "verdict", "objects"],
      rows: found.integrity,
    },
    {
      title: "Rejected records",
      notes: [],
      names: ["artifact", "rejected", "first record", "reason", "file"],
      rows: found.rejects.map((row) => ({
        artifact: row.artifact_id,
        rejected: row.rejected,
        "first record": row.first_record,
        reason: row.reason,
        file: tail(row.original),
      })),
    },
    {
      title: "Files without rows, or with a remark",
      notes: [],
      names: ["artifact", "state", "file", "note"],
      rows: found.files.map((row) => ({
        artifact: row.artifact_id,
        state: row.state,
        file: tail(row.original),
        note: row.note,
      })),
    },
  ];
  if (files !== null) sections.push(counts(files));
  return sections.filter(({ rows, notes }) => rows.length > 0 || notes.length > 0);
}

function coverage(found: Status): StatusSection {
  const { period_from: from, period_to: to } = found.period;
  const times = found.series
    .flatMap((row) => [row.first_time, row.last_time])
    .filter((time) => time !== null);
  const strip = stripOf(from ?? times.reduce(earlier, null), to ?? times.reduce(later, null));
  const accounts = new Set(found.series.map((row) => row.account_id));
  const outside = found.series.some((row) => row.rows_in_period < row.rows);
  const ruler = strip === null ? "hours" : stripRuler(strip).padEnd(strip.cells);
  const period =
    strip === null
      ? ""
      : `, ${minute(new Date(strip.from).toISOString())} to ${minute(new Date(strip.from + strip.cell * strip.cells).toISOString())} UTC, one mark for ${cellText(strip)}`;
  const hours = new Map<string, number[]>();
  for (const row of found.hours) {
    const key = keyOf(row);
    const list = hours.get(key);
    if (list === undefined) hours.set(key, [Date.parse(row.hour)]);
    else list.push(Date.parse(row.hour));
  }
  return {
    title: `Coverage by account, region and hour${period}`,
    notes: [
      ...(strip === null ? [] : [STRIP_LEGEND]),
      ...(found.absent.length > 0 ? [`No row at all: ${found.absent.join(", ")}`] : []),
      ...found.scope.map(
        ({ kind, name }) => `The scope of the case names ${kind} ${name}, which no row is of`,
      ),
    ],
    names: [
      "source",
      ...(accounts.size > 1 ? ["account"] : []),
      "region",
      ...(strip === null ? [] : [ruler]),
      "rows",
      ...(outside ? ["outside"] : []),
    ],
    rows: found.series.map((row) => ({
      source: row.source,
      account: row.account_id,
      region: row.region,
      [ruler]:
        strip === null
          ? null
          : stripLine(strip, hours.get(keyOf(row)) ?? [], offIntervals([...found.blind, ...found.off], row)),
      rows: row.rows_in_period,
      outside: row.rows - row.rows_in_period,
    })),
  };
}

/** Intervals in which all of a source was off in a region; that one bucket was says nothing about the others. */
function offIntervals(blind: Blind[], { source, region }: Series): [number, number][] {
  return blind
    .filter(
      (off) =>
        off.source === source &&
        (off.region === null || off.region === region) &&
        source !== "s3_access" &&
        off.resource?.startsWith("data events") !== true,
    )
    .map((off) => [Date.parse(off.blind_from), Date.parse(off.blind_to)]);
}

function runs(found: Status): StatusSection {
  return {
    title: "Hours with rows",
    notes: [],
    names: ["source", "account", "region", "from (UTC)", "to", "hours", "rows"],
    rows: found.runs.map((run) => ({
      source: run.source,
      account: run.account_id,
      region: run.region,
      "from (UTC)": minute(run.hour_from),
      to: minute(run.hour_to),
      hours: run.hours,
      rows: run.rows,
    })),
  };
}

function gaps(found: Status, detailed: boolean): StatusSection {
  const longest = [...found.gaps].sort((a, b) => b.hours - a.hours || compare(a.gap_from, b.gap_from));
  const places = new Map<string, number>();
  const kept = new Set<Gap>();
  for (const gap of longest) {
    const before = places.get(keyOf(gap)) ?? 0;
    if (detailed || before < GAPS_SHOWN || gap.because?.startsWith("off") === true) kept.add(gap);
    places.set(keyOf(gap), before + 1);
  }
  const shown = found.gaps.filter((gap) => kept.has(gap));
  const more = found.gaps.length - shown.length;
  return {
    title: "Gaps: whole hours of the period without a row",
    notes: more > 0 ? [`the longest ${GAPS_SHOWN} of each place; --detail shows ${more} more`] : [],
    names: ["source", "region", "from (UTC)", "to", "hours", "what the evidence says"],
    rows: shown.map((gap) => ({
      source: gap.source,
      region: gap.region,
      "from (UTC)": minute(gap.gap_from),
      to: minute(gap.gap_to),
      hours: gap.hours,
      "what the evidence says": gap.because ?? "nothing",
    })),
  };
}

function blind(found: Status): StatusSection[] {
  const row = (off: Blind): Row => ({
    source: off.source,
    region: off.region ?? "all",
    what: off.resource,
    "from (UTC)": minute(off.blind_from),
    to: off.to_the_end ? "end of evidence" : minute(off.blind_to),
    "said by": off.switched_by,
    record: `${off.artifact_id}/${off.record_no}`,
  });
  return [
    {
      title: "Blind intervals: logs that were switched off",
      notes: [],
      names: ["source", "region", "what", "from (UTC)", "to", "said by", "record"],
      rows: found.blind.map(row),
    },
    {
      title: "Logs that were off from the start of the evidence",
      notes: [],
      names: ["source", "region", "what", "to", "record"],
      rows: found.off.map(row),
    },
    {
      title: "Flows that VPC Flow Logs could not record (SKIPDATA)",
      notes: [],
      names: ["interface", "region", "records", "from (UTC)", "to"],
      rows: found.skipped_flows.map((skipped) => ({
        interface: skipped.interface_id,
        region: skipped.region,
        records: skipped.records,
        "from (UTC)": minute(skipped.first_time),
        to: minute(skipped.last_time),
      })),
    },
  ];
}

function counts(files: FileCount[]): StatusSection {
  return {
    title: "Records by file",
    notes: [],
    names: ["artifact", "source", "records", "rows", "duplicates", "skipped", "rejected", "file"],
    rows: files.map(({ artifact_id, original, ...rest }) => ({
      ...rest,
      artifact: artifact_id,
      file: tail(original),
    })),
  };
}

function keyOf(place: { source: string; account_id: string | null; region: string | null }): string {
  return JSON.stringify([place.source, place.account_id, place.region]);
}

function earlier(a: string | null, b: string): string {
  return a === null || Date.parse(b) < Date.parse(a) ? b : a;
}

function later(a: string | null, b: string): string {
  return a === null || Date.parse(b) > Date.parse(a) ? b : a;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `2026-03-11T10:15:00Z` as `2026-03-11 10:15`. */
function minute(time: string): string {
  return time.replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, "");
}

/** 3892 seconds as `1 h 5 min`. */
function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "-" : "";
  if (size < 60) return `${sign}${size} s`;
  if (size < 3600) return `${sign}${Math.floor(size / 60)} min ${size % 60} s`;
  if (size < 172_800) return `${sign}${Math.floor(size / 3600)} h ${Math.floor((size % 3600) / 60)} min`;
  return `${sign}${Math.floor(size / 86_400)} days`;
}

/** The end of a path, where files differ. */
function tail(path: string): string {
  return path.length > 56 ? `…${path.slice(-55)}` : path;
}
