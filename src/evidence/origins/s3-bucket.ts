import type { S3BucketState } from "./s3-calls.js";
import { isPassing, reasonOf } from "./s3-failure.js";

interface BucketQuestions {
  location(): Promise<{ BucketRegion?: string | undefined }>;
  versioning(): Promise<{ Status?: string | undefined; MFADelete?: string | undefined }>;
  lock(): Promise<{ ObjectLockConfiguration?: LockConfiguration | undefined }>;
  logging(): Promise<{
    LoggingEnabled?: { TargetBucket?: string | undefined; TargetPrefix?: string | undefined } | undefined;
  }>;
}

interface LockConfiguration {
  ObjectLockEnabled?: string | undefined;
  Rule?:
    | {
        DefaultRetention?:
          | { Mode?: string | undefined; Days?: number | undefined; Years?: number | undefined }
          | undefined;
      }
    | undefined;
}

/** Asks for the state of a bucket. What S3 denies is recorded as withheld; only passing failures reject. */
export async function bucketState(ask: BucketQuestions): Promise<S3BucketState> {
  const withheld: string[] = [];
  const answer = async <T>(name: string, question: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await question();
    } catch (error) {
      if (isPassing(error)) throw error;
      withheld.push(`${name}: ${reasonOf(error)}`);
      return undefined;
    }
  };
  const location = await answer("region", ask.location);
  const versioning = await answer("versioning", ask.versioning);
  const lock = await answer("object_lock", () => ask.lock().catch(notLocked));
  const logging = await answer("logging", ask.logging);
  return {
    ...(location?.BucketRegion === undefined ? {} : { region: location.BucketRegion }),
    ...(versioning === undefined ? {} : { versioning: versioning.Status ?? "never enabled" }),
    ...(versioning?.MFADelete === undefined ? {} : { mfa_delete: versioning.MFADelete }),
    ...(lock === undefined ? {} : { object_lock: lockOf(lock.ObjectLockConfiguration) }),
    ...(logging === undefined ? {} : { logging: targetOf(logging.LoggingEnabled) }),
    ...(withheld.length === 0 ? {} : { withheld }),
  };
}

function notLocked(error: unknown): { ObjectLockConfiguration?: LockConfiguration } {
  if (/^ObjectLockConfigurationNotFoundError/.test(reasonOf(error))) return {};
  throw error;
}

function lockOf(configuration: LockConfiguration | undefined): NonNullable<S3BucketState["object_lock"]> {
  const { Mode, Days, Years } = configuration?.Rule?.DefaultRetention ?? {};
  return {
    enabled: configuration?.ObjectLockEnabled === "Enabled",
    ...(Mode === undefined ? {} : { mode: Mode }),
    ...(Days === undefined ? {} : { days: Days }),
    ...(Years === undefined ? {} : { years: Years }),
  };
}

function targetOf(
  target: { TargetBucket?: string | undefined; TargetPrefix?: string | undefined } | undefined,
): { target_bucket: string; target_prefix: string } | null {
  if (target?.TargetBucket === undefined) return null;
  return { target_bucket: target.TargetBucket, target_prefix: target.TargetPrefix ?? "" };
}
