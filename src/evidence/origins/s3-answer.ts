import type { S3Head, S3Listed, S3Page } from "./s3-calls.js";
import type { S3Facts, S3Request } from "./s3-facts.js";

/** What every answer of the SDK has. These shapes are the part of the SDK's that is read here, so that nothing imports it. */
export interface Answer {
  $metadata: {
    httpStatusCode?: number | undefined;
    requestId?: string | undefined;
    extendedRequestId?: string | undefined;
  };
}

interface ObjectAnswer extends Answer {
  ContentLength?: number | undefined;
  ContentRange?: string | undefined;
  ContentType?: string | undefined;
  ContentEncoding?: string | undefined;
  ETag?: string | undefined;
  VersionId?: string | undefined;
  LastModified?: Date | undefined;
  StorageClass?: string | undefined;
  ChecksumType?: string | undefined;
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
  SSEKMSKeyId?: string | undefined;
  BucketKeyEnabled?: boolean | undefined;
  Metadata?: Record<string, string> | undefined;
  MissingMeta?: number | undefined;
  TagCount?: number | undefined;
  ObjectLockMode?: string | undefined;
  ObjectLockRetainUntilDate?: Date | undefined;
  ObjectLockLegalHoldStatus?: string | undefined;
  ReplicationStatus?: string | undefined;
  Restore?: string | undefined;
}

/** The ids by which AWS finds a request again. */
export function requestOf(operation: string, { $metadata }: Answer): S3Request {
  return {
    operation,
    ...($metadata.httpStatusCode === undefined ? {} : { status: $metadata.httpStatusCode }),
    ...($metadata.requestId === undefined ? {} : { request_id: $metadata.requestId }),
    ...($metadata.extendedRequestId === undefined ? {} : { host_id: $metadata.extendedRequestId }),
  };
}

interface VersionsAnswer extends Answer {
  Versions?: Entry[] | undefined;
  DeleteMarkers?: Entry[] | undefined;
  CommonPrefixes?: { Prefix?: string | undefined }[] | undefined;
  EncodingType?: string | undefined;
  IsTruncated?: boolean | undefined;
  NextKeyMarker?: string | undefined;
  NextVersionIdMarker?: string | undefined;
}

interface ObjectsAnswer extends Answer {
  Contents?: Entry[] | undefined;
  CommonPrefixes?: { Prefix?: string | undefined }[] | undefined;
  EncodingType?: string | undefined;
  IsTruncated?: boolean | undefined;
  NextContinuationToken?: string | undefined;
}

/** One page of versions and delete markers, in the order of keys. */
export function versionPage(answer: VersionsAnswer): S3Page {
  const decode = decoderOf(answer.EncodingType);
  const versions = (answer.Versions ?? []).map((version) =>
    listed(version, decode, version.IsLatest ?? false, false),
  );
  const markers = (answer.DeleteMarkers ?? []).map((marker) =>
    listed(marker, decode, marker.IsLatest ?? false, true),
  );
  const after = answer.NextKeyMarker;
  const afterVersion = answer.NextVersionIdMarker;
  return {
    objects: [...versions, ...markers].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    prefixes: prefixesOf(answer.CommonPrefixes, decode),
    next:
      answer.IsTruncated === true && after !== undefined
        ? {
            after: decode(after),
            ...(afterVersion === undefined || afterVersion === "" ? {} : { afterVersion }),
          }
        : undefined,
    request: requestOf("ListObjectVersions", answer),
  };
}

/** One page of current objects. */
export function objectPage(answer: ObjectsAnswer): S3Page {
  const decode = decoderOf(answer.EncodingType);
  const token = answer.NextContinuationToken;
  return {
    objects: (answer.Contents ?? []).map((object) => listed(object, decode, true, false)),
    prefixes: prefixesOf(answer.CommonPrefixes, decode),
    next: answer.IsTruncated === true && token !== undefined ? { token } : undefined,
    request: requestOf("ListObjectsV2", answer),
  };
}

function prefixesOf(found: { Prefix?: string | undefined }[] | undefined, decode: (text: string) => string) {
  return (found ?? []).map(({ Prefix = "" }) => decode(Prefix));
}

interface Entry {
  Key?: string | undefined;
  IsLatest?: boolean | undefined;
  VersionId?: string | undefined;
  ETag?: string | undefined;
  Size?: number | undefined;
  LastModified?: Date | undefined;
  StorageClass?: string | undefined;
}

function listed(
  entry: Entry,
  decode: (text: string) => string,
  isLatest: boolean,
  isDeleteMarker: boolean,
): S3Listed {
  return {
    key: decode(entry.Key ?? ""),
    ...(entry.VersionId === undefined ? {} : { versionId: entry.VersionId }),
    isLatest,
    isDeleteMarker,
    etag: unquoted(entry.ETag),
    size: entry.Size ?? 0,
    lastModified: entry.LastModified?.toISOString() ?? "",
    ...(entry.StorageClass === undefined ? {} : { storageClass: entry.StorageClass }),
  };
}

/** XML cannot hold every key, so S3 is asked for encoded ones; a server that ignores the wish says so by silence. */
function decoderOf(encoding: string | undefined): (text: string) => string {
  return encoding === "url" ? (text) => decodeURIComponent(text.replaceAll("+", " ")) : (text) => text;
}

function unquoted(etag: string | undefined): string {
  return (etag ?? "").replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** What the headers of an answer say of an object. */
export function headOf(operation: string, answer: ObjectAnswer): S3Head {
  const [, offset, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? "") ?? [];
  const length = answer.ContentLength ?? 0;
  return {
    facts: factsOf(answer),
    size: total === undefined ? length : Number(total),
    offset: Number(offset ?? 0),
    length,
    tagCount: answer.TagCount ?? 0,
    request: requestOf(operation, answer),
  };
}

function factsOf(answer: ObjectAnswer): S3Facts {
  const checksums = Object.entries(answer)
    .filter(([name, value]) => /^Checksum(?!Type)/.test(name) && typeof value === "string")
    .map(([name, value]) => [name.slice("Checksum".length).toLowerCase(), value as string] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const encryption = given({
    algorithm: answer.ServerSideEncryption ?? answer.SSECustomerAlgorithm,
    kms_key_id: answer.SSEKMSKeyId,
    bucket_key: answer.BucketKeyEnabled,
  });
  const lock = given({
    mode: answer.ObjectLockMode,
    retain_until: answer.ObjectLockRetainUntilDate?.toISOString(),
    legal_hold: answer.ObjectLockLegalHoldStatus,
  });
  const metadata = Object.entries(answer.Metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return given({
    version_id: answer.VersionId,
    etag: unquoted(answer.ETag),
    last_modified: answer.LastModified?.toISOString(),
    storage_class: answer.StorageClass,
    checksums: checksums.length > 0 ? Object.fromEntries(checksums) : undefined,
    checksum_type: answer.ChecksumType,
    content_type: answer.ContentType,
    content_encoding: answer.ContentEncoding,
    encryption: Object.keys(encryption).length > 0 ? encryption : undefined,
    metadata: metadata.length > 0 ? Object.fromEntries(metadata) : undefined,
    missing_metadata: answer.MissingMeta,
    object_lock: Object.keys(lock).length > 0 ? lock : undefined,
    replication: answer.ReplicationStatus,
    restore: answer.Restore,
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(facts: T): Given<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Given<T>;
}
