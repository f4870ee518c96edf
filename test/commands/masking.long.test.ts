import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coldtrail } from "./command-line.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-masking-"));
const folder = join(work, "case");
const sample = join(import.meta.dirname, "../../sample-evidence");

/** What must not be seen, and how it stands in the evidence: as attackers, applications and people write it. */
const PLANTED: { value: string; written: string }[] = [
  {
    value: "q7RtZ2mLx9KpVw4sBn8YcHd3Fg6JaTe1UiOzPkQ5",
    written: "key q7RtZ2mLx9KpVw4sBn8YcHd3Fg6JaTe1UiOzPkQ5",
  },
  { value: `IQoJb3JpZ2lu${"Xq3Zt9Lw".repeat(9)}`, written: `IQoJb3JpZ2lu${"Xq3Zt9Lw".repeat(9)}` },
  { value: "Tr0ub4dorAndThree", written: "password=Tr0ub4dorAndThree" },
  { value: "hunter2hunter2hunter2", written: "postgres://app:hunter2hunter2hunter2@db.internal/x" },
  {
    value: "MIIEvQplantedBodyOfAKey",
    written: "-----BEGIN PRIVATE KEY-----MIIEvQplantedBodyOfAKey-----END PRIVATE KEY-----",
  },
  { value: "tokenTokenTokenTokenToken99", written: "Bearer tokenTokenTokenTokenToken99" },
  {
    value: "ABSKQmVkcm9ja0FQSUtleS1wbGFudGVkLWtleS0wMDAw",
    written: "ABSKQmVkcm9ja0FQSUtleS1wbGFudGVkLWtleS0wMDAw",
  },
  { value: "planted.person@victim.example.com", written: "planted.person@victim.example.com" },
  { value: "4111 1111 1111 1111", written: "4111 1111 1111 1111" },
  { value: "078-05-1120", written: "078-05-1120" },
  { value: "DE89370400440532013000", written: "DE89370400440532013000" },
];
/** What people said to models; reports show it on demand. */
const SAID = "the lighthouse keeper counts violet herons";
const FIELDS = /^(userAgent|errorMessage|title|description|Title|Description|content|message)$/;
const TEXTS = /^(text|inputText|outputText)$/;

/** Plants one value after the other into the texts of an evidence file, in the same order each time. */
function planter(): (text: string) => string {
  let turn = 0;
  const next = (): string => (PLANTED[turn++ % PLANTED.length] as (typeof PLANTED)[number]).written;
  const walk = (value: unknown, name = ""): unknown => {
    if (typeof value === "string") {
      if (TEXTS.test(name)) return `${value} ${SAID} ${next()}`;
      return FIELDS.test(name) && value !== "" ? `${value} ${next()}` : value;
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, name));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, key)]));
  };
  const json = (text: string): string => JSON.stringify(walk(JSON.parse(text)));
  return (text) => {
    if (!/^\s*[[{]/.test(text))
      return text.replace(/(?<="(?:GET|PUT) \/[^" ?]*)(?= HTTP)/gm, () => `?X-Amz-Signature=${signature}`);
    try {
      return json(text);
    } catch {
      return text
        .split("\n")
        .map((line) => (line === "" ? line : json(line)))
        .join("\n");
    }
  };
}
const signature = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const VALUES = [...PLANTED.map(({ value }) => value), signature];

beforeAll(async () => {
  const evidence = join(work, "evidence");
  const plant = planter();
  for (const name of (await readdir(join(sample, "evidence"), { recursive: true })).sort()) {
    const old = /[-/]2026[-/]03[-/]0\d/.test(name) || /CloudTrail-Digest/.test(name);
    if (old || !/\.[a-z]+$|\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-/.test(name)) continue;
    const from = join(sample, "evidence", name);
    const to = join(evidence, name);
    await mkdir(dirname(to), { recursive: true });
    const bytes = await readFile(from).catch(() => undefined);
    if (bytes === undefined) continue;
    try {
      if (name.endsWith(".gz")) await writeFile(to, gzipSync(plant(gunzipSync(bytes).toString())));
      else await writeFile(to, plant(bytes.toString()));
    } catch {
      await copyFile(from, to);
    }
  }
  await coldtrail("init", folder, "--title", "T", "--examiner", "E");
  await cp(join(sample, "case.yaml"), join(folder, "case.yaml"));
  await cp(join(sample, "reference"), join(folder, "reference"), { recursive: true });
  await coldtrail("acquire", folder, evidence);
  expect((await coldtrail("ingest", folder, "--max-rejects", "1000")).code).toBe(0);
}, 120_000);
afterAll(() => rm(work, { recursive: true, force: true }));

/** The planted values of which the text holds at least the first 14 characters, with what stands around them. */
function seen(text: string, values = [...VALUES, SAID]): string[] {
  return values.flatMap((value) => {
    const at = text.indexOf(value.slice(0, 14));
    return at < 0 ? [] : [`${value}: ${text.slice(Math.max(0, at - 200), at + 60)}`];
  });
}

test("what was planted is in findings, and no output shows it unless it is asked for", {
  timeout: 300_000,
}, async () => {
  const scenarios = [
    "unauthorized-model-access",
    "training-data-exfiltration",
    "model-tampering",
    "leaked-key",
  ];
  const outputs: [string, string[]][] = [
    ["detect", ["--only", "a*"]],
    ["detect", ["--only", "a*", "--csv"]],
    ["detect", ["--json"]],
    ...scenarios.map((name): [string, string[]] => ["investigate", ["--scenario", name, "--json"]]),
    ["investigate", ["--scenario", "seven-elements"]],
    ["investigate", ["--sequence", "all", "--json"]],
    ["investigate", ["--sequence", "all", "--csv"]],
  ];
  for (const [command, options] of outputs) {
    const { code, out } = await coldtrail(command, folder, ...options);
    expect(code, `${command} ${options.join(" ")}`).toBe(0);
    expect(seen(Buffer.from(out, "latin1").toString()), `${command} ${options.join(" ")}`).toEqual([]);
  }
  for (const options of [[], ["--show-prompts"]]) {
    for (const [name, text] of await reportFiles(...options))
      expect(seen(text, options.length > 0 ? VALUES : undefined), `${name} ${options.join(" ")}`).toEqual([]);
  }
  const asked = (await coldtrail("detect", folder, "--json", "--unmask")).out;
  const files = (await reportFiles("--unmask")).map(([, text]) => text).join("\n");
  // No finding quotes the address of a request to S3.
  for (const { value } of PLANTED) {
    expect.soft(asked.includes(value.slice(0, 14)), `detect --unmask: ${value}`).toBe(true);
    expect.soft(files.includes(value.slice(0, 14)), `report --unmask: ${value}`).toBe(true);
  }
});

async function reportFiles(...options: string[]): Promise<[string, string][]> {
  const { code, out, notes } = await coldtrail("report", folder, "--no-verify", ...options);
  expect(code, notes).toBe(0);
  const reports = dirname(out.trim());
  const names = (await readdir(reports)).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(join(reports, name), "utf8")]),
  );
}
