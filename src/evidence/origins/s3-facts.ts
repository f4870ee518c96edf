/** What `acquisition.jsonl` says of an S3 object beside its name and bytes. Absent is what S3 did not say. */
export interface S3Facts {
  bucket?: string;
  key?: string;
  /** `null` is the version that an unversioned bucket holds. */
  version_id?: string;
  is_latest?: boolean;
  /** As S3 gives it, without the quotes. */
  etag?: string;
  /** ISO 8601 in UTC. */
  last_modified?: string;
  storage_class?: string;
  /** Bytes that S3 lists; `size` is what was copied. */
  listed_size?: number;
  /** By algorithm, in base64 as S3 gives them; a composite one ends in `-` and the number of parts. */
  checksums?: Record<string, string>;
  checksum_type?: string;
  /** What the bytes were compared with and equal: `etag`, `sha256`. */
  verified_by?: string[];
  content_type?: string;
  content_encoding?: string;
  encryption?: { algorithm?: string; kms_key_id?: string; bucket_key?: boolean };
  /** User metadata, names in lower case. CloudTrail keeps a digest's signature here. */
  metadata?: Record<string, string>;
  /** Metadata that S3 could not express in headers. */
  missing_metadata?: number;
  tags?: Record<string, string>;
  object_lock?: { mode?: string; retain_until?: string; legal_hold?: string };
  replication?: string;
  /** State of a restore from an archive. */
  restore?: string;
  /** Facts that S3 would not give, with its reason. */
  withheld?: string[];
}

/** One request to S3, as AWS can find it again; kept apart from what is the same in every run. */
export interface S3Request {
  operation: string;
  status?: number;
  request_id?: string;
  /** `x-amz-id-2`. */
  host_id?: string;
}
