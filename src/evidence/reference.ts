/** One kind of knowledge that the analyst adds to a case, kept in `reference/<name>.csv`. */
export interface ReferenceTable {
  /** What a row states, in one sentence. */
  about: string;
  /** Column name → meaning, in the order of the file's header. */
  columns: Record<string, string>;
}

const NOTE = "free text: why you know it, where from";

/**
 * Every reference table by name. Classes are those of detections.md 0.4; every file is optional and an empty one
 * is said to be empty in the report.
 */
export const REFERENCE_TABLES: Record<string, ReferenceTable> = {
  principal: {
    about: "Identities whose role in the AI workload is known.",
    columns: {
      principal:
        "ARN of a user or role (the role, not the assumed-role session); `*` matches any run of characters",
      class:
        "one of ai_role, tool_role, agent_role, training_reader, training_writer, kb_writer, model_writer, log_reader, expected_ai_longterm, iam_automation, ai_admin, cspm, ci, pipeline, root_mgmt",
      note: NOTE,
    },
  },
  bucket: {
    about: "Buckets whose content is known.",
    columns: {
      bucket: "bucket name",
      class: "one of training, model, kb, log, bedrock_log, capture, private",
      note: NOTE,
    },
  },
  prefix: {
    about: "Prefixes inside buckets whose content differs from the rest of the bucket.",
    columns: {
      bucket: "bucket name",
      prefix: "key prefix, without a leading slash",
      class: "one of training, model, kb, log, bedrock_log, capture, private",
      note: NOTE,
    },
  },
  cidr: {
    about: "Networks whose owner is known.",
    columns: {
      cidr: "IPv4 or IPv6 network, for example 203.0.113.0/24",
      class: "one of corp, own_eip, own_vpc, aws_service, partner",
      note: NOTE,
    },
  },
  account: {
    about: "AWS accounts whose owner is known.",
    columns: { account: "12 digits", class: "one of org, vendor", note: NOTE },
  },
  region: {
    about: "Regions that the organisation uses or allows.",
    columns: { region: "region code, for example eu-central-1", class: "one of used, allowed", note: NOTE },
  },
  ioc: {
    about: "Indicators of compromise to look for.",
    columns: {
      kind: "one of ip, cidr, domain, user_agent, access_key, principal, sha256, model, bucket",
      value: "the indicator as it stands in the evidence",
      note: NOTE,
    },
  },
  price: {
    about: "Model prices for cost estimates.",
    columns: {
      model: "model id without version suffix, for example anthropic.claude-3-5-sonnet",
      region: "region code, or * for all",
      valid_from: "first day the price holds (UTC date)",
      input_per_million: "US dollars for a million input tokens",
      output_per_million: "US dollars for a million output tokens",
      cache_read_per_million: "US dollars for a million tokens read from the prompt cache",
      cache_write_per_million: "US dollars for a million tokens written to the prompt cache",
    },
  },
  hash: {
    about: "Known good SHA-256 of model artifacts and lifecycle scripts.",
    columns: {
      kind: "one of model, lcc",
      name: "artifact or lifecycle configuration name",
      sha256: "64 hexadecimal digits",
      note: NOTE,
    },
  },
  canary: {
    about: "Canary strings planted in data: seeing one in a prompt or an answer proves a leak.",
    columns: { value: "the string, exactly", note: NOTE },
  },
  design: {
    about: "What an AI application is designed to reach: anything else is excessive agency.",
    columns: {
      app: "application name",
      kind: "one of store, function, action",
      target: "ARN, bucket or function name, or API action that the application may use",
      note: NOTE,
    },
  },
  domain: {
    about: "Internet domains that are the organisation's own or allowed as destinations.",
    columns: { domain: "domain name, without a trailing dot", class: "one of own, allowed", note: NOTE },
  },
  inventory: {
    about: "Resources that belong to a generative-AI application.",
    columns: { app: "application name", resource: "ARN or identifier", note: NOTE },
  },
  classification: {
    about: "Sensitivity of single objects.",
    columns: {
      bucket: "bucket name",
      key: "object key",
      category: "data category, for example pii, phi, pci, secret",
      records: "number of persons or records in the object",
      note: NOTE,
    },
  },
  event_class: {
    about: "API actions classified beyond the built-in sets.",
    columns: {
      event_source: "for example sagemaker.amazonaws.com",
      event_name: "for example CreateModel",
      class: "class name used by your own queries",
      note: NOTE,
    },
  },
  geo: {
    about: "Where networks are, for travel and country checks without a network.",
    columns: {
      cidr: "IPv4 or IPv6 network",
      country: "ISO 3166-1 alpha-2 code",
      city: "city name",
      latitude: "decimal degrees, north positive",
      longitude: "decimal degrees, east positive",
    },
  },
  acl: {
    about: "Who may read which document of a knowledge base.",
    columns: { document: "document URI or key", principal: "ARN or group that may read it", note: NOTE },
  },
  allow: {
    about: "Known noise: findings that match are shown as suppressed and stay countable.",
    columns: {
      detection: "detection id; `*` matches any run of characters",
      entity: "entity of the finding; `*` matches any run of characters",
      valid_from: "first instant the row holds (UTC), empty for always",
      valid_to: "last instant the row holds (UTC), empty for ever",
      reason: "why this is known noise",
      ticket: "where it was decided",
    },
  },
};

/** Header row of a reference table as it stands in a fresh case. */
export function referenceHeader(table: ReferenceTable): string {
  return `${Object.keys(table.columns).join(",")}\n`;
}

/** The page that explains every reference file and column, written into each case as `reference/README.md`. */
export function referenceGuide(): string {
  const page = [
    "# Reference tables",
    "",
    "What you know and the evidence does not say. Every file is optional; fill the rows you can and leave the header",
    "as it is. Comma-separated, UTF-8, values with a comma or a quote in double quotes. After a change run `ingest`",
    "again: it reads these files, not the evidence.",
  ];
  for (const [name, table] of Object.entries(REFERENCE_TABLES)) {
    page.push("", `## ${name}.csv`, "", table.about, "", "| column | meaning |", "|---|---|");
    for (const [column, meaning] of Object.entries(table.columns)) page.push(`| ${column} | ${meaning} |`);
  }
  return `${page.join("\n")}\n`;
}
