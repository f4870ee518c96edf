import { setTimeout as sleep } from "node:timers/promises";
import { ColdtrailError, EXIT } from "../../errors.js";
import { ObjectLost, type OriginFacts } from "./origin.js";
import type { S3Request } from "./s3-facts.js";

/** How long an origin waits for a server that does not answer as it should. */
export interface Patience {
  /** Tries in a row that bring nothing before it gives up. */
  attempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
  /** A body that brings no byte for so long counts as broken. */
  idleMs: number;
}

export const PATIENCE: Patience = {
  attempts: 9,
  firstDelayMs: 250,
  longestDelayMs: 30_000,
  idleMs: 60_000,
};

const THROTTLED =
  /^(SlowDown|Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequests\w*|ServiceUnavailable|503|429)$/;
const PASSING = /^(InternalError|RequestTimeout|TimeoutError|RequestTimeTooSkewed|OperationAborted)$/;
const CREDENTIALS =
  /^(ExpiredToken\w*|InvalidAccessKeyId|InvalidToken|InvalidClientTokenId|SignatureDoesNotMatch|TokenRefreshRequired|CredentialsProviderError|RequestTimeTooSkewed|InvalidSecurity|NotSignedUp|AuthFailure)$/;

/** What the SDK's exceptions have in common; nothing of the SDK is needed to read it. */
interface S3Exception {
  name?: string;
  code?: string;
  Code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string; extendedRequestId?: string };
  $response?: { statusCode?: number };
}

function read(error: unknown): { code: string; status: number | undefined; message: string } {
  const { name = "Error", code, Code, message = "", $metadata, $response } = error as S3Exception;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  // A HEAD has no body to name the error in; the SDK then calls it by its status.
  return {
    code: Code ?? (name === "Error" || name === "Unknown" ? (code ?? String(status ?? name)) : name),
    status,
    message,
  };
}

/** The request that failed, for the record. */
export function requestOf(operation: string, error: unknown): S3Request {
  const { $metadata } = error as S3Exception;
  return {
    operation,
    ...($metadata?.httpStatusCode === undefined ? {} : { status: $metadata.httpStatusCode }),
    ...($metadata?.requestId === undefined ? {} : { request_id: $metadata.requestId }),
    ...($metadata?.extendedRequestId === undefined ? {} : { host_id: $metadata.extendedRequestId }),
  };
}

/** What went wrong, as S3 words it. */
export function reasonOf(error: unknown): string {
  const { code, message } = read(error);
  return message === "" || message === code || message === "UnknownError" ? code : `${code}: ${message}`;
}

export function isArchived(error: unknown): boolean {
  return read(error).code === "InvalidObjectState";
}

/** Whether a kind of request is denied, or unknown to a server that speaks only a part of S3's language. */
export function isUnavailable(error: unknown): boolean {
  const { status = 0 } = read(error);
  return [403, 405, 501].includes(status);
}

/** Whether asking again may help: throttled, broken off, timed out, or failed inside the server. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ColdtrailError || error instanceof ObjectLost) return false;
  const { code, status } = read(error);
  if (THROTTLED.test(code) || PASSING.test(code)) return true;
  if (status !== undefined) return (status >= 500 && status !== 501) || status === 429 || status === 408;
  return isConnection(error);
}

/** No answer at all, or one that broke off or cannot be read. */
function isConnection(error: unknown): boolean {
  const { code = "", name = "", message = "" } = error as S3Exception;
  return (
    /^(E[A-Z]+|UND_ERR_\w+|HPE_\w+|ERR_STREAM_PREMATURE_CLOSE)$/.test(code) ||
    /^(TimeoutError|AbortError)$/.test(name) ||
    /socket hang up|aborted|parse error|Deserialization/i.test(message)
  );
}

/** Runs `work` until it succeeds, fails for good, or has failed `attempts` times; waits ever longer in between. */
export async function patiently<T>(
  patience: Patience,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= patience.attempts || !isPassing(error)) throw error;
      await pause(patience, attempt, signal);
    }
  }
}

/** Waits before try `attempt + 1`: twice as long each time, spread so that parallel copies do not ask all at once. */
export async function pause(
  { firstDelayMs, longestDelayMs }: Patience,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  await sleep(longest * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
}

/**
 * What a failure says of one object, or an error that stops the acquisition because it says nothing of the object: no
 * connection, no valid credentials, no end to throttling. What was copied by then stays, and the same command goes on.
 */
export function fateOf(
  error: unknown,
  uri: string,
  facts: OriginFacts,
  requests: S3Request[],
): ObjectLost | Error {
  if (error instanceof ObjectLost || error instanceof ColdtrailError) return error;
  const { code, status } = read(error);
  const lost = (outcome: ObjectLost["outcome"], reason: string) =>
    new ObjectLost(outcome, reason, facts, requests);
  const said = reasonOf(error);
  // Listing has worked with the same credentials, so that a wrong signature speaks of this key alone.
  const isKeyOnly = code === "SignatureDoesNotMatch";
  if ((CREDENTIALS.test(code) && !isKeyOnly) || THROTTLED.test(code)) return stopOf(error, uri);
  if (status === undefined) return isConnection(error) ? stopOf(error, uri) : (error as Error);
  if (isArchived(error))
    return lost(
      "archived",
      `it is archived (${facts.storage_class ?? "storage class unknown"}); restore it first`,
    );
  if (status === 404) return lost("missing", "it was listed and gone when it was to be read");
  if (status === 412) return lost("missing", "it was replaced by another content after it was listed");
  if (status === 401 || status === 403 || /^KMS\.|^AccessDenied/.test(code))
    return lost("denied", `S3 denies it (${said})`);
  if (status === 400 && /encrypt|SSE|customer/i.test(said)) return lost("denied", `S3 denies it (${said})`);
  return lost("unreadable", `S3 fails on it (${said})`);
}

/** The sentence that ends an acquisition which cannot go on now. */
export function stopOf(error: unknown, uri: string): Error {
  if (error instanceof ColdtrailError) return error;
  const { code, status } = read(error);
  const isKnown = status !== undefined || CREDENTIALS.test(code) || isConnection(error);
  if (!isKnown) return error as Error;
  const said = reasonOf(error);
  const advice = CREDENTIALS.test(code)
    ? "give valid credentials (--profile, environment or instance role) and a correct clock"
    : THROTTLED.test(code)
      ? "S3 asks to slow down; try later or with a lower --concurrency"
      : status === 403
        ? "the credentials may not list it; s3:ListBucket and s3:ListBucketVersions are needed"
        : status === 404
          ? "check the name of the bucket, --region and --endpoint"
          : "check the network, --endpoint and --region";
  return new ColdtrailError(
    "source-unusable",
    `${uri}: ${said}; ${advice}. Nothing was sealed; the same command goes on where it was.`,
    EXIT.usage,
  );
}
