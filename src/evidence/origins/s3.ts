import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { headOf, objectPage, requestOf, versionPage } from "./s3-answer.js";
import { bucketState } from "./s3-bucket.js";
import type { S3Body, S3Calls, S3Place, S3Reference } from "./s3-calls.js";

/** How to reach S3, and as whom. What is not given comes from the usual places of AWS tools (environment, profile, instance role). */
export interface S3Access {
  endpoint?: string;
  /** Bucket in the path instead of the host name: what most S3-compatible servers need. */
  pathStyle?: boolean;
  profile?: string;
  region?: string;
  /** The requester agrees to pay for requests and transfer. */
  requestPayer?: boolean;
  /** Role to assume before anything else. */
  roleArn?: string;
}

/**
 * Connects to S3. The only place that loads the AWS SDK, and only when it is called. Each call sends one request and leaves
 * patience and checksums to the caller: the SDK would hide what failed, and checks but one checksum.
 */
export async function connectS3(access: S3Access): Promise<S3Calls> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = await clientOf(sdk.S3Client, access);
  const payer = access.requestPayer ? { RequestPayer: "requester" as const } : {};
  const send = client.send.bind(client);
  const named = ({ bucket, key, versionId }: S3Reference) => ({
    Bucket: bucket,
    Key: key,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...payer,
  });
  const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });
  return {
    async page(query, signal) {
      const common = {
        Bucket: query.bucket,
        Prefix: query.prefix,
        EncodingType: "url" as const,
        ...(query.isLevel ? { Delimiter: "/" } : {}),
        ...payer,
      };
      if (query.versions) {
        const command = new sdk.ListObjectVersionsCommand({ ...common, ...versionMarkerOf(query.place) });
        return versionPage(await send(command, options(signal)));
      }
      const command = new sdk.ListObjectsV2Command({ ...common, ...keyMarkerOf(query.place) });
      return objectPage(await send(command, options(signal)));
    },
    async get(object, from, signal) {
      const range = from === 0 ? {} : { Range: `bytes=${from}-` };
      const command = new sdk.GetObjectCommand({ ...named(object), IfMatch: `"${object.etag}"`, ...range });
      const answer = await send(command, options(signal));
      return { ...headOf("GetObject", answer), body: answer.Body as S3Body["body"] };
    },
    async head(object, part, signal) {
      const command = new sdk.HeadObjectCommand({
        ...named(object),
        ...(part === undefined ? {} : { PartNumber: part }),
      });
      return headOf("HeadObject", await send(command, options(signal)));
    },
    async tags(object, signal) {
      const answer = await send(new sdk.GetObjectTaggingCommand(named(object)), options(signal));
      const tags = (answer.TagSet ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const);
      return {
        tags: Object.fromEntries(tags.sort(([a], [b]) => (a < b ? -1 : 1))),
        request: requestOf("GetObjectTagging", answer),
      };
    },
    async bucket(bucket, signal) {
      const Bucket = bucket;
      return bucketState({
        location: () => send(new sdk.HeadBucketCommand({ Bucket }), options(signal)),
        versioning: () => send(new sdk.GetBucketVersioningCommand({ Bucket }), options(signal)),
        lock: () => send(new sdk.GetObjectLockConfigurationCommand({ Bucket }), options(signal)),
        logging: () => send(new sdk.GetBucketLoggingCommand({ Bucket }), options(signal)),
      });
    },
    close: () => client.destroy(),
  };
}

/** More than copies can need at once: a copy holds one connection while it asks for tags and parts on another. */
const CONNECTIONS = 1024;

async function clientOf(Client: typeof S3Client, access: S3Access): Promise<S3Client> {
  const config: S3ClientConfig = {
    maxAttempts: 1,
    followRegionRedirects: true,
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: CONNECTIONS },
      httpsAgent: { maxSockets: CONNECTIONS },
    },
    ...(access.endpoint === undefined ? {} : { endpoint: access.endpoint }),
    ...(access.pathStyle === undefined ? {} : { forcePathStyle: access.pathStyle }),
    ...(access.region === undefined ? {} : { region: access.region }),
    ...(access.profile === undefined ? {} : { profile: access.profile }),
  };
  let client = new Client(config);
  // Redirects lead to the bucket's region from any other; without a region at all the SDK would not even ask.
  const region = await client.config.region().catch(() => undefined);
  if (region === undefined) client = new Client({ ...config, region: "us-east-1" });
  if (access.roleArn !== undefined) {
    const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
    const params = { RoleArn: access.roleArn, RoleSessionName: "coldtrail-acquire" };
    const clientConfig = {
      region: region ?? "us-east-1",
      ...(access.profile === undefined ? {} : { profile: access.profile }),
    };
    client = new Client({
      ...config,
      region: region ?? "us-east-1",
      credentials: fromTemporaryCredentials({
        params,
        clientConfig,
        masterCredentials: client.config.credentials,
      }),
    });
  }
  // Asks S3 for its checksums without letting the SDK check them.
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-checksum-mode"] = "ENABLED";
      return next(args);
    },
    { step: "build", name: "askForChecksums" },
  );
  return client;
}

function versionMarkerOf(place: S3Place | undefined) {
  if (place === undefined || "token" in place) return {};
  const { after, afterVersion } = place;
  return { KeyMarker: after, ...(afterVersion === undefined ? {} : { VersionIdMarker: afterVersion }) };
}

function keyMarkerOf(place: S3Place | undefined) {
  if (place === undefined) return {};
  return "token" in place ? { ContinuationToken: place.token } : { StartAfter: place.after };
}
