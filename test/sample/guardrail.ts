import { recordOf } from "./cloudtrail.js";
import type { Numbering } from "./identifier.js";
import type { Caller } from "./identity.js";
import type { Json } from "./journal.js";
import { arn, GUARDRAIL } from "./place.js";
import { BLOCKED_MESSAGE } from "./prompt.js";

// Changes of the guardrail in use.

/** Settings of the guardrail in use, before and after a change. */
function guardrailRequest(attack: string, email: string): Json {
  return {
    guardrailIdentifier: GUARDRAIL,
    name: "support-assistant",
    contentPolicyConfig: {
      filtersConfig: [
        { type: "PROMPT_ATTACK", inputStrength: attack, outputStrength: "NONE" },
        { type: "HATE", inputStrength: "HIGH", outputStrength: "HIGH" },
        { type: "MISCONDUCT", inputStrength: "HIGH", outputStrength: "HIGH" },
      ],
    },
    sensitiveInformationPolicyConfig: { piiEntitiesConfig: [{ type: "EMAIL", action: email }] },
    blockedInputMessaging: BLOCKED_MESSAGE,
    blockedOutputsMessaging: BLOCKED_MESSAGE,
  };
}

/** UpdateGuardrail of the guardrail in use. */
export function updateGuardrail(
  caller: Caller,
  at: number,
  attack: string,
  email: string,
  numbering: Numbering,
) {
  return recordOf(
    {
      at,
      caller,
      service: "bedrock",
      name: "UpdateGuardrail",
      write: true,
      request: guardrailRequest(attack, email),
      response: {
        guardrailId: GUARDRAIL,
        guardrailArn: arn("bedrock", `guardrail/${GUARDRAIL}`),
        version: "DRAFT",
        updatedAt: new Date(at * 1000).toISOString(),
      },
    },
    numbering,
  );
}
