import { blockedOutput, converseOutput, converseTurn, invoke } from "./bedrock.js";
import { dayOf, HOUR, isWeekday, MINUTE, utc } from "./clock.js";
import { recordOf } from "./cloudtrail.js";
import { updateGuardrail } from "./guardrail.js";
import type { Numbering } from "./identifier.js";
import { ALICE, BOB, CAROL, type Caller, CI, NB, RT } from "./identity.js";
import type { Journal } from "./journal.js";
import { ADDRESS, arn, BUCKET, ENI, HOME, MODEL, NOTEBOOK, PART_BYTES, partKey, SUBNET } from "./place.js";
import { BLOCKED_MESSAGE, RED_TEAM_REFUSAL, redTeamPrompt, SUPPORT_SYSTEM } from "./prompt.js";
import { touch } from "./s3-access.js";
import { signIn } from "./sign-in.js";

// People, the notebook and the single events of the ordinary days (detections.md D.4).

const SAGEMAKER_HOST = `api.sagemaker.${HOME}.amazonaws.com`;

/** The notebook: one flow to the package mirror a day, and two sessions that read a part of the training set. */
export function notebookHour(journal: Journal, numbering: Numbering, from: number): void {
  const day = dayOf(from);
  if (from - day === 10 * HOUR) {
    journal.flow({
      start: from,
      end: from + MINUTE,
      eni: ENI.notebook,
      status: "OK",
      source: ADDRESS.notebook,
      target: ADDRESS.mirror,
      sourcePort: 51_044,
      targetPort: 443,
      packets: 700,
      bytes: 900_000,
      subnet: SUBNET.app,
      path: 8,
    });
  }
  const reads = [utc("2026-03-03T09:40:00"), utc("2026-03-09T09:40:00")];
  const start = reads.find((at) => at >= from && at < from + HOUR);
  if (start === undefined) return;
  for (let part = 0; part < 60; part++) {
    const caller = quoted(start, part);
    touch(journal, numbering, {
      at: start + part * 5,
      caller,
      bucket: BUCKET.training,
      key: partKey(part),
      operation: "GetObject",
      size: PART_BYTES,
    });
  }
}

/** Five reads carry a user agent with quotes, which S3 writes into its log unescaped. */
function quoted(start: number, part: number): Caller {
  const agents: Record<number, string> = {
    7: 'Boto3/1.33.12 "awswrangler" Botocore/1.33.12',
    19: '"pandas" s3fs/2024.2.0',
    31: 's3fs/2024.2.0 "research"',
    43: 'Boto3/1.33.12 exec "nb-research-01" "alice"',
    55: '"',
  };
  const agent = start === utc("2026-03-03T09:40:00") ? agents[part] : undefined;
  return agent ? { ...NB, agent } : NB;
}

/** The ML engineer opens the notebook and looks at the training job of the night. */
export function humanHour(journal: Journal, numbering: Numbering, from: number): void {
  const day = dayOf(from);
  if (!isWeekday(day) || from - day !== 9 * HOUR) return;
  journal.event(
    recordOf(
      {
        at: from + 30 * MINUTE,
        caller: ALICE,
        service: "sagemaker",
        name: "CreatePresignedNotebookInstanceUrl",
        host: SAGEMAKER_HOST,
        write: true,
        request: { notebookInstanceName: NOTEBOOK },
        response: { authorizedUrl: "HIDDEN_DUE_TO_SECURITY_REASONS" },
      },
      numbering,
    ),
  );
  const omitted = day === utc("2026-03-05");
  journal.event(
    recordOf(
      {
        at: from + 35 * MINUTE,
        caller: ALICE,
        service: "sagemaker",
        name: "DescribeTrainingJob",
        host: SAGEMAKER_HOST,
        request: omitted
          ? { omitted: true, originalSize: 104_211, reason: "requestParameters too large" }
          : {
              trainingJobName: `churn-train-${new Date(day * 1000).toISOString().slice(0, 10).replaceAll("-", "")}`,
            },
      },
      numbering,
    ),
  );
}

function redTeam(journal: Journal, numbering: Numbering): void {
  const start = utc("2026-03-06T10:00:00");
  for (let n = 0; n < 25; n++) {
    const tokens = 140 + n;
    const last = n === 24;
    invoke(journal, numbering, {
      at: start + n * 45,
      caller: RT,
      model: MODEL.haiku,
      operation: "Converse",
      logged: {
        input: converseTurn(SUPPORT_SYSTEM, redTeamPrompt(n)),
        output: last ? converseOutput(RED_TEAM_REFUSAL, tokens, 24) : blockedOutput(BLOCKED_MESSAGE, tokens),
        inputTokens: tokens,
        outputTokens: last ? 24 : 0,
      },
    });
  }
}

/** What happens once on the ordinary days; told before the hours are delivered. */
export function singles(journal: Journal, numbering: Numbering): void {
  signIn(journal, numbering, utc("2026-03-04T08:30:00"), CAROL, "mfa");
  signIn(journal, numbering, utc("2026-03-10T08:40:00"), CAROL, "mfa");
  journal.event(
    recordOf(
      {
        at: utc("2026-03-05T14:00:00"),
        caller: CI,
        service: "lambda",
        name: "UpdateFunctionCode20150331v2",
        write: true,
        request: { functionName: "support-mailer", publish: false, dryRun: false },
        response: {
          functionName: "support-mailer",
          functionArn: arn("lambda", "function:support-mailer"),
          role: "arn:aws:iam::111122223333:role/support-agent-tool-lambda",
          timeout: 120,
          runtime: "python3.12",
        },
      },
      numbering,
    ),
  );
  journal.event(updateGuardrail(CI, utc("2026-03-05T14:10:00"), "HIGH", "BLOCK", numbering));
  redTeam(journal, numbering);
  signIn(journal, numbering, utc("2026-03-09T08:56:00"), BOB, "failure");
  signIn(journal, numbering, utc("2026-03-09T08:57:00"), BOB, "failure");
  signIn(journal, numbering, utc("2026-03-09T08:58:00"), BOB, "mfa");
}

/** Interfaces without traffic, on an idle interface only: 40 NODATA and 6 SKIPDATA lines. */
export function idleHour(journal: Journal, from: number): void {
  const day = dayOf(from);
  if (day === PARQUET_DAY || day < utc("2026-03-01")) return;
  const idle = { eni: ENI.idle, subnet: SUBNET.app } as const;
  const hour = (from - day) / HOUR;
  if (hour === 5) {
    for (let i = 0; i < 4; i++) {
      journal.flow({ ...idle, start: from + i * MINUTE, end: from + (i + 1) * MINUTE, status: "NODATA" });
    }
  }
  const skipped = ["2026-03-02", "2026-03-04", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"];
  if (hour === 6 && skipped.some((text) => utc(text) === day)) {
    journal.flow({ ...idle, start: from, end: from + MINUTE, status: "SKIPDATA" });
  }
}

/** The day whose flow logs are delivered as Parquet; nothing happens on it. */
export const PARQUET_DAY = utc("2026-03-08");
