import { memberOf } from "./json-scan.js";
import type { Outline } from "./outline.js";

/**
 * A container of AWS that carries records of other sources as strings: an event of `lookup-events`, a message of a
 * log, a notification, the body of a queue's message, a row of a query.
 */
export interface Wrapper {
  /** What `artifact.container` says, and by which a record is found again: `Events → CloudTrailEvent`. */
  container: string;
  /** Where the elements lie (`FramingOptions.in`); `csv` for rows and `export` for lines of a log export. */
  in: string;
  /** Elements are arrays of single pairs: the row of a query. */
  arrays: boolean;
  /** Elements are log events: those that no source takes are rows of a log all the same. */
  log: boolean;
  /** What an element carries as text; null when it carries nothing. */
  open: (element: Buffer) => string | null;
}

/** Marks the containers of wrapped records; the name of no other container holds it. */
export const ARROW = " → ";

interface JsonWrapper {
  in: string;
  key: string;
  /** Keys of an element beside the one that carries. */
  beside?: string[];
  /** The element has no other key. */
  alone?: boolean;
  log?: boolean;
}

const JSON_WRAPPERS: JsonWrapper[] = [
  // aws cloudtrail lookup-events, its whole answer or its rows
  { in: "Events", key: "CloudTrailEvent" },
  { in: "", key: "CloudTrailEvent" },
  // a subscription of CloudWatch Logs, as Lambda, Kinesis and Firehose get it
  { in: "logEvents", key: "message", beside: ["timestamp"], log: true },
  // aws logs filter-log-events, get-log-events
  { in: "events", key: "message", beside: ["timestamp"], log: true },
  { in: "", key: "message", beside: ["timestamp", "ingestionTime"], log: true },
  // a notification of SNS, alone, as Lambda gets it, or as the body of a queue's message
  { in: "", key: "Message", beside: ["Type", "TopicArn"] },
  { in: "Records.Sns", key: "Message", beside: ["TopicArn"] },
  // aws sqs receive-message; the event of a queue for Lambda
  { in: "Messages", key: "Body", beside: ["MessageId"] },
  { in: "Records", key: "body", beside: ["messageId", "eventSource"] },
  // an export of Splunk
  { in: "result", key: "_raw" },
  { in: "", key: "_raw" },
  // Firehose that delivers lines of a log
  { in: "", key: "message", alone: true },
];

const WRAPPERS: Wrapper[] = [
  ...JSON_WRAPPERS.map(({ in: place, key, log = false }) => ({
    container: `${place === "" ? "root" : place}${ARROW}${key}`,
    in: place,
    arrays: false,
    log,
    open: (element: Buffer) => textOf(element, key),
  })),
  // aws logs get-query-results: pairs {field, value}
  { container: `results${ARROW}@message`, in: "results", arrays: true, log: true, open: fieldOf("@message") },
  // aws cloudtrail get-query-results: objects of one key
  {
    container: `QueryResultRows${ARROW}eventjson`,
    in: "QueryResultRows",
    arrays: true,
    log: false,
    open: lakeRow,
  },
  { container: `csv${ARROW}eventjson`, in: "csv", arrays: false, log: false, open: lakeCell },
  {
    container: `csv${ARROW}message`,
    in: "csv",
    arrays: false,
    log: true,
    open: (row) => textOf(row, "message"),
  },
  {
    container: `csv${ARROW}@message`,
    in: "csv",
    arrays: false,
    log: true,
    open: (row) => textOf(row, "@message"),
  },
  {
    container: `export${ARROW}message`,
    in: "export",
    arrays: false,
    log: true,
    open: (row) => textOf(row, "message"),
  },
];

/** The wrapper that `artifact.container` names. */
export function wrapperNamed(container: string): Wrapper | null {
  return WRAPPERS.find((wrapper) => wrapper.container === container) ?? null;
}

/** The wrapper in which content with this outline comes, or null. */
export function findWrapper(outline: Outline): Wrapper | null {
  if (outline.root === "empty") return null;
  if (outline.root === "lines") return wrapperNamed(lineContainer(outline.lines));
  for (const [index, { in: place, key, beside = [], alone = false }] of JSON_WRAPPERS.entries()) {
    if (place !== "" && !outline.values.some((keys) => keys.includes(place.split(".")[0] as string)))
      continue;
    const fits = outline
      .at(place)
      .some(
        (keys) =>
          keys.includes(key) &&
          beside.every((other) => keys.includes(other)) &&
          (!alone || keys.length === 1),
      );
    if (fits) return WRAPPERS[index] ?? null;
  }
  if (outline.values.some((keys) => keys.includes("QueryResultRows"))) {
    return wrapperNamed(`QueryResultRows${ARROW}eventjson`);
  }
  const isQuery = outline.values.some(
    (keys) => keys.includes("results") && (keys.includes("statistics") || keys.includes("queryLanguage")),
  );
  return isQuery ? wrapperNamed(`results${ARROW}@message`) : null;
}

const LOG_EXPORT_LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

function lineContainer(lines: string[]): string {
  // The first lines may continue a message of the file before.
  if (lines.some((line) => LOG_EXPORT_LINE.test(line))) return `export${ARROW}message`;
  const names = (lines[0] ?? "").split(",").map((name) => name.trim().replaceAll('"', ""));
  if (names.includes("eventjson") || names.includes("eventJson")) return `csv${ARROW}eventjson`;
  if (names.includes("@message")) return `csv${ARROW}@message`;
  return names.includes("message") && names.includes("timestamp") ? `csv${ARROW}message` : "";
}

/** What an element carries; null also where the element only looks like JSON. */
export function open(wrapper: Wrapper, element: Buffer): string | null {
  try {
    return wrapper.open(element);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The value of a key as text: a string itself, anything else as its JSON. */
function textOf(element: Buffer, key: string): string | null {
  const place = memberOf(element, 0, element.length, key);
  if (place === null) return null;
  const raw = element.toString("utf8", place[0], place[1]);
  if (raw === "null") return null;
  return raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
}

function fieldOf(name: string): (element: Buffer) => string | null {
  return (element) => {
    const pairs: unknown = JSON.parse(element.toString("utf8"));
    if (!Array.isArray(pairs)) return null;
    for (const pair of pairs) {
      const { field, value } = (pair ?? {}) as { field?: unknown; value?: unknown };
      if (field === name && typeof value === "string") return value;
    }
    return null;
  };
}

/** A row of CloudTrail Lake: the event itself where it was selected, else the columns as one object. */
function lakeRow(element: Buffer): string {
  const row: Record<string, unknown> = Object.create(null);
  const cells: unknown = JSON.parse(element.toString("utf8"));
  for (const cell of Array.isArray(cells) ? cells : [cells]) Object.assign(row, cell);
  const event = row.eventjson ?? row.eventJson;
  return typeof event === "string" ? event : JSON.stringify(row);
}

function lakeCell(row: Buffer): string {
  return textOf(row, "eventjson") ?? textOf(row, "eventJson") ?? row.toString("utf8");
}
