import { accessLogOf, leadsToDates, type Period, periodOfKey } from "./key-date.js";
import type { S3Calls, S3Listed, S3Page, S3Place } from "./s3-calls.js";
import type { S3Request } from "./s3-facts.js";
import { type Patience, patiently } from "./s3-failure.js";
import { filterOf, type LeftOut, rangeOf, relation, type S3Selection } from "./s3-selection.js";

/** Prefixes listed at a time. */
const WIDTH = 8;
/** Levels listed one by one where dates may or may not be found further down; then everything below is listed flat. */
const SEARCH_BUDGET = 500;
const DAY = 86_400_000;

export interface S3Listing {
  objects: S3Listed[];
  /** Objects that were listed and are not wanted, by reason. */
  leftOut: Partial<Record<LeftOut, number>>;
  /** Wanted objects whose key holds no date that we know, though dates were asked for: they are kept. */
  undated: number;
  /** Prefixes that were never listed, because their dates lie outside. */
  pruned: string[];
  requests: S3Request[];
}

export interface ListingOptions {
  calls: S3Calls;
  patience: Patience;
  versions: "all" | "latest" | "unversioned";
  selection: S3Selection;
  signal: AbortSignal | undefined;
}

/**
 * Lists the wanted objects below a prefix. With dates to go by it walks folder by folder where the layout of the keys leads to
 * folders of dates, and never lists a folder whose date lies outside; elsewhere it lists all and looks at each key.
 */
export async function listPrefix(
  bucket: string,
  prefix: string,
  { calls, patience, versions, selection, signal }: ListingOptions,
): Promise<S3Listing> {
  const range = rangeOf(selection);
  const filter = filterOf(selection);
  const listing: S3Listing = { objects: [], leftOut: {}, undated: 0, pruned: [], requests: [] };
  const waiting = [prefix];
  let budget = SEARCH_BUDGET;

  const add = (object: S3Listed): void => {
    if (versions === "latest" && (!object.isLatest || object.isDeleteMarker)) return;
    const period = range && periodOfKey(object.key);
    const isOutside = range !== undefined && period !== undefined && relation(period, range) === "outside";
    const reason = isOutside ? "dates" : filter(object);
    if (reason !== undefined) listing.leftOut[reason] = (listing.leftOut[reason] ?? 0) + 1;
    else {
      if (range !== undefined && period === undefined) listing.undated++;
      listing.objects.push(object);
    }
  };

  const list = async (below: string, isLevel: boolean): Promise<void> => {
    const query = { bucket, prefix: below, isLevel, versions: versions !== "unversioned" };
    for (let place: S3Place | undefined, isMore = true; isMore; ) {
      const page = await patiently(patience, signal, () => calls.page({ ...query, place }, signal));
      listing.requests.push(page.request);
      for (const object of page.objects) add(object);
      waiting.push(...page.prefixes);
      const next = advance(page, below, range, listing.pruned);
      if (JSON.stringify(next) === JSON.stringify(place) && next !== undefined)
        throw new Error(`listing ${bucket} does not advance beyond ${JSON.stringify(next)}`);
      place = next;
      isMore = next !== undefined;
    }
  };

  const visit = async (below: string): Promise<void> => {
    const folder = below.slice(0, below.lastIndexOf("/") + 1);
    const period = range && periodOfKey(folder);
    const place = range === undefined ? "inside" : period === undefined ? "partly" : relation(period, range);
    if (place === "outside") listing.pruned.push(below);
    else if (place === "inside") await list(below, false);
    else {
      const hope = leadsToDates(folder);
      await list(below, hope === "surely" || (hope === "perhaps" && budget-- > 0));
    }
  };

  await drain(waiting, WIDTH, visit);
  listing.pruned.sort();
  return listing;
}

/**
 * Where listing goes on after a page. Server access logs lie side by side in one folder, named by date: when a page ends among those
 * of a day outside, the rest of that year, or of the days before the first wanted one, is jumped over.
 */
function advance(
  page: S3Page,
  below: string,
  range: Period | undefined,
  pruned: string[],
): S3Place | undefined {
  const last = page.objects.at(-1);
  if (page.next === undefined || range === undefined || last === undefined) return page.next;
  const log = accessLogOf(last.key);
  const isLast = page.prefixes.every((prefix) => prefix < last.key);
  if (log === undefined || !isLast || relation(log.period, range) !== "outside") return page.next;
  const year = new Date(log.period.start).getUTCFullYear();
  const isBefore = log.period.end <= range.start;
  const wanted = isBefore && new Date(range.start).getUTCFullYear() === year;
  // A colon follows the digits, so that it ends all days of the year.
  const after = wanted
    ? `${log.before}${new Date(Math.floor(range.start / DAY) * DAY).toISOString().slice(0, 10)}`
    : `${log.before}${year}-:`;
  if (!after.startsWith(below)) return page.next;
  pruned.push(`${last.key} … ${after}`);
  return { after };
}

/** Works off a queue that grows while it is worked off; throws the first failure when nothing is under way any more. */
async function drain<T>(queue: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const active = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  while ((queue.length > 0 && failure === undefined) || active.size > 0) {
    while (queue.length > 0 && active.size < width && failure === undefined) {
      const task: Promise<void> = work(queue.shift() as T)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => active.delete(task));
      active.add(task);
    }
    await Promise.race(active);
  }
  if (failure !== undefined) throw failure.error;
}
