import { env } from "node:process";
import { EXIT, type ExitCode } from "../../errors.js";
import {
  type AcquisitionResult,
  acquire,
  type Case,
  openCase,
  previewAcquisition,
  type S3Options,
} from "../../evidence/index.js";
import { byteText, countText } from "../output.js";
import { startProgress } from "../progress.js";
import { safeText, type Terminal } from "../terminal.js";

export interface AcquireOptions {
  case: string;
  source: string[];
  concurrency?: number;
  "dry-run"?: boolean;
  endpoint?: string;
  "path-style"?: boolean;
  profile?: string;
  region?: string;
  "request-payer"?: boolean;
  "role-arn"?: string;
  versions?: "current" | "all";
  include?: string[];
  exclude?: string[];
  "min-size"?: number;
  "max-size"?: number;
  from?: string;
  to?: string;
}

/** `coldtrail acquire`. What could not be had is said and does not stop the rest. */
export async function acquireSources(options: AcquireOptions, terminal: Terminal): Promise<ExitCode> {
  // The SDK's version is pinned; what its future versions will want of Node is not for the examiner's screen.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const held = await openCase(options.case);
  if (options["dry-run"] === true) return preview(held, options, terminal);
  const bar = startProgress(terminal, "acquire", "files");
  let result: AcquisitionResult;
  try {
    result = await acquire(held, options.source, {
      now: terminal.now,
      version: terminal.version,
      signal: terminal.signal,
      s3: s3Options(options),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      progress: ({ phase, files, bytes, totalFiles }) => {
        if (phase === "copy") bar.update({ done: files, total: totalFiles ?? files, bytes });
      },
    });
  } finally {
    bar.end();
  }
  for (const problem of result.problems) terminal.note(`${safeText(problem)}\n`);
  const outcomes = Object.entries(result.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  terminal.note(
    `sealed ${result.path}: ${countText(result.files, "file")}, ${byteText(result.bytes)} (${outcomes.join(", ")})\n`,
  );
  return EXIT.done;
}

async function preview(held: Case, options: AcquireOptions, terminal: Terminal): Promise<ExitCode> {
  const { objects, bytes, without, storageClasses } = await previewAcquisition(held, options.source, {
    signal: terminal.signal,
    s3: s3Options(options),
  });
  terminal.out(`${countText(objects, "object")}, ${byteText(bytes)} (${bytes} bytes)\n`);
  if (without > 0) terminal.out(`${without} without content (links, delete markers)\n`);
  for (const [name, count] of Object.entries(storageClasses).sort())
    terminal.out(`${count} in ${safeText(name)}\n`);
  return EXIT.done;
}

/** Only what was given, so that a command without any S3 option has none. */
function s3Options(options: AcquireOptions): S3Options {
  const named: Record<keyof Omit<S3Options, "patience">, unknown> = {
    endpoint: options.endpoint,
    pathStyle: options["path-style"],
    profile: options.profile,
    region: options.region,
    requestPayer: options["request-payer"],
    roleArn: options["role-arn"],
    versions: options.versions,
    include: options.include,
    exclude: options.exclude,
    minSize: options["min-size"],
    maxSize: options["max-size"],
    from: options.from,
    to: options.to,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
