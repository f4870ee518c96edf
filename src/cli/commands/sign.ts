import { EXIT, type ExitCode } from "../../errors.js";
import { appendCustody, generateKeys, openCase, signCase } from "../../evidence/index.js";
import type { Terminal } from "../terminal.js";

/** `coldtrail keygen`: an Ed25519 key pair for signing. */
export async function keygen(options: { file: string }, terminal: Terminal): Promise<ExitCode> {
  const { privateKey, publicKey } = await generateKeys(options.file);
  terminal.note(`${privateKey}: keep it to yourself; give ${publicKey} to whoever has to check\n`);
  return EXIT.done;
}

/** `coldtrail sign`: detached signatures for every bag and for the head of the custody log. */
export async function sign(options: { case: string; key: string }, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const { made, publicKeySha256 } = await signCase(held, options.key);
  for (const { what, file, signature } of made) terminal.note(`signed ${what}: ${file} → ${signature}\n`);
  if (made.length === 0) terminal.note("everything is signed already\n");
  else
    await appendCustody(
      held,
      { action: "sign", detail: { public_key_sha256: publicKeySha256, signed: made } },
      terminal,
    );
  return EXIT.done;
}
