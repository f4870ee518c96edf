import { iso } from "./clock.js";
import { type CloudTrailRecord, recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Journal, Json } from "./journal.js";
import { ACCOUNT, BUCKET, GUARDRAIL, HOME } from "./place.js";
import type { Exchange, RolePlay } from "./prompt.js";

// One call of a model leaves a CloudTrail event and, while logging is on in its region, a record of the invocation log
// (formats.md 5) with the same request id.

/** A call of a model. */
export interface Invocation {
  readonly at: number;
  readonly caller: Caller;
  readonly model: string;
  readonly region?: string;
  readonly operation: "Converse" | "InvokeModel" | "InvokeModelWithResponseStream";
  readonly error?: readonly [code: string, message: string];
  readonly bearer?: boolean;
  /** The region that served a cross-region profile. */
  readonly servedBy?: string;
  /** Absent where invocation logging is off. */
  readonly logged?: {
    readonly input: Json;
    readonly output?: unknown;
    readonly inputTokens?: number;
    readonly outputTokens?: number;
    readonly metadata?: Json;
    /** True when the request body is over 100 KB and goes to `data/`. */
    readonly large?: boolean;
  };
}

/** Folder of the invocation log of an hour, without the bucket. */
export function logFolder(region: string, second: number): string {
  const time = iso(second);
  return `AWSLogs/${ACCOUNT}/BedrockModelInvocationLogs/${region}/${time.slice(0, 10).replaceAll("-", "/")}/${time.slice(11, 13)}`;
}

/** Writes the traces of a call and returns the CloudTrail record. */
export function invoke(journal: Journal, numbering: Numbering, call: Invocation): CloudTrailRecord {
  const region = call.region ?? HOME;
  const additional = {
    ...(call.bearer ? { callWithBearerToken: true } : {}),
    ...(call.servedBy ? { inferenceRegion: call.servedBy } : {}),
  };
  const record = recordOf(
    {
      at: call.at,
      caller: call.caller,
      service: "bedrock",
      name: call.operation,
      region,
      request: { modelId: call.model },
      ...(call.error ? { error: call.error } : {}),
      ...(Object.keys(additional).length > 0 ? { additional } : {}),
    },
    numbering,
  );
  journal.event(record);
  const { logged } = call;
  if (logged) {
    const requestId = record.requestID;
    const large = logged.large === true;
    journal.invocation({
      at: call.at,
      region,
      requestId,
      record: {
        schemaType: "ModelInvocationLog",
        schemaVersion: "1.0",
        timestamp: iso(call.at),
        accountId: ACCOUNT,
        identity: { arn: call.caller.arn },
        region,
        requestId,
        operation: call.operation,
        modelId: call.model,
        ...(call.error ? { errorCode: call.error[0] } : {}),
        ...(call.servedBy ? { inferenceRegion: call.servedBy } : {}),
        ...(logged.metadata ? { requestMetadata: logged.metadata } : {}),
        input: {
          inputContentType: "application/json",
          ...(large
            ? {
                inputBodyS3Path: `s3://${BUCKET.bedrockLogs}/${logFolder(region, call.at)}/data/${requestId}_input.json.gz`,
              }
            : { inputBodyJson: logged.input }),
          ...(logged.inputTokens === undefined ? {} : { inputTokenCount: logged.inputTokens }),
        },
        ...(logged.output === undefined
          ? {}
          : {
              output: {
                outputContentType: "application/json",
                outputBodyJson: logged.output,
                ...(logged.outputTokens === undefined ? {} : { outputTokenCount: logged.outputTokens }),
              },
            }),
      },
      ...(large ? { largeInput: logged.input } : {}),
    });
  }
  return record;
}

const GUARDED = { guardrailIdentifier: GUARDRAIL, guardrailVersion: "1", trace: "enabled" };

/** A Converse request of the support assistant; an attachment makes it large. */
export function converseInput(system: string, exchange: Exchange, attachment?: string): Json {
  return {
    messages: [
      {
        role: "user",
        content: [
          { text: exchange.context },
          ...(attachment ? [{ text: attachment }] : []),
          { text: exchange.question },
        ],
      },
    ],
    system: [{ text: system }],
    inferenceConfig: { maxTokens: 512, temperature: 0.2 },
    guardrailConfig: GUARDED,
  };
}

/** A Converse request with one plain turn. */
export function converseTurn(system: string, text: string): Json {
  return {
    messages: [{ role: "user", content: [{ text }] }],
    system: [{ text: system }],
    inferenceConfig: { maxTokens: 512, temperature: 0.2 },
    guardrailConfig: GUARDED,
  };
}

/** A Converse response; latency follows from the length, as in the rest of the sample. */
export function converseOutput(text: string, inputTokens: number, outputTokens: number): Json {
  return {
    output: { message: { role: "assistant", content: [{ text }] } },
    stopReason: "end_turn",
    metrics: { latencyMs: 700 + outputTokens * 4 },
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  };
}

/** A Converse response in which the guardrail stopped a prompt attack. */
export function blockedOutput(message: string, inputTokens: number): Json {
  const filter = {
    type: "PROMPT_ATTACK",
    confidence: "HIGH",
    filterStrength: "HIGH",
    action: "BLOCKED",
    detected: true,
  };
  return {
    ...converseOutput(message, inputTokens, 0),
    stopReason: "guardrail_intervened",
    trace: {
      guardrail: {
        inputAssessment: { [GUARDRAIL]: { contentPolicy: { filters: [filter] } } },
        actionReason: "Guardrail blocked.",
      },
    },
  };
}

/** An Anthropic Messages request. */
export function messagesInput(user: string, system?: string): Json {
  return {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 2048,
    ...(system ? { system } : {}),
    messages: [{ role: "user", content: [{ type: "text", text: user }] }],
  };
}

/** An Anthropic Messages response. */
export function messagesOutput(
  id: string,
  model: string,
  text: string,
  inputTokens: number,
  outputTokens: number,
): Json {
  return {
    id: `msg_bdrk_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
  };
}

/** The chunks of an Anthropic stream, as InvokeModelWithResponseStream is logged. */
export function streamOutput(
  id: string,
  model: string,
  play: RolePlay,
  inputTokens: number,
  outputTokens: number,
): Json[] {
  const third = Math.ceil(play.reply.length / 3);
  const pieces = [
    play.reply.slice(0, third),
    play.reply.slice(third, 2 * third),
    play.reply.slice(2 * third),
  ];
  const latency = 700 + outputTokens * 4;
  return [
    {
      type: "message_start",
      message: {
        id: `msg_bdrk_${id}`,
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: inputTokens, output_tokens: 1 },
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...pieces.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    {
      type: "message_stop",
      "amazon-bedrock-invocationMetrics": {
        inputTokenCount: inputTokens,
        outputTokenCount: outputTokens,
        invocationLatency: latency,
        firstByteLatency: 700,
      },
    },
  ];
}
