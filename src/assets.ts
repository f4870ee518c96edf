import { fileURLToPath } from "node:url";

/** Absolute path of a folder that ships beside `src` (and beside `dist` in the package): `sql`, `queries`, `sample-evidence`. */
export function assetFolder(name: "sql" | "queries" | "sample-evidence"): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
