import { skipSpace, valueEnd } from "./json-scan.js";

/** What the first bytes of a text say about it, without any opinion on what it is. */
export type Outline =
  | { root: "empty" }
  | { root: "lines"; lines: string[] }
  | { root: "json"; values: ElementKeys[]; arrays: Map<string, ElementKeys[]>; rootArray: boolean };

/** Keys of one object, in order. */
export type ElementKeys = string[];

const SAMPLED_ELEMENTS = 20;
const SAMPLED_LINES = 20;

/**
 * Reads the outline of a text from its head.
 *
 * `values` are the keys of the objects at the root (or in the array at the root); `arrays` those of the objects in
 * every array that a key of a root object holds. An object that the head cuts off counts with the keys that it shows.
 */
export function readOutline(head: Buffer): Outline {
  const start = skipSpace(head, 0);
  if (start >= head.length) return { root: "empty" };
  const first = head[start];
  if (first !== 0x7b && first !== 0x5b) return linesOf(head);
  const outline: Outline = { root: "json", values: [], arrays: new Map(), rootArray: first === 0x5b };
  if (first === 0x5b) outline.values = elementsOf(head, start);
  else rootObjects(head, start, outline);
  return outline;
}

function linesOf(head: Buffer): Outline {
  const lines = head
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  return { root: "lines", lines: lines.slice(0, SAMPLED_LINES) };
}

function rootObjects(head: Buffer, start: number, outline: Extract<Outline, { root: "json" }>): void {
  let position = start;
  for (let count = 0; count < SAMPLED_ELEMENTS && head[position] === 0x7b; count++) {
    const keys: ElementKeys = [];
    outline.values.push(keys);
    const end = eachMember(head, position, (key, valueStart) => {
      keys.push(key);
      if (head[valueStart] === 0x5b) {
        const elements = elementsOf(head, valueStart);
        outline.arrays.set(key, [...(outline.arrays.get(key) ?? []), ...elements]);
      }
    });
    if (end < 0) return;
    position = skipSpace(head, end);
  }
}

function elementsOf(head: Buffer, bracket: number): ElementKeys[] {
  const elements: ElementKeys[] = [];
  let position = skipSpace(head, bracket + 1);
  while (elements.length < SAMPLED_ELEMENTS && position < head.length) {
    if (head[position] === 0x7b) {
      const keys: ElementKeys = [];
      eachMember(head, position, (key) => keys.push(key));
      elements.push(keys);
    }
    const end = valueEnd(head, position, head.length);
    if (end < 0) break;
    position = skipSpace(head, end);
    if (head[position] !== 0x2c) break;
    position = skipSpace(head, position + 1);
  }
  return elements;
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
