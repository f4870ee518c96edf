import type { Database } from "./database.js";

/** What DuckDB's own parser says about one SELECT. */
export interface Syntax {
  /** Statements in the text; a query has one. */
  statements: number;
  /** Tables and views read, without names that a WITH defines; sorted. */
  tables: string[];
  /** Named parameters, without the `$`; sorted. */
  parameters: string[];
  /** Functions called in expressions, lower case; sorted. */
  functions: string[];
  /** Functions called as tables, lower case; sorted. */
  tableFunctions: string[];
  ordered: boolean;
  limited: boolean;
}

type Node = { [key: string]: unknown };

/** Parses a SELECT with DuckDB (`json_serialize_sql`); throws DuckDB's message when it is none. */
export async function readSyntax(database: Database, sql: string): Promise<Syntax> {
  const [row] = await database.rows<{ tree: Node }>(
    "select json_serialize_sql($sql::varchar)::json as tree",
    {
      sql,
    },
  );
  const tree = row?.tree as Node;
  if (tree.error === true) throw new Error(String(tree.error_message));
  const found = {
    tables: new Set<string>(),
    defined: new Set<string>(),
    parameters: new Set<string>(),
    functions: new Set<string>(),
    tableFunctions: new Set<string>(),
  };
  visit(tree, found);
  const statements = tree.statements as Node[];
  const modifiers = ((statements[0]?.node as Node | undefined)?.modifiers ?? []) as Node[];
  return {
    statements: statements.length,
    tables: sorted([...found.tables].filter((name) => !found.defined.has(name))),
    parameters: sorted(found.parameters),
    functions: sorted(found.functions),
    tableFunctions: sorted(found.tableFunctions),
    ordered: modifiers.some((modifier) => modifier.type === "ORDER_MODIFIER"),
    limited: modifiers.some((modifier) => String(modifier.type).startsWith("LIMIT")),
  };
}

function visit(
  node: unknown,
  found: Record<"tables" | "defined" | "parameters" | "functions" | "tableFunctions", Set<string>>,
): void {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, found);
    return;
  }
  if (node === null || typeof node !== "object") return;
  const { type, class: kind } = node as Node;
  if (type === "BASE_TABLE") found.tables.add(String((node as Node).table_name));
  if (type === "TABLE_FUNCTION") {
    found.tableFunctions.add(String(((node as Node).function as Node).function_name).toLowerCase());
  } else if (kind === "FUNCTION") {
    found.functions.add(String((node as Node).function_name).toLowerCase());
  } else if (kind === "PARAMETER") {
    found.parameters.add(String((node as Node).identifier));
  }
  const definitions = ((node as Node).cte_map as { map?: { key: string }[] } | undefined)?.map ?? [];
  for (const { key } of definitions) found.defined.add(key);
  for (const [key, child] of Object.entries(node)) {
    // The node of a table function holds the call once more as an expression; its arguments still count.
    if (type === "TABLE_FUNCTION" && key === "function") visit((child as Node).children, found);
    else visit(child, found);
  }
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort();
}
