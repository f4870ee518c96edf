import { invoke, messagesInput, messagesOutput, streamOutput } from "./bedrock.js";
import { MINUTE, utc } from "./clock.js";
import { recordOf } from "./cloudtrail.js";
import { type Numbering, sha256 } from "./identifier.js";
import { AGENT_OF, bearer, FEDERATED } from "./identity.js";
import type { Journal } from "./journal.js";
import { ACCOUNT, BUCKET, HOME, MODEL, WEST } from "./place.js";
import { rolePlay } from "./prompt.js";
import { touch } from "./s3-access.js";

// The resold access: three hours of role-play through the Bedrock API key, in two regions, and what goes on after the
// responders have switched the keys off.

const RESALE = bearer(AGENT_OF.aiohttp);
const MODEL_NAME: Record<string, string> = {
  [MODEL.opus]: "claude-3-opus-20240229",
  [MODEL.sonnet]: "claude-sonnet-4-20250514",
};

function play(
  journal: Journal,
  numbering: Numbering,
  at: number,
  k: number,
  model: string,
  servedBy?: string,
): void {
  const during = k < 1260;
  const input = during ? 3200 + (k % 9) * 150 : 3200;
  const output = during ? 900 + (k % 5) * 80 : 900;
  const text = rolePlay(k, during && k % 5 === 4, during && k % 20 === 19);
  invoke(journal, numbering, {
    at,
    caller: RESALE,
    model,
    operation: "InvokeModelWithResponseStream",
    bearer: true,
    ...(servedBy ? { servedBy } : {}),
    logged: {
      input: messagesInput(text.user, text.system),
      output: streamOutput(sha256(`play|${k}`).slice(0, 24), MODEL_NAME[model]!, text, input, output),
      inputTokens: input,
      outputTokens: output,
    },
  });
}

function resale(journal: Journal, numbering: Numbering): void {
  const start = utc("2026-03-11T10:40:00");
  let k = 0;
  for (let m = 0; m < 180; m++) {
    const minute = start + m * MINUTE;
    for (let j = 0; j < 7; j++, k++) {
      if (j < 6) play(journal, numbering, minute + 8 * j, k, MODEL.opus);
      else play(journal, numbering, minute + 8 * j, k, MODEL.sonnet, m % 2 === 0 ? WEST : "us-east-2");
    }
    for (let j = 0; j < 12; j++) {
      invoke(journal, numbering, {
        at: minute + 5 * j,
        caller: RESALE,
        model: MODEL.opus,
        region: WEST,
        operation: "InvokeModelWithResponseStream",
        bearer: true,
      });
    }
  }
  for (let j = 0; j < 90; j++) {
    invoke(journal, numbering, {
      at: start + 30 + 120 * j,
      caller: RESALE,
      model: MODEL.opus,
      region: WEST,
      operation: "InvokeModelWithResponseStream",
      bearer: true,
      error: ["ThrottlingException", "Too many requests, please wait before trying again."],
    });
  }
  const late = utc("2026-03-11T15:10:00");
  for (let i = 0; i < 31; i++) play(journal, numbering, late + i * MINUTE, 1260 + i, MODEL.opus);
}

function mantle(journal: Journal, numbering: Numbering): void {
  const project = `arn:aws:bedrock-mantle:${HOME}:${ACCOUNT}:project/proj_default`;
  for (let i = 0; i < 60; i++) {
    journal.event(
      recordOf(
        {
          at: utc("2026-03-11T13:00:00") + 30 * i,
          caller: bearer(AGENT_OF.openai),
          service: "bedrock-mantle",
          name: "CreateInference",
          data: true,
          write: true,
          request: { model: MODEL.mantle, stream: false, callWithBearerToken: true, bearerTokenType: "ABSK" },
          resources: [{ accountId: ACCOUNT, type: "AWS::BedrockMantle::Project", ARN: project }],
        },
        numbering,
      ),
    );
  }
}

/** Tells the resale, the calls through bedrock-mantle and the last calls of the federated session. */
export function invocations(journal: Journal, numbering: Numbering): void {
  resale(journal, numbering);
  mantle(journal, numbering);
  touch(journal, numbering, {
    at: utc("2026-03-11T15:20:00"),
    caller: FEDERATED,
    bucket: BUCKET.models,
    operation: "ListObjects",
    size: 6_412,
  });
  invoke(journal, numbering, {
    at: utc("2026-03-11T15:31:00"),
    caller: FEDERATED,
    model: MODEL.opus,
    operation: "InvokeModel",
    logged: {
      input: messagesInput("Write one sentence about the sea, please."),
      output: messagesOutput("fed0", "claude-3-opus-20240229", "The sea keeps its own hours.", 40, 20),
      inputTokens: 40,
      outputTokens: 20,
    },
  });
}
