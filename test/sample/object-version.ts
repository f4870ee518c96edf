import { createHash } from "node:crypto";
import { BASE_FROM, CASE_TO, compactDay, DAY, HOUR, localTime, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { sha256 } from "./identifier.js";
import { poisonedVersion } from "./incident-data.js";
import type { Json } from "./journal.js";
import { documentVersion } from "./knowledge.js";
import {
  ACCOUNT,
  BUCKET,
  EVIL_MODEL_BYTES,
  EVIL_VERSION,
  GOOD_VERSION,
  MODEL_BYTES,
  MODEL_KEY,
} from "./place.js";
import { POISONED_DOCUMENTS } from "./prompt.js";
import { EVIL_MODEL_SHA256, GOOD_MODEL_SHA256 } from "./reference.js";

// The state of the versioned buckets after the incident (formats.md 10).

interface Version {
  readonly key: string;
  readonly id: string;
  readonly size: number;
  readonly at: number;
}

function etag(name: string, parts = 0): string {
  const digest = createHash("md5").update(name).digest("hex");
  return `"${digest}${parts > 0 ? `-${parts}` : ""}"`;
}

function listing(bucket: string, versions: readonly Version[]): Json {
  const newest = new Map<string, string>();
  for (const version of [...versions].sort((a, b) => a.at - b.at)) newest.set(version.key, version.id);
  const ordered = [...versions].sort((a, b) => (a.key === b.key ? b.at - a.at : a.key < b.key ? -1 : 1));
  return {
    Versions: ordered.map((version) => ({
      ETag: etag(`${version.key}|${version.id}`),
      ChecksumAlgorithm: ["SHA256"],
      ChecksumType: "FULL_OBJECT",
      Size: version.size,
      StorageClass: "STANDARD",
      Key: version.key,
      VersionId: version.id,
      IsLatest: newest.get(version.key) === version.id,
      LastModified: localTime(version.at),
      Owner: { ID: sha256(`canonical|${ACCOUNT}`) },
    })),
    Name: bucket,
    Prefix: "",
    KeyMarker: "",
    VersionIdMarker: "",
    MaxKeys: 1000,
    EncodingType: "url",
    IsTruncated: false,
    RequestCharged: null,
  };
}

function modelVersions(): Version[] {
  const versions: Version[] = [
    { key: MODEL_KEY, id: GOOD_VERSION, size: MODEL_BYTES, at: utc("2026-02-20T14:00:00") },
    { key: MODEL_KEY, id: EVIL_VERSION, size: EVIL_MODEL_BYTES, at: utc("2026-03-11T13:34:00") },
  ];
  for (let day = BASE_FROM; day < CASE_TO; day += DAY) {
    const date = compactDay(day);
    versions.push({
      key: `models/churn/nightly/${date}/model.tar.gz`,
      id: `v-nightly-${date}`,
      size: MODEL_BYTES,
      at: day + 2 * HOUR + 20 * MINUTE,
    });
  }
  return versions;
}

function documentVersions(): Version[] {
  const versions: Version[] = [];
  for (let day = BASE_FROM; day < CASE_TO; day += DAY) {
    for (let n = 0; n < 6; n++) {
      versions.push({
        key: `policies/doc-${n}.md`,
        id: documentVersion(n, day),
        size: 20_000,
        at: day + 3 * HOUR + n * 10,
      });
    }
  }
  const times = ["11:07:00", "11:08:00", "11:09:00"];
  POISONED_DOCUMENTS.forEach((key, i) => {
    versions.push({ key, id: poisonedVersion(key), size: 24_000, at: utc(`2026-03-11T${times[i]}`) });
    if (i < 2) versions.push({ key, id: `v-first-${i}`, size: 20_000, at: utc("2026-02-10T09:00:00") });
  });
  return versions;
}

function head(collection: Collection): void {
  const { after } = collection;
  const id = after ? EVIL_VERSION : GOOD_VERSION;
  const size = after ? EVIL_MODEL_BYTES : MODEL_BYTES;
  const modified = localTime(utc(after ? "2026-03-11T13:34:00" : "2026-02-20T14:00:00"));
  const checksum = Buffer.from(after ? EVIL_MODEL_SHA256 : GOOD_MODEL_SHA256, "hex").toString("base64");
  const resource = `${BUCKET.models}/${MODEL_KEY}`;
  collection.keep("s3api", "head-object", resource, {
    AcceptRanges: "bytes",
    LastModified: modified,
    ContentLength: size,
    ChecksumSHA256: checksum,
    ChecksumType: "FULL_OBJECT",
    ETag: etag(`${MODEL_KEY}|${id}`),
    VersionId: id,
    ContentType: "application/gzip",
    ServerSideEncryption: "AES256",
    Metadata: {},
  });
  collection.keep("s3api", "get-object-attributes", resource, {
    LastModified: modified,
    VersionId: id,
    ETag: etag(`${MODEL_KEY}|${id}`).replaceAll('"', ""),
    Checksum: { ChecksumSHA256: checksum, ChecksumType: "FULL_OBJECT" },
    StorageClass: "STANDARD",
    ObjectSize: size,
  });
}

/** Keeps versions and checksums of the objects of the story. */
export function collectObjects(collection: Collection): void {
  head(collection);
  if (!collection.after) return;
  collection.keep("s3api", "list-object-versions", BUCKET.models, listing(BUCKET.models, modelVersions()));
  collection.keep("s3api", "list-object-versions", BUCKET.kb, listing(BUCKET.kb, documentVersions()));
}
