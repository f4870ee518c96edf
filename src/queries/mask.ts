import { createHash } from "node:crypto";
import type { Value } from "../database/index.js";
import type { DetectionResult, Finding } from "./finding.js";

/** What is shown in full because somebody asked for it. */
export interface Unmasked {
  /** Prompts and answers of models. */
  prompts?: boolean | undefined;
  /** Addresses of mail, numbers of cards, accounts and social security. */
  personal?: boolean | undefined;
  /** Keys, tokens, passwords. */
  secrets?: boolean | undefined;
}

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
    kind: "password",
    expression: /\bAuthorization["']?\s*[:=]\s*["']?Basic\s+(?<secret>[A-Za-z0-9+/]{6,}={0,2})/dgi,
  },
  {
    kind: "password",
    expression:
      /(?<![\w-])--[a-z-]{0,30}?(?:password|passwd|passphrase|secret|token|api-key)[ =]+["']?(?<secret>[^\s"']{6,})/dgi,
  },
  // Also as the end of a longer name such as DB_PASSWORD or masterUserPassword; not the `secret:` of an ARN.
  {
    kind: "secret",
    expression:
      /(?<![:\w-])[\w-]{0,40}?(?:password|passwd|passphrase|pwd|secret|(?:api|private|secret|account|access)[_-]?key|(?:access|auth|api|bearer|github|gitlab|id|refresh|security|session|slack)[_-]?token|client[_-]?secret|secret[_-]?access[_-]?key|serviceApiKeyValue)\\?["']?\s*[:=]\s*\\?["']?(?<secret>[^\s"',;&}\\]{8,})/dgi,
    holds: (text) => !/^(?:arn:|HIDDEN_DUE_TO_|\*+$|\[masked |A[KS]IA[A-Z0-9]{12,}$)/.test(text),
  },
  {
    kind: "secret access key",
    expression: /(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])/dg,
    holds: looksRandom,
  },
];

/** What tells of a person by its look; numbers have to add up. */
const PERSONAL: Pattern[] = [
  {
    kind: "e-mail address",
    expression: /(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9-])/dgi,
  },
  {
    kind: "card number",
    expression: /(?<![\w.-])(?:4|5[1-5]|2[2-7]|3[47]|6[05])\d?(?:[ -]?\d){11,16}(?![\w-]|\.\d)/dg,
    holds: passesLuhn,
  },
  { kind: "social security number", expression: /(?<![\w.-])[0-8]\d{2}-\d{2}-\d{4}(?![\w-])/dg },
  {
    kind: "bank account",
    expression: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)/dg,
    holds: isAccountNumber,
  },
];

/** The name of an identity can be an address of mail; who acted is no secret. */
const IDENTITY =
  /(?:\barn:[\w-]+:(?:iam|sts):[^\s"']{0,300}?|\bA(?:ROA|IDA)[A-Z0-9]{12,}:)(?<![a-z0-9._%+-])(?<address>[a-z0-9._%+-]{1,64}@[a-z0-9.-]+)/gi;
const IDENTITY_MEMBERS = new Set(["actor", "principal", "principals"]);
const IDENTITY_TYPES = new Set(["principal", "credential", "user"]);

/** Ends of names of JSON members whose text is a secret whatever it looks like; compared without case and separators. */
const SECRET_MEMBER =
  /(?:password|passphrase|secretaccesskey|sessiontoken|securitytoken|bearertoken|apikey|apikeyvalue|clientsecret|secretstring|privatekey|keymaterial|authorization)$/;

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

const PROMPT = "prompt text";
/** What a sample says of a text without repeating it. */
const PLACE_MEMBERS = new Set(["table", "side", "sha256", "last4"]);

/** The findings of a run as they are told to people: secrets, personal data and texts of prompts masked. */
export function maskResults(results: readonly DetectionResult[], shown: Unmasked = {}): DetectionResult[] {
  return results.map((result) => ({
    ...maskValue(result, { ...shown, prompts: true }),
    findings: result.findings.map((finding) => maskFinding(finding, shown)),
  }));
}

/** Members of `metrics` are masked by their names as well as by their look, all other texts by their look. */
export function maskFinding<T extends Finding>(finding: T, shown: Unmasked = {}): T {
  const identities = identitiesIn(finding as unknown as Value);
  const named = { ...shown, prompts: true };
  return {
    ...(masked(finding as unknown as Value, named, identities, undefined) as unknown as T),
    metrics: masked(finding.metrics, shown, identities, undefined),
  };
}

/**
 * Masks secrets and personal data in every text of a value; members named for prompts or secrets are masked whole. Numbers
 * stay, and so do addresses of mail that are the name of an identity anywhere in the value.
 */
export function maskValue<T>(value: T, shown: Unmasked = {}): T {
  return masked(value as Value, shown, identitiesIn(value as Value), undefined) as T;
}

/** A text masked; each mask keeps kind, offset, length, the start of the SHA-256 and the last four characters. */
export function maskText(text: string, shown: Unmasked = {}, identities = identitiesIn(text)): string {
  const found: { start: number; end: number; kind: string }[] = [];
  const patterns = [...(shown.secrets ? [] : PATTERNS), ...(shown.personal ? [] : PERSONAL)];
  for (const { kind, expression, holds } of patterns) {
    for (const match of text.matchAll(expression)) {
      const [start, end] = match.indices?.groups?.secret ?? [match.index, match.index + match[0].length];
      const piece = text.slice(start, end);
      if ((holds === undefined || holds(piece)) && !identities.has(piece)) found.push({ start, end, kind });
    }
  }
  found.sort((left, right) => left.start - right.start || right.end - left.end);
  let told = "";
  let from = 0;
  for (const { start, end, kind } of found) {
    if (start < from) {
      from = Math.max(from, end);
      continue;
    }
    told += text.slice(from, start) + mask(text.slice(start, end), kind, start);
    from = end;
  }
  return told + text.slice(from);
}

/** Addresses of mail that name an identity: in an ARN, a principal id, or a member for who acted. */
function identitiesIn(value: Value, found = new Set<string>()): Set<string> {
  if (typeof value === "string") {
    for (const { groups } of value.matchAll(IDENTITY)) if (groups?.address) found.add(groups.address);
  } else if (Array.isArray(value)) {
    for (const item of value) identitiesIn(item, found);
  } else if (value !== null && typeof value === "object") {
    const isIdentity = IDENTITY_TYPES.has(String(value.entity_type));
    for (const [name, item] of Object.entries(value)) {
      if (IDENTITY_MEMBERS.has(name) || (name === "entity" && isIdentity)) {
        for (const text of [item].flat()) if (typeof text === "string") found.add(text);
      }
      identitiesIn(item as Value, found);
    }
  }
  return found;
}

function masked(value: Value, shown: Unmasked, identities: Set<string>, kind: string | undefined): Value {
  if (typeof value === "string") {
    if (value === "" || kind === undefined) return maskText(value, shown, identities);
    return mask(value, kind, 0);
  }
  if (Array.isArray(value)) return value.map((item) => masked(item, shown, identities, kind));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      maskText(name, shown, identities),
      masked(
        item as Value,
        shown,
        identities,
        kindOf(name, shown) ?? (kind === PROMPT && PLACE_MEMBERS.has(name) ? undefined : kind),
      ),
    ]),
  );
}

function kindOf(name: string, shown: Unmasked): string | undefined {
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  if (!shown.secrets && SECRET_MEMBER.test(plain)) return "secret";
  return !shown.prompts && PROMPT_MEMBERS.has(plain) ? PROMPT : undefined;
}

function mask(text: string, kind: string, offset: number): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const end = text.length >= 16 ? `, ends ${text.slice(-4)}` : "";
  return `[masked ${kind} at ${offset}, ${text.length.toLocaleString("en-US")} characters, sha256 ${digest}${end}]`;
}

/** True for 40 characters that no person made up: paths and words change less often between kinds of characters. */
function looksRandom(text: string): boolean {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  const kinds = text.replace(/[a-z]/g, "a").replace(/[A-Z]/g, "A").replace(/\d/g, "0");
  const changes = kinds.match(/(.)(?!\1|$)/g)?.length ?? 0;
  return changes >= 12 && new Set(text).size >= 18;
}

/** Do the digits add up as those of a card (ISO/IEC 7812-1, formula of Luhn)? */
function passesLuhn(text: string): boolean {
  const digits = [...text.replace(/\D/g, "")].reverse().map(Number);
  const sum = digits.reduce((total, digit, place) => {
    const counted = place % 2 === 0 ? digit : 2 * digit;
    return total + (counted > 9 ? counted - 9 : counted);
  }, 0);
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0;
}

/** Does the number of an account leave 1 when divided by 97 (ISO 13616)? */
function isAccountNumber(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  if (plain.length > 34) return false;
  const digits = `${plain.slice(4)}${plain.slice(0, 4)}`.replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return BigInt(digits) % 97n === 1n;
}
