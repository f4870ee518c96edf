/** What the rules want to know about one node of DuckDB's syntax tree. */
export type TreeNode = { offset: number | undefined } & (
  | { kind: "function"; name: string; ordered: boolean; distinct: boolean }
  | { kind: "column"; name: string; qualifier: string | undefined }
  | { kind: "set"; name: string }
  | { kind: "sample" }
);

type Json = { [key: string]: unknown };

/** Walks the tree of `json_serialize_sql`; `ancestors` are the names of the calls around a node. */
export function visitTree(
  tree: unknown,
  visit: (node: TreeNode, ancestors: readonly string[]) => void,
): void {
  walk(tree, [], visit);
}

function walk(
  node: unknown,
  ancestors: readonly string[],
  visit: (node: TreeNode, ancestors: readonly string[]) => void,
): void {
  if (Array.isArray(node)) {
    for (const child of node) walk(child, ancestors, visit);
    return;
  }
  if (node === null || typeof node !== "object") return;
  const json = node as Json;
  const offset = offsetOf(json);
  let inner = ancestors;
  if (json.class === "FUNCTION") {
    const name = String(json.function_name).toLowerCase();
    const orders = ((json.order_bys as Json | null)?.orders ?? []) as unknown[];
    visit(
      { kind: "function", name, offset, ordered: orders.length > 0, distinct: json.distinct === true },
      ancestors,
    );
    inner = [...ancestors, name];
  } else if (json.class === "WINDOW") {
    inner = [...ancestors, String(json.function_name).toLowerCase()];
  } else if (json.class === "COLUMN_REF") {
    const names = json.column_names as string[];
    visit(
      { kind: "column", name: lastName(names), qualifier: names.length > 1 ? names[0] : undefined, offset },
      ancestors,
    );
  } else if (json.class === "COMPARISON" || json.class === "OPERATOR") {
    for (const name of comparedSets(json)) visit({ kind: "set", name, offset }, ancestors);
  }
  if (json.sample !== null && typeof json.sample === "object") visit({ kind: "sample", offset }, ancestors);
  for (const child of Object.values(json)) walk(child, inner, visit);
}

/** `name = 'INVOKE_RT'` and `name in ('INVOKE_RT', …)`: upper-case words that can only be named sets. */
function comparedSets(json: Json): string[] {
  const sides = [json.left, json.right, ...((json.children as unknown[] | undefined) ?? [])] as (
    | Json
    | undefined
  )[];
  const isName = sides.some(
    (side) => side?.class === "COLUMN_REF" && lastName(side.column_names as string[]) === "name",
  );
  if (!isName) return [];
  return sides.flatMap((side) => {
    const value = side?.class === "CONSTANT" ? (side.value as Json).value : undefined;
    return typeof value === "string" && /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(value) ? [value] : [];
  });
}

function lastName(names: string[]): string {
  return (names.at(-1) ?? "").toLowerCase();
}

/** DuckDB writes the largest number of its kind where it does not know. */
function offsetOf(json: Json): number | undefined {
  const offset = json.query_location;
  return typeof offset === "number" && Number.isSafeInteger(offset) ? offset : undefined;
}
