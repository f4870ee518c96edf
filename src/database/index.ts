export { type Column, Database, firstLine, type Parameters, type Result } from "./database.js";
export { quoteIdentifier, quoteLiteral } from "./identifier.js";
export type { IngestPolicy, Limits } from "./policy.js";
export { applySchema, isSchemaCurrent, sqlFiles } from "./schema.js";
export { readSyntax, type Syntax } from "./syntax.js";
export type { Row, Value } from "./values.js";
