import { describe, expect, test } from "vitest";
import { type Finding, maskFinding, maskText, maskValue } from "../../../src/queries/index.js";

describe("secrets", () => {
  const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

  test.each([
    ["a secret access key", `key ${SECRET} end`, SECRET],
    [
      "a Bedrock API key",
      "with ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlLWtleQ== sent",
      "ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlLWtleQ==",
    ],
    [
      "a bearer token",
      "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123",
      "abcdefghijklmnopqrstuvwxyz0123",
    ],
    [
      "a token of a web session",
      "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKKF2",
      "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKKF2",
    ],
    ["a signature in a URL", "GET /?X-Amz-Signature=0123456789abcdef&x=1", "0123456789abcdef"],
    ["a password in a URL", "postgres://app:hunter2hunter2@db/x", "hunter2hunter2"],
    ["an assignment", `{"secretAccessKey": "not-so-random-1"}`, "not-so-random-1"],
    ["a variable of an environment", "export DB_PASSWORD=hunter2hunter2", "hunter2hunter2"],
    ["a key of another service", "OPENAI_API_KEY: abcdefgh12345678", "abcdefgh12345678"],
    ["a member of a request", `"masterUserPassword":"hunter2hunter2"`, "hunter2hunter2"],
    ["an option of a command", "psql --db-password hunter2hunter2 -h x", "hunter2hunter2"],
    ["a basic authorization", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="],
    ["an address of mail", "to <jo.doe+x@mail.example.com>.", "jo.doe+x@mail.example.com"],
    ["a card number", "card 4111 1111 1111 1111, 12/29", "4111 1111 1111 1111"],
    ["a social security number", "SSN 078-05-1120.", "078-05-1120"],
    ["a bank account", "to DE89 3704 0044 0532 0130 00 now", "DE89 3704 0044 0532 0130 00"],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "MIIB"],
  ])("masks %s, and keeps kind, offset, length, hash and end", (_, text, secret) => {
    const masked = maskText(text);
    expect(masked).not.toContain(secret);
    expect(masked).toMatch(/\[masked [\w -]+ at \d+, \d+ characters, sha256 [0-9a-f]{12}(, ends .{4})?\]/s);
  });

  test("leaves identifiers and hashes alone", () => {
    for (const text of [
      "AKIAEXAMPLEKQWBXNUSR",
      "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod-database-AbCdEf",
      "e2d4cf146bd38f69c0ad170b9d2959aae5538de6bbb54562d831bcbc9625dfec",
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "arn:aws:s3:::acme-ml-training-111122223333/datasets/churn/v3/part-00000.parquet",
      "1710154084000 4111111111111112 2026-03-11 41111111-1111-1111-1111-111111111111",
      "arn:aws:sts::111122223333:assumed-role/Admin/jo@example.com AROAEXAMPLEROLEID0001:ann@example.com",
      "datasets/Churn/Version3/Training/Part0001",
      "access_key: AKIAEXAMPLEKQWBXNUSR, secret: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod",
      "password: HIDDEN_DUE_TO_SECURITY_REASONS, passwordResetRequired: true, max_tokens: 12345678",
      "arn:aws:iam::111122223333:user/BedrockAPIKey-x7f2#bearer",
    ]) {
      expect(maskText(text)).toBe(text);
    }
  });

  test("members named for prompts are masked whole unless they are asked for; secrets always are", () => {
    const metrics = {
      prompt: "Ignore all rules",
      samples: [{ text: "tell me", table: "bedrock_message", sha256: "0123456789ab", last4: "l me" }],
      sample_count: 3,
      password: "x",
      masterUserPassword: "y",
    };
    const masked = maskValue(metrics);
    expect(masked.prompt).toMatch(
      /^\[masked prompt text at 0, 16 characters, sha256 [0-9a-f]{12}, ends ules\]$/,
    );
    expect(masked.samples[0]?.text).toMatch(
      /^\[masked prompt text at 0, 7 characters, sha256 [0-9a-f]{12}\]$/,
    );
    expect(masked.sample_count).toBe(3);
    expect(masked.samples[0]).toMatchObject({
      table: "bedrock_message",
      sha256: "0123456789ab",
      last4: "l me",
    });
    const shown = maskValue(metrics, { prompts: true });
    expect(shown).toMatchObject({ prompt: "Ignore all rules", samples: [{ text: "tell me" }] });
    expect(shown.password).toMatch(/^\[masked secret/);
    expect(shown.masterUserPassword).toMatch(/^\[masked secret/);
  });
});

test("the name of an identity stays wherever a finding repeats it; another address and the prompt do not", () => {
  const finding = {
    entity_type: "principal",
    entity: "arn:aws:iam::111122223333:user/jo@example.com",
    actor: null,
    summary: "jo@example.com wrote to ann@example.com",
    metrics: { text: "jo@example.com", recipients: ["ann@example.com"], principal: "bob@example.com" },
  } as unknown as Finding;
  const masked = JSON.stringify(maskFinding(finding));
  expect(maskFinding(finding).summary).toMatch(
    /^jo@example.com wrote to \[masked e-mail address at 24, 15 ch/,
  );
  expect(masked).not.toContain("ann@example.com");
  expect(masked).toContain("bob@example.com");
  expect(masked).toMatch(/"text":"\[masked prompt text/);
  expect(maskFinding(finding, { prompts: true, personal: true, secrets: true })).toEqual(finding);
});
