/** A stretch of time in milliseconds since 1970: from `start` until before `end`. */
export interface Period {
  start: number;
  end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ACCOUNT = /^(aws-account-id=)?\d{12}$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** Hive names and plain numbers; AWS Config does not pad month and day. */
const YEAR = /^(?:year=)?(20\d\d)$/;
const MONTH = /^(?:month=)?(0?[1-9]|1[0-2])$/;
const DAY_OF_MONTH = /^(?:day=)?(0?[1-9]|[12]\d|3[01])$/;
const HOUR_OF_DAY = /^(?:hour=)?([01]\d|2[0-3])$/;
/** Name of an S3 server access log; a target prefix without a slash stands in front of it. */
const ACCESS_LOG = /^(.*?)(20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])-\d\d-\d\d-\d\d-[0-9A-Z]{16}$/;
/** Components between `AWSLogs` and the year: organisation, account, service, and up to four of the service's own. */
const DEEPEST_YEAR = 7;

/**
 * The time that a key's folders or name speak of; undefined when the key follows no layout that we know:
 * `AWSLogs/[o-…/]<account>/<service>/…/YYYY/MM/DD/[HH/]` (CloudTrail, VPC Flow Logs, Config, Bedrock, GuardDuty, WAF, load balancers;
 * with Hive names too), and S3 server access logs, partitioned by date or not. For a prefix that ends in `/` the time may be a whole
 * month or year. It is the time of delivery: events are some minutes older, now and then hours.
 */
export function periodOfKey(key: string): Period | undefined {
  const folders = key.split("/");
  const name = folders.pop() ?? "";
  return periodOfFolders(folders) ?? periodOfAccessLog(name)?.period;
}

/** The day in the name of an S3 server access log, and what of the key stands before the date. */
export function accessLogOf(key: string): { before: string; period: Period } | undefined {
  const slash = key.lastIndexOf("/") + 1;
  const found = periodOfAccessLog(key.slice(slash));
  return found && { before: key.slice(0, slash) + found.before, period: found.period };
}

/** How a prefix that ends in `/` or is empty may still lead to dates in its folders. */
export function leadsToDates(prefix: string): "surely" | "perhaps" | "no" {
  const folders = prefix.split("/").slice(0, -1);
  const top = folders.indexOf("AWSLogs");
  const period = periodOfFolders(folders);
  if (period !== undefined) return period.end - period.start > HOUR ? "surely" : "no";
  if (top >= 0) return folders.length - top <= DEEPEST_YEAR ? "surely" : "no";
  return "perhaps";
}

function periodOfFolders(folders: string[]): Period | undefined {
  const at = yearAt(folders);
  if (at === undefined) return undefined;
  const number = (pattern: RegExp, index: number) => {
    const found = pattern.exec(folders[index] ?? "")?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const year = number(YEAR, at) as number;
  const month = number(MONTH, at + 1);
  if (month === undefined) return { start: Date.UTC(year, 0), end: Date.UTC(year + 1, 0) };
  const day = number(DAY_OF_MONTH, at + 2);
  if (day === undefined) return { start: Date.UTC(year, month - 1), end: Date.UTC(year, month) };
  const start = Date.UTC(year, month - 1, day);
  const hour = number(HOUR_OF_DAY, at + 3);
  if (hour === undefined) return { start, end: start + DAY };
  return { start: start + hour * HOUR, end: start + (hour + 1) * HOUR };
}

/** Where the year stands, when the folders before it are those of a known layout. */
function yearAt(folders: string[]): number | undefined {
  const top = folders.indexOf("AWSLogs");
  if (top >= 0) {
    const account = ACCOUNT.test(folders[top + 1] ?? "") ? top + 1 : top + 2;
    if (!ACCOUNT.test(folders[account] ?? "")) return undefined;
    const at = folders.findIndex((folder, index) => index > account + 1 && YEAR.test(folder));
    return at >= 0 && at - top <= DEEPEST_YEAR ? at : undefined;
  }
  // S3 server access logs by date: <target prefix><account>/<region>/<bucket>/<year>
  const at = folders.findIndex(
    (folder, index) =>
      index >= 3 &&
      YEAR.test(folder) &&
      REGION.test(folders[index - 2] ?? "") &&
      /\d{12}$/.test(folders[index - 3] ?? ""),
  );
  return at >= 0 ? at : undefined;
}

function periodOfAccessLog(name: string): { before: string; period: Period } | undefined {
  const found = ACCESS_LOG.exec(name);
  if (found === null) return undefined;
  const [, before = "", year, month, day] = found;
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return { before, period: { start, end: start + DAY } };
}
