import { recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Journal, Json } from "./journal.js";
import { HOME } from "./place.js";

// Console sign-ins (formats.md 1.2: a failure has an error message and no code).

function consoleLogin(
  numbering: Numbering,
  at: number,
  caller: Caller,
  success: boolean,
  mfa: boolean,
): Json {
  return recordOf(
    {
      at,
      caller: { ...caller, console: false },
      service: "signin",
      name: "ConsoleLogin",
      eventType: "AwsConsoleSignIn",
      response: { ConsoleLogin: success ? "Success" : "Failure" },
      additional: {
        LoginTo: `https://console.aws.amazon.com/console/home?region=${HOME}`,
        MobileVersion: "No",
        MFAUsed: mfa ? "Yes" : "No",
      },
    },
    numbering,
  );
}

/** A console sign-in; a failure has an error message and no code, as AWS writes it. */
export function signIn(
  journal: Journal,
  numbering: Numbering,
  at: number,
  caller: Caller,
  outcome: "failure" | "mfa" | "password",
): void {
  const record = consoleLogin(numbering, at, caller, outcome !== "failure", outcome === "mfa");
  journal.event(
    (outcome === "failure" ? { ...record, errorMessage: "Failed authentication" } : record) as never,
  );
}
