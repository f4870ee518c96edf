import { dayOf, HOUR, isWeekday, MINUTE } from "./clock.js";
import { recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import { BEDROCK_SERVICE, TOOL } from "./identity.js";
import type { Journal } from "./journal.js";
import { arn, HOME } from "./place.js";

// The agent's mail tool: Bedrock invokes the function, the function sends the mail.

/** Bedrock invokes the mail function of the agent. */
export function agentInvoke(journal: Journal, numbering: Numbering, at: number): void {
  const functionArn = arn("lambda", "function:support-mailer");
  journal.event(
    recordOf(
      {
        at,
        caller: BEDROCK_SERVICE,
        service: "lambda",
        name: "Invoke",
        data: true,
        write: true,
        request: {
          functionName: functionArn,
          sourceArn: arn("bedrock", "agent/AGENTACME1"),
          sourceAccount: "111122223333",
        },
        additional: { functionVersion: `${functionArn}:$LATEST` },
        resources: [{ accountId: "111122223333", type: "AWS::Lambda::Function", ARN: functionArn }],
      },
      numbering,
    ),
  );
}

/** The mail function sends one mail. */
export function sendMail(journal: Journal, numbering: Numbering, at: number, recipient: string): void {
  const name = numbering.next("ses-message");
  journal.event(
    recordOf(
      {
        at,
        caller: TOOL,
        service: "ses",
        name: "SendEmail",
        host: `email.${HOME}.amazonaws.com`,
        data: true,
        write: true,
        request: {
          fromEmailAddress: "support@acme.example",
          destination: { toAddresses: [recipient] },
          content: "HIDDEN_DUE_TO_SECURITY_REASONS",
        },
        response: { messageId: `0100018e${name.split("|")[1]!.padStart(8, "0")}-acme-000000` },
        resources: [
          {
            accountId: "111122223333",
            type: "AWS::SES::EmailIdentity",
            ARN: arn("ses", "identity/acme.example"),
          },
        ],
      },
      numbering,
    ),
  );
}

/** The agent of a weekday: four calls of the mail function, each with one mail to the own domain. */
export function agentHour(journal: Journal, numbering: Numbering, from: number): void {
  const day = dayOf(from);
  const hour = (from - day) / HOUR;
  if (!isWeekday(day) || (hour !== 11 && hour !== 12)) return;
  for (const at of [from, from + 30 * MINUTE]) {
    agentInvoke(journal, numbering, at);
    sendMail(journal, numbering, at + 2, "agent@acme.example");
  }
}
