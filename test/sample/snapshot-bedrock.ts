import { localTime, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { roleArn } from "./identity.js";
import {
  ACCOUNT,
  AGENT,
  AGENT_ALIAS,
  arn,
  BUCKET,
  DATA_SOURCE,
  GUARDRAIL,
  HOME,
  KNOWLEDGE_BASE,
  MODEL,
  UNUSED_GUARDRAIL,
  WEST,
} from "./place.js";
import { BLOCKED_MESSAGE } from "./prompt.js";

// Bedrock before and after: logging by region, guardrails, agent, knowledge base (formats.md 7).

function logging(): unknown {
  return {
    loggingConfig: {
      cloudWatchConfig: {
        logGroupName: "/acme/bedrock/invocations",
        roleArn: roleArn("bedrock-logging"),
        largeDataDeliveryS3Config: { bucketName: BUCKET.bedrockLogs, keyPrefix: "" },
      },
      s3Config: { bucketName: BUCKET.bedrockLogs, keyPrefix: "" },
      textDataDeliveryEnabled: true,
      imageDataDeliveryEnabled: false,
      embeddingDataDeliveryEnabled: true,
      videoDataDeliveryEnabled: false,
    },
  };
}

function guardrail(id: string, name: string, attack: string, email: string, updated: number): unknown {
  return {
    name,
    guardrailId: id,
    guardrailArn: arn("bedrock", `guardrail/${id}`),
    version: "DRAFT",
    status: "READY",
    contentPolicy: {
      filters: [
        { type: "PROMPT_ATTACK", inputStrength: attack, outputStrength: "NONE" },
        { type: "HATE", inputStrength: "HIGH", outputStrength: "HIGH" },
        { type: "MISCONDUCT", inputStrength: "HIGH", outputStrength: "HIGH" },
      ],
    },
    sensitiveInformationPolicy: { piiEntities: [{ type: "EMAIL", action: email }], regexes: [] },
    createdAt: localTime(utc("2026-01-14T10:02:11")),
    updatedAt: localTime(updated),
    blockedInputMessaging: BLOCKED_MESSAGE,
    blockedOutputsMessaging: BLOCKED_MESSAGE,
  };
}

function guardrails(collection: Collection): void {
  const { after } = collection;
  const usedSince = utc(after ? "2026-03-11T10:18:00" : "2026-03-05T14:10:00");
  const unusedSince = utc("2026-01-20T09:00:00");
  const used = guardrail(
    GUARDRAIL,
    "support-assistant",
    after ? "NONE" : "HIGH",
    after ? "ANONYMIZE" : "BLOCK",
    usedSince,
  );
  const unused = guardrail(UNUSED_GUARDRAIL, "hr-assistant", "MEDIUM", "BLOCK", unusedSince);
  collection.keep("bedrock", "get-guardrail", GUARDRAIL, used);
  if (!after) collection.keep("bedrock", "get-guardrail", UNUSED_GUARDRAIL, unused);
  const summary = (id: string, name: string, updated: number) => ({
    id,
    arn: arn("bedrock", `guardrail/${id}`),
    status: "READY",
    name,
    version: "DRAFT",
    createdAt: localTime(utc("2026-01-14T10:02:11")),
    updatedAt: localTime(updated),
  });
  const summaries = [summary(GUARDRAIL, "support-assistant", usedSince)];
  if (!after) summaries.push(summary(UNUSED_GUARDRAIL, "hr-assistant", unusedSince));
  collection.keep("bedrock", "list-guardrails", undefined, { guardrails: summaries });
}

function agent(collection: Collection): void {
  collection.keep("bedrock-agent", "get-agent", AGENT, {
    agent: {
      agentId: AGENT,
      agentName: "support-agent",
      agentArn: arn("bedrock", `agent/${AGENT}`),
      agentVersion: "DRAFT",
      instruction:
        "Help customers of Acme with orders, returns and accounts. Mail a summary to the agent on duty.",
      agentStatus: "PREPARED",
      foundationModel: MODEL.haiku,
      idleSessionTTLInSeconds: 600,
      agentResourceRoleArn: roleArn("AmazonBedrockExecutionRoleForAgents_support"),
      guardrailConfiguration: { guardrailIdentifier: GUARDRAIL, guardrailVersion: "1" },
      createdAt: localTime(utc("2026-01-15T09:00:00")),
      updatedAt: localTime(utc("2026-02-10T09:00:00")),
    },
  });
  collection.keep("bedrock-agent", "list-agent-aliases", AGENT, {
    agentAliasSummaries: [
      {
        agentAliasId: AGENT_ALIAS,
        agentAliasName: "prod",
        routingConfiguration: [{ agentVersion: "4" }],
        agentAliasStatus: "PREPARED",
        createdAt: localTime(utc("2026-01-15T09:00:00")),
        updatedAt: localTime(utc("2026-02-10T09:00:00")),
      },
    ],
  });
  collection.keep("bedrock-agent", "get-agent-action-group", `${AGENT}.AGMAIL0001`, {
    agentActionGroup: {
      agentId: AGENT,
      agentVersion: "4",
      actionGroupId: "AGMAIL0001",
      actionGroupName: "mail",
      actionGroupExecutor: { lambda: arn("lambda", "function:support-mailer") },
      actionGroupState: "ENABLED",
      functionSchema: {
        functions: [{ name: "send_summary", parameters: { text: { type: "string", required: true } } }],
      },
      createdAt: localTime(utc("2026-01-15T09:20:00")),
      updatedAt: localTime(utc("2026-02-10T09:00:00")),
    },
  });
}

function knowledgeBase(collection: Collection): void {
  const times = {
    createdAt: localTime(utc("2026-01-14T11:00:00")),
    updatedAt: localTime(utc("2026-01-14T11:05:00")),
  };
  collection.keep("bedrock-agent", "get-knowledge-base", KNOWLEDGE_BASE, {
    knowledgeBase: {
      knowledgeBaseId: KNOWLEDGE_BASE,
      name: "kbdocs",
      knowledgeBaseArn: arn("bedrock", `knowledge-base/${KNOWLEDGE_BASE}`),
      roleArn: roleArn("AmazonBedrockExecutionRoleForKnowledgeBase_kbdocs"),
      knowledgeBaseConfiguration: {
        type: "VECTOR",
        vectorKnowledgeBaseConfiguration: {
          embeddingModelArn: `arn:aws:bedrock:${HOME}::foundation-model/amazon.titan-embed-text-v2:0`,
        },
      },
      storageConfiguration: {
        type: "OPENSEARCH_SERVERLESS",
        opensearchServerlessConfiguration: {
          collectionArn: `arn:aws:aoss:${HOME}:${ACCOUNT}:collection/kbdocs0acme`,
          vectorIndexName: "kbdocs",
          fieldMapping: { vectorField: "v", textField: "t", metadataField: "m" },
        },
      },
      status: "ACTIVE",
      ...times,
    },
  });
  collection.keep("bedrock-agent", "get-data-source", `${KNOWLEDGE_BASE}.${DATA_SOURCE}`, {
    dataSource: {
      knowledgeBaseId: KNOWLEDGE_BASE,
      dataSourceId: DATA_SOURCE,
      name: "policies",
      status: "AVAILABLE",
      dataSourceConfiguration: {
        type: "S3",
        s3Configuration: { bucketArn: `arn:aws:s3:::${BUCKET.kb}`, inclusionPrefixes: ["policies/"] },
      },
      dataDeletionPolicy: "RETAIN",
      ...times,
    },
  });
}

/** Keeps the Bedrock side of a collection. */
export function collectBedrock(collection: Collection): void {
  collection.keep("bedrock", "get-model-invocation-logging-configuration", undefined, logging(), HOME);
  const west = collection.after ? {} : logging();
  collection.keep("bedrock", "get-model-invocation-logging-configuration", undefined, west, WEST);
  guardrails(collection);
  agent(collection);
  knowledgeBase(collection);
}
