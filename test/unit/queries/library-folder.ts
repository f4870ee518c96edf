import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assetFolder } from "../../../src/assets.js";
import { applySchema, Database } from "../../../src/database/index.js";
import { loadVocabulary, syncKnowledge } from "../../../src/queries/index.js";

export const sqlFolder = assetFolder("sql");

/** A queries folder (and cases beside it) that lives for one test. */
export class LibraryFolder {
  private constructor(readonly root: string) {}

  static async create(files: Record<string, string> = {}): Promise<LibraryFolder> {
    const folder = new LibraryFolder(await mkdtemp(join(tmpdir(), "coldtrail-queries-")));
    await folder.write({ ...VOCABULARY, ...files });
    return folder;
  }

  /** Writes files below `queries/`, or below `cases/` when the name says so. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const path = name.startsWith("cases/") ? join(this.root, name) : join(this.queries, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
  }

  get queries(): string {
    return join(this.root, "queries");
  }

  get cases(): string {
    return join(this.root, "cases");
  }

  async removeFile(name: string): Promise<void> {
    await rm(join(this.queries, name));
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** An empty case database with the vocabulary of a folder. */
export async function openCase(folder: LibraryFolder): Promise<Database> {
  const database = await Database.openInMemory({ threads: 1 });
  await applySchema(database, sqlFolder);
  await syncKnowledge(database, { vocabulary: await loadVocabulary(folder.queries) });
  return database;
}

export const VOCABULARY: Record<string, string> = {
  "vocabulary/named-set.yaml": `
version: "1"
sets:
  INVOKE_RT: [InvokeModel, Converse]
  GUARD_DOWN: [DeleteGuardrail]
`,
  "vocabulary/regex.yaml": `
version: "1"
patterns:
  RX_UA_BROWSER: {pattern: '(?i)^mozilla/5', positive: [Mozilla/5.0], negative: [curl/8.4.0]}
  RX_UA_CURL: {pattern: '^curl/', positive: [curl/8.4.0], negative: [CURL/8]}
  RX_UA_ANY: {any_of: [RX_UA_BROWSER, RX_UA_CURL], positive: [MOZILLA/5.0, curl/8], negative: [CURL/8]}
`,
  "vocabulary/attack.yaml":
    'version: "18"\ntechniques: {T1530: Data from Cloud Storage}\nsuccessors: {T1562.008: T1685.002}\ntactics: {collection: {title: Collection, techniques: [T1530]}}\n',
  "vocabulary/atlas.yaml":
    "version: 5.6.0\ntechniques: {AML.T0025: Exfiltration via Cyber Means}\ntactics: {exfiltration: {title: Exfiltration, techniques: [AML.T0025]}}\n",
  "vocabulary/element.yaml": `
version: "1"
elements:
  access: {title: A, question: q}
  infrastructure-changes: {title: B, question: q}
  ai-changes: {title: C, question: q}
  data-store-changes: {title: D, question: q}
  invocation: {title: E, question: q}
  private-data: {title: F, question: q}
  agency: {title: G, question: q}
  readiness: {title: H, question: q}
`,
};

/** A detection that keeps the contract; tests change one thing in it. */
export const BULK_READ = `-- ---
-- id: dst-bulk-read
-- version: 1.0.0
-- title: Many objects read by one requester
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1530]
-- atlas: [AML.T0025]
-- description: >-
--   Finds requesters that read many objects. Misses readers who take their time.
-- requires:
--   s3_access: needed
--   ref_principal: helpful
-- parameters:
--   min_objects: {type: integer, default: 3, description: objects read}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
-- false_positives: [nightly jobs]
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    'principal' as entity_type,
    reader.principal as entity,
    case when count(*) >= 100 then 'critical' else 'high' end as severity,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(*) || ' objects' as summary,
    {'bytes': sum(bytes_sent)} as metrics,
    list(
        {'table': 's3_access', 'artifact_id': artifact_id, 'record_no': record_no}
        order by event_time, artifact_id, record_no
    ) as records,
from s3_access as reader
left join ref_principal on reader.principal = ref_principal.principal
where ref_principal.principal is null
    and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
group by reader.principal
having count(*) >= $min_objects::bigint
order by entity
`;

/** A hunt that keeps the contract. */
export const KEY_ACTIVITY = `-- ---
-- id: h-key-activity
-- version: 1.0.0
-- title: What did this access key do?
-- status: stable
-- description: Finds every call signed with one key. Misses calls of services that do not log.
-- requires: {cloudtrail_event: needed}
-- parameters:
--   access_key: {type: text, required: true, description: id of the key}
-- changelog: {1.0.0: first version}
-- ---
select
    event_time,
    event_name,
    artifact_id,
    record_no,
from cloudtrail_event
where access_key_id = $access_key::varchar
order by event_time, artifact_id, record_no
`;
