import { createHash, createPublicKey, type KeyObject } from "node:crypto";

/** Public keys by fingerprint (lower-case hex MD5 of the DER bytes). */
export type PublicKeys = Map<string, KeyObject>;

/**
 * Reads the keys of a `list-public-keys` answer into the map. `Value` is DER in base64: PKCS#1 as CloudTrail gives it, or
 * SubjectPublicKeyInfo. A key whose fingerprint is not that of its bytes is not taken, and said in `problems`.
 */
export function readPublicKeys(json: unknown, keys: PublicKeys, problems: string[]): void {
  const list = ((json as Record<string, unknown> | null)?.PublicKeyList ??
    (json as Record<string, unknown> | null)?.publicKeyList) as unknown;
  if (!Array.isArray(list)) return;
  for (const entry of list as Record<string, unknown>[]) {
    const der = Buffer.from(String(entry.Value ?? entry.value ?? ""), "base64");
    const fingerprint = createHash("md5").update(der).digest("hex");
    const claimed = String(entry.Fingerprint ?? entry.fingerprint ?? fingerprint).toLowerCase();
    if (claimed !== fingerprint) {
      problems.push(`a public key claims the fingerprint ${claimed} and has ${fingerprint}; it was not used`);
      continue;
    }
    const key = decodeKey(der);
    if (key === null) problems.push(`public key ${fingerprint} is neither PKCS#1 nor SubjectPublicKeyInfo`);
    else keys.set(fingerprint, key);
  }
}

function decodeKey(der: Buffer): KeyObject | null {
  for (const type of ["pkcs1", "spki"] as const) {
    try {
      return createPublicKey({ key: der, format: "der", type });
    } catch {
      // The other form is tried.
    }
  }
  return null;
}
