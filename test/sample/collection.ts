import { type Archive, printed } from "./archive.js";
import { utc } from "./clock.js";
import { HOME } from "./place.js";

/** When the configuration was collected: at the start of the incident day, and after it. */
export const BEFORE = utc("2026-03-11T09:00:00");
export const AFTER = utc("2026-03-12T00:00:00");

/** One collection of API answers: `collected/<time>/<region>/<service>/<operation>[.<resource>].json`. */
export class Collection {
  readonly at: number;
  readonly #archive: Archive;

  constructor(archive: Archive, at: number) {
    this.#archive = archive;
    this.at = at;
  }

  /** True for the collection after the incident. */
  get after(): boolean {
    return this.at === AFTER;
  }

  /** Folder of a region. */
  folder(region: string): string {
    return `collected/${new Date(this.at * 1000).toISOString().slice(0, 16).replace(":", "-")}/${region}`;
  }

  /** Keeps one answer as the CLI prints it; a resource name is percent-encoded where it holds a slash. */
  keep(
    service: string,
    operation: string,
    resource: string | undefined,
    answer: unknown,
    region: string = HOME,
  ): void {
    const name = resource === undefined ? operation : `${operation}.${resource.replaceAll("/", "%2F")}`;
    this.#archive.write(`${this.folder(region)}/${service}/${name}.json`, printed(answer));
  }

  /** Keeps a file that is no JSON. */
  keepFile(service: string, name: string, content: string, region: string = HOME): void {
    this.#archive.write(`${this.folder(region)}/${service}/${name}`, content);
  }
}
