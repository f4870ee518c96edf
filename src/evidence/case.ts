import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ColdtrailError, EXIT } from "../errors.js";
import { errorCode, explain, reasonOf } from "./failure.js";

/** A case folder that was opened: what `case.yaml` says, and where it is. Times are ISO 8601 in UTC. */
export interface Case {
  /** Absolute path of the case folder. */
  dir: string;
  id: string;
  title: string;
  examiner: string;
  organisation?: string;
  /** Time range of interest. */
  caseFrom?: string;
  caseTo?: string;
  /** Time range of known good behaviour. */
  baseFrom?: string;
  baseTo?: string;
  /** Accounts and regions in scope; empty means all. */
  accounts: string[];
  regions: string[];
}

const text = z
  .string({ error: ({ input }) => (input === undefined ? "is missing" : "must be plain text") })
  .trim();
const optionalText = text.transform((value) => (value === "" ? undefined : value)).optional();
const instant = text
  .refine((value) => value === "" || toInstant(value) !== undefined, {
    message: "is not a time; write it like 2026-03-01T00:00:00Z or 2026-03-01 (UTC)",
  })
  .transform((value) => (value === "" ? undefined : toInstant(value)))
  .optional();
const words = z
  .union([z.array(text), z.literal("").transform((): string[] => [])], {
    error: "must be a list, like [a, b]",
  })
  .default([]);

/** `case.yaml`; unknown keys are errors, so that a misspelt one is never ignored. */
const CASE_FILE = z
  .strictObject(
    {
      id: text.min(1, "is empty; give the case an id"),
      title: text.min(1, "is empty; give the case a title"),
      examiner: text.min(1, "is empty; name the examiner"),
      organisation: optionalText,
      case_from: instant,
      case_to: instant,
      base_from: instant,
      base_to: instant,
      accounts: words.refine((list) => list.every((account) => /^\d{12}$/.test(account)), {
        message: "holds something that is not an account; an account is 12 digits",
      }),
      regions: words,
    },
    {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? `holds keys that mean nothing here: ${issue.keys.join(", ")}`
          : "must hold at least id, title and examiner",
    },
  )
  .superRefine((file, context) => {
    for (const range of ["case", "base"] as const) {
      const [from, to] = [file[`${range}_from`], file[`${range}_to`]];
      if (from !== undefined && to !== undefined && from > to)
        context.addIssue({ code: "custom", path: [`${range}_from`], message: `is later than ${range}_to` });
    }
  });

/** ISO 8601 in UTC of a time with a zone or of a bare date; undefined for anything else (a time without zone is ambiguous). */
function toInstant(value: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}))?$/i.test(value))
    return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Opens the case in `dir`; `case-not-found` when the folder is none, `case-invalid` with everything that is wrong in `case.yaml`. */
export async function openCase(dir: string): Promise<Case> {
  const folder = resolve(dir);
  let content: string;
  try {
    content = await readFile(join(folder, "case.yaml"), "utf8");
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR")
      throw explain(error, "case-not-readable", join(folder, "case.yaml"));
    throw new ColdtrailError(
      "case-not-found",
      `${folder}: this is not a case folder (there is no case.yaml in it); name an existing case, or make one with: coldtrail init ${dir} --title "…" --examiner "…".`,
      EXIT.usage,
    );
  }
  let document: unknown;
  try {
    // Failsafe keeps every scalar a string: an account like 012345678901 must not become a number.
    document = parse(content, { schema: "failsafe" });
  } catch (error) {
    const problem = reasonOf(error).split("\n")[0]?.replace(/:$/, "") ?? "";
    throw invalid(folder, [`is not YAML: ${problem}`]);
  }
  return toCase(folder, document);
}

/** Checks the content of a `case.yaml` and gives the case; `case-invalid` with everything that is wrong in it. */
export function toCase(dir: string, document: unknown): Case {
  const checked = CASE_FILE.safeParse(document);
  if (!checked.success)
    throw invalid(
      dir,
      checked.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim()),
    );
  const file = checked.data;
  return {
    dir,
    id: file.id,
    title: file.title,
    examiner: file.examiner,
    ...(file.organisation === undefined ? {} : { organisation: file.organisation }),
    ...(file.case_from === undefined ? {} : { caseFrom: file.case_from }),
    ...(file.case_to === undefined ? {} : { caseTo: file.case_to }),
    ...(file.base_from === undefined ? {} : { baseFrom: file.base_from }),
    ...(file.base_to === undefined ? {} : { baseTo: file.base_to }),
    accounts: file.accounts,
    regions: file.regions,
  };
}

function invalid(folder: string, problems: string[]): ColdtrailError {
  return new ColdtrailError(
    "case-invalid",
    `${join(folder, "case.yaml")}: ${problems.join("; ")}; correct it and run the command again.`,
    EXIT.usage,
  );
}
