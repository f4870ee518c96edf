import { join } from "node:path";
import { type Database, firstLine } from "../database/index.js";
import type { CheckProblem } from "./problem.js";
import type { Vocabulary } from "./vocabulary.js";

/** Tries every pattern on its own samples, in DuckDB, whose RE2 decides in queries too. */
export async function checkPatterns(
  database: Database,
  vocabulary: Vocabulary,
  queriesFolder: string,
): Promise<CheckProblem[]> {
  const file = join(queriesFolder, "vocabulary", "regex.yaml");
  const problems: CheckProblem[] = [];
  for (const [name, { pattern, positive, negative }] of Object.entries(vocabulary.patterns)) {
    for (const [samples, expected] of [
      [positive, true],
      [negative, false],
    ] as const) {
      try {
        const wrong = await database.rows<{ sample: string }>(
          `select sample
           from (select unnest(from_json($samples::json, '["varchar"]')) as sample)
           where regexp_matches(sample, $pattern::varchar) <> $expected::boolean`,
          { samples: JSON.stringify(samples), pattern, expected },
        );
        const verb = expected ? "does not match its positive" : "matches its negative";
        problems.push(
          ...wrong.map(({ sample }) => ({
            file,
            message: `${name} ${verb} sample ${JSON.stringify(sample)}`,
          })),
        );
      } catch (error) {
        problems.push({ file, message: `${name} is no regular expression of RE2: ${firstLine(error)}` });
        break;
      }
    }
  }
  return problems;
}
