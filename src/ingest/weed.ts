import { readFile, writeFile } from "node:fs/promises";
import { type Database, firstLine } from "../database/index.js";
import { framedView } from "./framed-view.js";
import type { Source } from "./source.js";
import type { Spool } from "./spool.js";

/** Bytes from which on a single record decides how much memory loading takes. */
const LARGE_RECORD = 16 * 1024 * 1024;

/** Takes out of a careful spool the records that DuckDB still refuses, by halving, and rejects them. */
export async function weed(database: Database, spool: Spool, source: Source): Promise<void> {
  const whole = await database.withMemory(memoryFor(spool.longest), () => refusalOf(database, spool, source));
  if (whole === null) return;
  const text = await readFile(spool.path, "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  const bad: { line: string; reason: string }[] = [];
  const good: string[] = [];
  const sift = async (part: string[]): Promise<void> => {
    await writeFile(spool.path, `${part.join("\n")}\n`);
    const refusal = await refusalOf(database, spool, source);
    if (refusal === null) good.push(...part);
    else if (part.length === 1) bad.push({ line: part[0] as string, reason: refusal });
    else {
      const middle = part.length >> 1;
      await sift(part.slice(0, middle));
      await sift(part.slice(middle));
    }
  };
  await sift(lines);
  await writeFile(spool.path, good.map((line) => `${line}\n`).join(""));
  spool.records = good.length;
  await database.append(
    "reject",
    bad.map(({ line, reason }) => {
      const place = /^\{"_artifact":(\d+),"_record":(\d+),/.exec(line) ?? [];
      const excerpt = line.slice((place[0] ?? "").length).slice(0, 200);
      return [Number(place[1]), Number(place[2]), reason, excerpt];
    }),
  );
}

async function refusalOf(database: Database, spool: Spool, source: Source): Promise<string | null> {
  try {
    await database.run(framedView([spool], source, ""));
    // The source's own SQL may refuse a value, too: a number out of range, bytes that are no text.
    for (const select of ["select * from framed", ...source.selects]) {
      await database.run(`create or replace temp table probe as ${select}`);
    }
    await database.run("drop table probe");
    return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return reasonOf(error);
  }
}

/** Bytes. DuckDB's JSON reader needs about ten times the size of a record while it parses it. */
export function memoryFor(longest: number): number {
  return longest < LARGE_RECORD ? 0 : longest * 16 + 512 * 1024 * 1024;
}

/** Whether DuckDB says that it is the records that it does not take. */
export function isRefusal(error: unknown): boolean {
  return /malformed json|json transform error|maximum_object_size|invalid input error|conversion error|out of range error/i.test(
    firstLine(error),
  );
}

/** DuckDB's reason, without the name of the spool. */
function reasonOf(error: unknown): string {
  const text = firstLine(error);
  return /(?:in line \d+|byte \d+[^:]*): ?(.*)$/.exec(text)?.[1]?.slice(0, 200) || "not valid JSON";
}
