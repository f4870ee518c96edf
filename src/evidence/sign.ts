import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ColdtrailError } from "../errors.js";
import { listAcquisitions } from "./artifact.js";
import { TAG_MANIFEST } from "./bag.js";
import type { Case } from "./case.js";
import { readCustody } from "./custody.js";
import { sha256 } from "./hash.js";

/** Detached Ed25519 signatures lie here, outside the bags, which are sealed. */
const SIGNATURES = "signatures";

/** Writes an Ed25519 key pair: `path` (PKCS#8 PEM, for its owner only) and `path.pub` (SubjectPublicKeyInfo PEM). */
export async function generateKeys(path: string): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const files = { privateKey: path, publicKey: `${path}.pub` };
  try {
    // The public key first: a key that cannot be checked by anyone is never left behind.
    await writeFile(files.publicKey, publicKey.export({ format: "pem", type: "spki" }), { flag: "wx" });
    const text = privateKey.export({ format: "pem", type: "pkcs8" });
    await writeFile(files.privateKey, text, { flag: "wx", mode: 0o600 }).catch(async (error: unknown) => {
      await rm(files.publicKey);
      throw error;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new ColdtrailError(
      "key-exists",
      `${path}: there is a key already; name another file, a key is never replaced`,
    );
  }
  return files;
}

/** One thing that is signed: what it is called, the file with the signed bytes, the file with the signature. */
export interface Signed {
  what: string;
  /** Relative to the case. */
  file: string;
  signature: string;
}

/** What `signCase` signed now, and the SHA-256 of the public key (SubjectPublicKeyInfo, DER) that checks it. */
export interface Signatures {
  publicKeySha256: string;
  /** `sha256` is that of the signature. */
  made: (Signed & { sha256: string })[];
}

/**
 * Signs the tag manifest of every bag (which carries the hashes of all the rest) and the head of the custody log, with
 * detached signatures that `openssl pkeyutl -verify -rawin` checks. What is signed already is left alone.
 */
export async function signCase(held: Case, keyFile: string): Promise<Signatures> {
  const key = await readKey(keyFile, createPrivateKey, "a private key in PEM");
  await mkdir(join(held.dir, SIGNATURES), { recursive: true });
  const made: Signatures["made"] = [];
  const add = async ({ what, file, signature }: Signed) => {
    const bytes = await signFile(held, { what, file, signature }, key);
    if (bytes !== null) made.push({ what, file, signature, sha256: sha256(bytes) });
  };
  for (const acquisition of await listAcquisitions(held)) await add(bagOf(acquisition));
  const head = await custodyHead(held);
  if (head !== null) {
    await writeFile(join(held.dir, head.file), head.text);
    await add(head);
  }
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  return { publicKeySha256: sha256(publicKey), made };
}

/** Checks every signature of the case with a public key; one sentence for each that does not hold, and for each bag without one. */
export async function verifySignatures(
  held: Case,
  keyFile: string,
): Promise<{ valid: Signed[]; problems: string[] }> {
  const key = await readKey(keyFile, createPublicKey, "a public key in PEM");
  const valid: Signed[] = [];
  const problems: string[] = [];
  for (const acquisition of await listAcquisitions(held)) {
    await check(held, bagOf(acquisition), key, valid, problems);
  }
  const lines = (await readFile(join(held.dir, "custody.jsonl"))).toString("utf8").split("\n");
  const heads = (await signatureFiles(held)).filter((name) => /^custody-\d+\.txt$/.test(name));
  if (heads.length === 0) problems.push("the custody log is not signed; run `coldtrail sign`");
  for (const name of heads) {
    const file = `${SIGNATURES}/${name}`;
    const signed = {
      what: `custody log up to entry ${Number(name.slice(8, -4))}`,
      file,
      signature: `${file}.sig`,
    };
    await check(held, signed, key, valid, problems);
    const text = await readFile(join(held.dir, file), "utf8");
    const line = lines[Number(/^entry: (\d+)$/m.exec(text)?.[1]) - 1];
    const hash = line === undefined ? "none" : sha256(Buffer.from(line));
    if (!text.includes(`sha256: ${hash}\n`)) {
      problems.push(
        `${file}: the entry of custody.jsonl that it names is not the one that was signed; the log was changed`,
      );
    }
  }
  return { valid, problems };
}

function bagOf(acquisition: string): Signed {
  const file = `evidence/${acquisition}/${TAG_MANIFEST}`;
  return { what: `bag ${acquisition}`, file, signature: `${SIGNATURES}/${acquisition}.${TAG_MANIFEST}.sig` };
}

/** The statement that stands for the log up to its last entry; every entry holds the hash of the one before. */
async function custodyHead(held: Case): Promise<(Signed & { text: string }) | null> {
  const last = (await readCustody(held)).at(-1);
  if (last === undefined) return null;
  const line = (await readFile(join(held.dir, "custody.jsonl"), "utf8")).split("\n")[last.seq - 1] ?? "";
  const file = `${SIGNATURES}/custody-${String(last.seq).padStart(6, "0")}.txt`;
  const text = `head of a coldtrail custody log\ncase: ${held.id}\nentry: ${last.seq}\nsha256: ${sha256(Buffer.from(line))}\n`;
  return { what: `custody log up to entry ${last.seq}`, file, signature: `${file}.sig`, text };
}

/** The signature that was made; null when there is one already. */
async function signFile(held: Case, { file, signature }: Signed, key: KeyObject): Promise<Buffer | null> {
  const path = join(held.dir, signature);
  const bytes = sign(null, await readFile(join(held.dir, file)), key);
  try {
    await writeFile(path, bytes, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return null;
    throw error;
  }
  await chmod(path, 0o444);
  return bytes;
}

async function check(
  held: Case,
  signed: Signed,
  key: KeyObject,
  valid: Signed[],
  problems: string[],
): Promise<void> {
  const bytes = await readFile(join(held.dir, signed.signature)).catch(() => null);
  if (bytes === null)
    problems.push(`${signed.what} is not signed (${signed.signature} is not there); run \`coldtrail sign\``);
  else if (verify(null, await readFile(join(held.dir, signed.file)), key, bytes)) valid.push(signed);
  else
    problems.push(
      `${signed.signature}: the signature does not fit ${signed.file} and this key; one of the three was changed`,
    );
}

async function signatureFiles(held: Case): Promise<string[]> {
  return (await readdir(join(held.dir, SIGNATURES)).catch(() => [])).sort();
}

async function readKey(
  file: string,
  create: (pem: Buffer) => KeyObject,
  expected: string,
): Promise<KeyObject> {
  let key: KeyObject;
  try {
    key = create(await readFile(file));
  } catch (error) {
    throw new ColdtrailError(
      "key-unusable",
      `${file}: expected is ${expected}, as \`coldtrail keygen\` writes it (${(error as Error).message})`,
    );
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new ColdtrailError(
    "key-unusable",
    `${file}: it is a key for ${key.asymmetricKeyType}, expected is Ed25519`,
  );
}
