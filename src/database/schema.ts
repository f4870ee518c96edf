import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "./database.js";

/** The folders of `sql/` that make an empty database of a case, in the order in which they build on each other. */
const LAYERS = ["schema", "macros", "views"] as const;

/** Creates every table, macro and view that is not there yet. Files run in the order of their names. */
export async function applySchema(database: Database, sqlFolder: string): Promise<void> {
  for (const layer of LAYERS) {
    for (const file of await sqlFiles(join(sqlFolder, layer))) {
      await database.run(await readFile(file, "utf8"));
    }
  }
}

/** Absolute paths of the `.sql` files of a folder, in the order of their names. */
export async function sqlFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return names.map((name) => join(folder, name));
}
