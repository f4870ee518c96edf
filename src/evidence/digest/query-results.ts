import { z } from "zod";
import { checkRsa } from "./digest-file.js";
import { baseName, contentOf, type HeldFile } from "./held-file.js";
import type { SideFiles } from "./side-files.js";
import { type Judged, MOVED, notCovered, Verdicts } from "./verdict.js";

/** What a sign file of CloudTrail Lake says of the results of one query, with the verdicts on it and on them. */
export interface QueryResults {
  /** From the path `AWSLogs/<account>/CloudTrail-Lake/…`; null elsewhere. */
  account: string | null;
  region: string | null;
  sign: Judged;
  results: Judged[];
}

/** `result_sign.json`; unknown keys are left alone. */
const SIGN_FILE = z.looseObject({
  region: z.string().nullish(),
  files: z.array(z.looseObject({ fileHashValue: z.string(), fileName: z.string() })),
  hashAlgorithm: z.literal("SHA-256").nullish(),
  signatureAlgorithm: z.literal("SHA256withRSA").nullish(),
  hashSignature: z.string(),
  publicKeyFingerprint: z.string(),
});

type SignFile = z.infer<typeof SIGN_FILE>;

/** Not the file itself, which may hold the bytes of a zip's member. */
type Result = Pick<HeldFile, "name" | "path" | "sha256">;

/** Files of saved query results. The hashes are of the files as CloudTrail wrote them, compressed. */
const RESULT = /(?:^|\/)result_\d+\.csv(?:\.gz)?$/;
const SIGN = /(?:^|\/)result_sign\.json$/;

/** Whether the validation of query results wants to see a file of this name. */
export function isQueryFile(name: string): boolean {
  return RESULT.test(name) || SIGN.test(name);
}

/**
 * Validates saved results of CloudTrail Lake queries by the rules of `aws cloudtrail verify-query-results`: the signature is
 * RSASSA-PKCS1-v1_5 with SHA-256 over the hashes of all result files, joined by one space each. Format: AWS CloudTrail user
 * guide, "CloudTrail sign file structure".
 */
export class QueryResultFiles {
  readonly #byName = new Map<string, Result[]>();
  readonly #byHash = new Map<string, Result>();
  readonly #signs: { file: Pick<HeldFile, "name" | "path">; content: SignFile | string }[] = [];

  async add(file: HeldFile): Promise<void> {
    const { name, path, sha256 } = file;
    if (SIGN.test(name)) this.#signs.push({ file: { name, path }, content: await readSignFile(file) });
    else {
      const result = { name, path, sha256 };
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), result]);
      this.#byHash.set(sha256, result);
    }
  }

  /** The verdicts, sign file by sign file, and the results that no sign file lists. */
  judge(side: SideFiles): { signed: QueryResults[]; notCovered: Judged[] } {
    const listed = new Set<string>();
    const signed = this.#signs.map(({ file, content }): QueryResults => {
      const account = /(?:^|\/)AWSLogs\/(\d{12})\//.exec(file.name)?.[1] ?? null;
      const sign = judgeSignFile(file, content, side);
      if (typeof content === "string") return { account, region: null, sign, results: [] };
      const results = new Verdicts();
      for (const { fileName, fileHashValue } of content.files)
        for (const judged of this.#judgeResult(file, fileName, fileHashValue.toLowerCase(), sign, listed))
          results.add(judged);
      return { account, region: content.region ?? null, sign, results: results.all };
    });
    const results = [...this.#byName.values()].flat();
    return { signed, notCovered: notCovered(results, listed, "no result_sign.json lists it") };
  }

  #judgeResult(
    sign: Pick<HeldFile, "name">,
    fileName: string,
    hash: string,
    { verdict: worth }: Judged,
    listed: Set<string>,
  ): Judged[] {
    const object = sign.name.slice(0, -baseName(sign.name).length) + fileName;
    const inPlace = this.#byName.get(object) ?? [];
    const elsewhere = this.#byHash.get(hash);
    const copies = inPlace.length > 0 || elsewhere === undefined ? inPlace : [elsewhere];
    if (copies.length === 0) {
      const inflated = this.#byName.get(object.replace(/\.gz$/, ""))?.[0];
      if (inflated !== undefined) listed.add(inflated.name);
      const reason =
        inflated === undefined
          ? "it is not in the evidence"
          : "only an inflated copy is in the evidence, and the signature is over the compressed file";
      return [{ object, path: inflated?.path ?? null, verdict: "missing", reason }];
    }
    return copies.map((copy): Judged => {
      listed.add(copy.name);
      const judged = (verdict: Judged["verdict"], reason: string | null) => ({
        object,
        path: copy.path,
        verdict,
        reason,
      });
      if (worth === "invalid") return judged("unverifiable", "the result_sign.json that lists it is invalid");
      if (copy.sha256 !== hash)
        return judged("invalid", `its sha256 is ${copy.sha256}, result_sign.json says ${hash}`);
      if (worth === "unverifiable")
        return judged(
          "unverifiable",
          "its hash is the one that result_sign.json says, and that cannot be verified",
        );
      return copy.name === object ? judged("valid", null) : judged("valid-moved", MOVED);
    });
  }
}

async function readSignFile(file: HeldFile): Promise<SignFile | string> {
  const { bytes, problem } = await contentOf(file);
  if (problem !== null) return problem;
  try {
    const parsed = SIGN_FILE.safeParse(JSON.parse(bytes.toString("utf8")));
    if (parsed.success) return parsed.data;
    return `it is no sign file of this kind: ${z.prettifyError(parsed.error).split("\n")[0]}`;
  } catch {
    return "it is not JSON";
  }
}

function judgeSignFile(
  { name, path }: Pick<HeldFile, "name" | "path">,
  content: SignFile | string,
  side: SideFiles,
): Judged {
  const judged = (verdict: Judged["verdict"], reason: string | null): Judged => ({
    object: name,
    path,
    verdict,
    reason,
  });
  if (typeof content === "string") return judged("invalid", content);
  const key = side.keys.get(content.publicKeyFingerprint.toLowerCase());
  if (key === undefined)
    return judged(
      "unverifiable",
      `the public key ${content.publicKeyFingerprint} is not in the evidence; collect it with list-public-keys`,
    );
  const signed = content.files.map(({ fileHashValue }) => fileHashValue).join(" ");
  const flaw = checkRsa(signed, content.hashSignature, key);
  return flaw === null ? judged("valid", null) : judged("invalid", flaw);
}
