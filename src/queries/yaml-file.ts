import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { CheckProblem } from "./problem.js";

/** What reading a YAML text gives: the value when it fits the schema, and every problem when it does not. */
export interface YamlResult<T> {
  value: T | undefined;
  problems: CheckProblem[];
  /** 1-based line of the node at a path of keys, or of the nearest parent that is there. */
  lineOf: (path: readonly PropertyKey[]) => number;
}

/**
 * Parses YAML and holds it against a schema; never throws for bad content.
 *
 * @param firstLine line of the file on which the text begins, for texts that are a part of a file
 */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>, firstLine = 1): YamlResult<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      const node = pair?.key ?? document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return firstLine;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file,
      line: lineAt(error.pos[0]),
      message: `not valid YAML: ${sentence(error.message)}`,
    }));
    return { value: undefined, problems, lineOf };
  }
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { value: parsed.data, problems: [], lineOf };
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, file, lineOf));
  return { value: undefined, problems, lineOf };
}

function describeIssue(
  issue: z.core.$ZodIssue,
  file: string,
  lineOf: (path: readonly PropertyKey[]) => number,
): CheckProblem {
  const place = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => `\`${key}\``).join(", ");
    const line = lineOf([...issue.path, issue.keys[0] ?? ""]);
    // In {description: a, b} the comma ends the text, and b becomes a key.
    const hint = issue.keys.some((key) => key.includes(" ")) ? "; a text with a comma needs quotes here" : "";
    return { file, line, message: `${keys}: no such key${place === "" ? "" : ` in ${place}`}${hint}` };
  }
  const missing =
    issue.code === "invalid_type" && issue.input === undefined && /undefined/.test(issue.message);
  const message = missing ? "is missing" : sentence(issue.message);
  return { file, line: lineOf(issue.path), message: place === "" ? message : `${place}: ${message}` };
}

/** First line of a library's message, without capital and full stop, so that it fits behind our own words. */
function sentence(message: string): string {
  const line = (message.split("\n", 1)[0] ?? message).trim().replace(/[.:]$/, "");
  return line.charAt(0).toLowerCase() + line.slice(1);
}
