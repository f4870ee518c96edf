import yargs, { type Argv } from "yargs";
import { ColdtrailError, EXIT, type ExitCode } from "../errors.js";
// Not the index: help must not wait for everything that evidence needs.
import { errorCode, reasonOf } from "../evidence/failure.js";
import { COMMANDS } from "./commands.js";
import { safeText, type Terminal } from "./terminal.js";

/** Runs one command line and returns the exit code; the whole tool as a function of its arguments and a terminal. */
export async function main(args: string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const parser = yargs()
    .scriptName("coldtrail")
    .usage("$0 <command>\n\nOffline evidence analysis for incidents on AWS AI workloads.")
    .parserConfiguration({
      "camel-case-expansion": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
    })
    .exitProcess(false)
    .version(terminal.version)
    .help()
    .strict()
    .demandCommand(1, "Name a command; `coldtrail --help` lists them.")
    .recommendCommands()
    .completion("completion", "Print a script with which bash or zsh completes commands, options and ids")
    .wrap(110)
    .fail((message, error) => {
      throw error ?? new ColdtrailError("usage", message);
    });
  for (const command of COMMANDS) {
    parser.command(
      command.usage,
      command.about,
      (builder: Argv) => command.options(builder),
      async (options) => {
        exitCode = await command.run(options as never, terminal);
      },
    );
  }
  try {
    if (args[0] === COMPLETING) {
      const { completeIds } = await import("./completion.js");
      const ids = await completeIds(args.slice(2));
      // What is no id, yargs knows, and prints itself.
      if (ids !== undefined) {
        terminal.out(ids.map((id) => `${id}\n`).join(""));
        return EXIT.done;
      }
    }
    await parser.parseAsync(args, {}, (_error: unknown, _argv: unknown, output: string) => {
      if (output !== "") terminal.out(`${output}\n`);
    });
    return exitCode;
  } catch (error) {
    return report(error, terminal);
  }
}

/** How the script of `coldtrail completion` asks, with the words of the command line after it, `coldtrail` first. */
const COMPLETING = "--get-yargs-completions";

function report(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof ColdtrailError) {
    terminal.note(`coldtrail: ${safeText(error.message)}\n`);
    return error.exitCode;
  }
  if (terminal.signal.aborted) {
    terminal.note("coldtrail: interrupted\n");
    return EXIT.interrupted;
  }
  const trouble = machineTrouble(error);
  if (trouble !== undefined) {
    terminal.note(`coldtrail: ${safeText(trouble)}\n`);
    return EXIT.usage;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.note(
    `coldtrail: this is a bug of coldtrail, please report it with the lines below\n${safeText(text)}\n`,
  );
  return EXIT.bug;
}

/** Errors of the operating system that tell of the machine, wherever they come up, and never of our code. */
const MACHINE = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EFBIG", "EMFILE", "ENFILE"]);

function machineTrouble(error: unknown): string | undefined {
  if (!MACHINE.has(errorCode(error) ?? "")) return undefined;
  const { path } = error as NodeJS.ErrnoException;
  return `${path === undefined ? "" : `${path}: `}${reasonOf(error)}`;
}
