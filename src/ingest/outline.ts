import { skipSpace, valueEnd } from "./json-scan.js";

/** What the first bytes of a text say about it, without any opinion on what it is. */
export type Outline =
  | { root: "empty" }
  | { root: "lines"; lines: string[] }
  | {
      root: "json";
      rootArray: boolean;
      /** Keys of the objects at the root, or in the array at the root. */
      values: ElementKeys[];
      /** Keys of the object, or of the objects in the array, that a path leads to in each of these. */
      at: (path: string) => Sampled<ElementKeys>;
    };

/** Keys of one object, in order. */
export type ElementKeys = string[];

/** Elements that are read when somebody asks for them, each only once: mostly the first one settles the question. */
class Sampled<T> {
  readonly #known: T[] = [];
  readonly #rest: Iterator<T>;

  constructor(elements: Iterable<T>) {
    this.#rest = elements[Symbol.iterator]();
  }

  some(predicate: (element: T) => boolean): boolean {
    for (let index = 0; ; index++) {
      if (index === this.#known.length) {
        const { done, value } = this.#rest.next();
        if (done === true) return false;
        this.#known.push(value);
      }
      if (predicate(this.#known[index] as T)) return true;
    }
  }
}

const NOTHING = new Sampled<ElementKeys>([]);
const SAMPLED_ELEMENTS = 20;
const SAMPLED_LINES = 20;

/** Reads the outline of a text from its head. An object that the head cuts off counts with the keys that it shows. */
export function readOutline(head: Buffer): Outline {
  const start = skipSpace(head, 0);
  if (start >= head.length) return { root: "empty" };
  const first = head[start];
  if (first !== 0x7b && first !== 0x5b) return linesOf(head);
  const offsets = first === 0x5b ? elementsOf(head, start) : rootObjects(head, start);
  // Read once: many sources ask, and the value of a member can be as long as the head.
  const roots = [...offsets].map((offset) => membersOf(head, offset));
  const known = new Map<string, Sampled<ElementKeys>>();
  return {
    root: "json",
    rootArray: first === 0x5b,
    values: roots.map(keysOf),
    at: (path) => {
      let elements = known.get(path);
      if (elements === undefined) {
        const keys = path === "" ? [] : path.split(".");
        // Most sources ask for a place that most files do not have.
        const leads =
          keys.length === 0 || roots.some((members) => members.some(({ key }) => key === keys[0]));
        elements = leads ? new Sampled(keysAt(head, roots, keys)) : NOTHING;
        known.set(path, elements);
      }
      return elements;
    },
  };
}

interface Member {
  key: string;
  valueStart: number;
}

function keysOf(members: Member[]): ElementKeys {
  return members.map(({ key }) => key);
}

/** Keys of the objects that the path leads to; arrays on the way and at the end stand for their elements. */
function* keysAt(head: Buffer, found: Iterable<Member[]>, path: string[]): Generator<ElementKeys> {
  const [wanted, ...rest] = path;
  if (wanted !== undefined) yield* keysAt(head, objectsUnder(head, found, wanted), rest);
  else for (const members of found) yield keysOf(members);
}

function* objectsUnder(head: Buffer, found: Iterable<Member[]>, wanted: string): Generator<Member[]> {
  let sampled = 0;
  for (const members of found) {
    for (const { key, valueStart } of members) {
      if (key !== wanted) continue;
      const first = head[valueStart];
      const objects = first === 0x5b ? elementsOf(head, valueStart) : first === 0x7b ? [valueStart] : [];
      for (const offset of objects) {
        if (sampled++ >= SAMPLED_ELEMENTS) return;
        yield membersOf(head, offset);
      }
    }
  }
}

function linesOf(head: Buffer): Outline {
  const lines = head
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  return { root: "lines", lines: lines.slice(0, SAMPLED_LINES) };
}

function rootObjects(head: Buffer, start: number): number[] {
  const objects: number[] = [];
  let position = start;
  while (objects.length < SAMPLED_ELEMENTS && head[position] === 0x7b) {
    objects.push(position);
    const end = valueEnd(head, position, head.length);
    if (end < 0) break;
    position = skipSpace(head, end);
  }
  return objects;
}

/** Offsets of the objects among the elements of the array that starts at `bracket`. */
function* elementsOf(head: Buffer, bracket: number): Generator<number> {
  let position = skipSpace(head, bracket + 1);
  for (let found = 0; found < SAMPLED_ELEMENTS && position < head.length; ) {
    if (head[position] === 0x7b) {
      found++;
      yield position;
    }
    const end = valueEnd(head, position, head.length);
    if (end < 0) break;
    position = skipSpace(head, end);
    if (head[position] !== 0x2c) break;
    position = skipSpace(head, position + 1);
  }
}

function membersOf(head: Buffer, brace: number): Member[] {
  const members: Member[] = [];
  eachMember(head, brace, (key, valueStart) => members.push({ key, valueStart }));
  return members;
}

/** Calls back for each member of an object; returns the offset after the object, or -1 when the head cuts it off. */
function eachMember(
  head: Buffer,
  brace: number,
  callback: (key: string, valueStart: number) => void,
): number {
  let position = skipSpace(head, brace + 1);
  while (position < head.length) {
    if (head[position] === 0x7d) return position + 1;
    if (head[position] === 0x2c) {
      position = skipSpace(head, position + 1);
      continue;
    }
    if (head[position] !== 0x22) return -1;
    const keyEnd = valueEnd(head, position, head.length);
    if (keyEnd < 0) return -1;
    const colon = skipSpace(head, keyEnd);
    if (head[colon] !== 0x3a) return -1;
    const valueStart = skipSpace(head, colon + 1);
    if (valueStart >= head.length) return -1;
    callback(head.toString("utf8", position + 1, keyEnd - 1), valueStart);
    const end = valueEnd(head, valueStart, head.length);
    if (end < 0) return -1;
    position = skipSpace(head, end);
  }
  return -1;
}
