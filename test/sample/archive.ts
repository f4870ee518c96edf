import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folders known to exist; a large scale makes too many to remember them all. */
const MOST_FOLDERS = 1000;

/** Writes the files of the sample below one folder and counts them. */
export class Archive {
  readonly root: string;
  readonly #folders = new Set<string>();
  files = 0;
  bytes = 0;

  constructor(root: string) {
    this.root = root;
  }

  /** Writes a file; the path uses `/` and is relative to the root. */
  write(path: string, content: string | Buffer): void {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    writeFileSync(this.place(path), bytes);
    this.files++;
    this.bytes += bytes.length;
  }

  /** Absolute path of a file whose folder exists, for a writer of its own. */
  place(path: string): string {
    const file = join(this.root, path);
    const folder = dirname(file);
    if (!this.#folders.has(folder)) {
      mkdirSync(folder, { recursive: true });
      if (this.#folders.size >= MOST_FOLDERS) this.#folders.clear();
      this.#folders.add(folder);
    }
    return file;
  }
}

/** JSON as the AWS CLI prints it: four blanks, a newline at the end. */
export function printed(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}
