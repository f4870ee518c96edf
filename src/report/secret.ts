import { createHash } from "node:crypto";
import type { Value } from "../database/index.js";
import { formatCount } from "./visible.js";

interface Pattern {
  kind: string;
  /** The group `secret`, or else the whole match, is masked. */
  expression: RegExp;
  holds?: (text: string) => boolean;
}

/** What is a secret by its look. Access key ids are identifiers and stay. */
const PATTERNS: Pattern[] = [
  {
    kind: "private key",
    expression:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/dg,
  },
  {
    kind: "Bedrock API key",
    expression: /\bABSK[A-Za-z0-9+/]{20,}={0,2}|\bbedrock-api-key-[A-Za-z0-9+/=._~:-]{20,}/dg,
  },
  {
    kind: "token",
    expression:
      /\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-(?:ant-|proj-)?[\w-]{24,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/dg,
  },
  { kind: "bearer token", expression: /\bBearer\s+(?<secret>[A-Za-z0-9._~+/:=-]{24,})/dgi },
  { kind: "session token", expression: /\b(?:FwoG|FQoG|IQoJ)[A-Za-z0-9+/=]{60,}/dg },
  { kind: "request signature", expression: /\bX-Amz-(?:Signature|Security-Token)=(?<secret>[^&\s"']+)/dgi },
  {
    kind: "password",
    expression: /\b[a-z][a-z0-9+.:-]{1,20}:\/\/[^\s:@/]{1,64}:(?<secret>[^\s@/]{3,128})@/dgi,
  },
  {
    kind: "secret",
    expression:
      /(?<![:\w])(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token|session[_-]?token|security[_-]?token|client[_-]?secret|(?:aws[_-]?)?secret[_-]?access[_-]?key|serviceApiKeyValue|servicePassword)\\?["']?\s*[:=]\s*\\?["']?(?<secret>[^\s"',;&}\\]{8,})/dgi,
  },
  {
    kind: "secret access key",
    expression: /(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])/dg,
    holds: looksRandom,
  },
];

/** Names of JSON members whose text is a secret whatever it looks like; compared without case and separators. */
const SECRET_MEMBERS = new Set([
  "secretaccesskey",
  "awssecretaccesskey",
  "sessiontoken",
  "awssessiontoken",
  "securitytoken",
  "password",
  "servicepassword",
  "serviceapikeyvalue",
  "apikey",
  "bearertoken",
  "clientsecret",
  "privatekey",
  "authorization",
]);

/** Names of JSON members whose text is what somebody said to a model or a model to them. */
const PROMPT_MEMBERS = new Set([
  "prompt",
  "prompts",
  "systemprompt",
  "completion",
  "completions",
  "response",
  "responses",
  "inputtext",
  "outputtext",
  "inputbody",
  "outputbody",
  "generatedtext",
  "text",
  "texts",
  "body",
  "content",
  "message",
  "messages",
  "sample",
  "samples",
  "snippet",
  "snippets",
  "excerpt",
  "excerpts",
  "quote",
  "quotes",
  "matchedtext",
]);

/** A text with its secrets masked; each mask keeps kind, offset, length, the start of the SHA-256 and the last four characters. */
export function maskSecrets(text: string): string {
  const found: { start: number; end: number; kind: string }[] = [];
  for (const { kind, expression, holds } of PATTERNS) {
    for (const match of text.matchAll(expression)) {
      const [start, end] = match.indices?.groups?.secret ?? [match.index, match.index + match[0].length];
      if (holds === undefined || holds(text.slice(start, end))) found.push({ start, end, kind });
    }
  }
  found.sort((left, right) => left.start - right.start || right.end - left.end);
  let masked = "";
  let from = 0;
  for (const { start, end, kind } of found) {
    if (start < from) {
      from = Math.max(from, end);
      continue;
    }
    masked += text.slice(from, start) + mask(text.slice(start, end), kind, start);
    from = end;
  }
  return masked + text.slice(from);
}

/** Masks every text in a value; members named for prompts or secrets are masked whole. Numbers stay. */
export function maskValue<T>(value: T, showPrompts: boolean): T {
  return masked(value as Value, showPrompts, undefined) as T;
}

function masked(value: Value, showPrompts: boolean, kind: string | undefined): Value {
  if (typeof value === "string") {
    if (value === "" || kind === undefined) return maskSecrets(value);
    return mask(value, kind, 0);
  }
  if (Array.isArray(value)) return value.map((item) => masked(item, showPrompts, kind));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      maskSecrets(name),
      masked(item as Value, showPrompts, kindOf(name, showPrompts) ?? kind),
    ]),
  );
}

function kindOf(name: string, showPrompts: boolean): string | undefined {
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  if (SECRET_MEMBERS.has(plain)) return "secret";
  return !showPrompts && PROMPT_MEMBERS.has(plain) ? "prompt text" : undefined;
}

function mask(text: string, kind: string, offset: number): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const end = text.length >= 16 ? `, ends ${text.slice(-4)}` : "";
  return `[masked ${kind} at ${offset}, ${formatCount(text.length)} characters, sha256 ${digest}${end}]`;
}

/** True for 40 characters that no person made up: paths and words change less often between kinds of characters. */
function looksRandom(text: string): boolean {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  const kinds = text.replace(/[a-z]/g, "a").replace(/[A-Z]/g, "A").replace(/\d/g, "0");
  const changes = kinds.match(/(.)(?!\1|$)/g)?.length ?? 0;
  return changes >= 12 && new Set(text).size >= 18;
}
