import { createHash } from "node:crypto";

// Every id of the sample is a hash of a name and a running number, so that two runs give the same bytes.

const NAMESPACE = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** UUID version 5 (RFC 9562, section 5.5) of a name in the DNS namespace. */
export function uuid(name: string): string {
  const digest = createHash("sha1").update(NAMESPACE).update(name).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Lower-case hex SHA-256. */
export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The first characters of the base32 form of SHA-256, upper case. */
export function base32(name: string, length: number): string {
  const digest = createHash("sha256").update(name).digest();
  let text = "";
  for (let bit = 0; text.length < length; bit += 5) {
    const value = (digest[bit >> 3]! << 8) | (digest[(bit >> 3) + 1] ?? 0);
    text += BASE32[(value >> (11 - (bit & 7))) & 31];
  }
  return text;
}

/** An S3 request id: 16 upper-case characters. */
export function s3RequestId(name: string): string {
  return base32(name, 16);
}

/** An S3 host id (`x-amz-id-2`), which follows from the request id. */
export function s3HostId(requestId: string): string {
  return createHash("sha384").update(requestId).digest("base64");
}

/** A unique id of an IAM principal: `AROA…` for a role, `AIDA…` for a user, `ANPA…` for a policy. */
export function iamId(kind: "AROA" | "AIDA" | "ANPA", name: string): string {
  return kind + base32(`${kind}|${name}`, 17);
}

/** Running numbers by name; a scope keeps scaled workloads from shifting the numbers of the incident. */
export class Numbering {
  readonly #last = new Map<string, number>();
  readonly #scope: string;

  constructor(scope = "") {
    this.#scope = scope;
  }

  /** The name with its next number: `Converse|1`, `Converse|2` … */
  next(name: string): string {
    const number = (this.#last.get(name) ?? 0) + 1;
    this.#last.set(name, number);
    return `${this.#scope}${name}|${number}`;
  }
}
