import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One version of an object as the server holds it. */
export interface Stored {
  key: string;
  content: Buffer;
  versionId?: string;
  deleteMarker?: boolean;
  /** Sizes of the parts it was uploaded in. */
  parts?: number[];
  etag?: string;
  storageClass?: string;
  headers?: Record<string, string>;
  tags?: Record<string, string>;
  lastModified?: string;
  /** Answer every GET with this error. */
  refuse?: { status: number; code: string; message?: string };
}

/** What the server does to a request instead of, or while, answering it. */
export type Fault =
  | { kind: "status"; status: number; code: string }
  | { kind: "cut"; after: number }
  | { kind: "stall"; after: number }
  | { kind: "flip"; at: number }
  | { kind: "drop" };

export interface S3Server {
  endpoint: string;
  buckets: Map<string, Stored[]>;
  /** Lines like `GET /bucket/key?x` in the order they came, with the range and ` paid by requester` where so asked. */
  log: string[];
  /** Asked for each request; undefined answers it as it should be. */
  fault: (request: {
    method: string;
    bucket: string;
    key: string;
    query: URLSearchParams;
    range: string;
  }) => Fault | undefined;
  versioning: string | undefined;
  /** Keys on a page. */
  pageSize: number;
  close(): Promise<void>;
}

/**
 * A small server that speaks S3's language for reading, in this process and on 127.0.0.1: it holds what no emulator can be brought to
 * hold (every kind of checksum, denials, archives, replication) and fails on demand. The suite in `test/s3` runs on a full emulator.
 */
export async function startS3Server(): Promise<S3Server> {
  const server: S3Server = {
    endpoint: "",
    buckets: new Map(),
    log: [],
    fault: () => undefined,
    versioning: "Enabled",
    pageSize: 1000,
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  const http = createServer((request, response) => answer(server, request, response));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  server.endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return server;
}

/** MD5 of one part, or of the MD5s of several. */
export function etagOf(content: Buffer, parts: number[] | undefined): string {
  if (parts === undefined) return createHash("md5").update(content).digest("hex");
  return `${createHash("md5")
    .update(partDigests(content, parts, "md5"))
    .digest("hex")}-${parts.length}`;
}

/** The checksums of the parts, one after the other. */
export function partDigests(content: Buffer, parts: number[], algorithm: string): Buffer {
  let at = 0;
  return Buffer.concat(
    parts.map((size) => {
      at += size;
      return createHash(algorithm)
        .update(content.subarray(at - size, at))
        .digest();
    }),
  );
}

const TIME = "2026-03-11T10:00:00.000Z";

function answer(server: S3Server, request: IncomingMessage, response: ServerResponse): unknown {
  const [path = "", queryText = ""] = (request.url ?? "").split("?");
  const query = new URLSearchParams(queryText);
  const [, bucket = "", rawKey = ""] = /^\/([^/]+)\/?(.*)$/s.exec(path) ?? [];
  const key = decodeURIComponent(rawKey);
  const method = request.method ?? "GET";
  const range = request.headers.range ?? "";
  const payer = request.headers["x-amz-request-payer"];
  server.log.push(
    `${method} /${bucket}/${key}${queryText === "" ? "" : `?${queryText}`}${range === "" ? "" : ` ${range}`}${payer === undefined ? "" : ` paid by ${payer}`}`,
  );
  response.setHeader("x-amz-request-id", `R${server.log.length}`);
  response.setHeader("x-amz-bucket-region", "eu-central-1");
  response.setHeader("x-amz-id-2", `H${server.log.length}`);
  if (
    signatureOf(request, path, queryText) !==
    /Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? "")?.[1]
  )
    return refuse(response, 403, "SignatureDoesNotMatch", "the request is not what was signed");
  const fault = server.fault({ method, bucket, key, query, range });
  if (fault?.kind === "drop") return request.socket.destroy();
  if (fault?.kind === "status") return refuse(response, fault.status, fault.code, "as the test wants it");
  const objects = server.buckets.get(bucket);
  if (objects === undefined) return refuse(response, 404, "NoSuchBucket", "there is none");
  if (key === "") return bucketAnswer(server, objects, query, response);
  return objectAnswer({ objects, key, query, request, response, fault });
}

function bucketAnswer(
  server: S3Server,
  objects: Stored[],
  query: URLSearchParams,
  response: ServerResponse,
): unknown {
  if (query.has("versioning"))
    return xml(
      response,
      "VersioningConfiguration",
      server.versioning === undefined ? "" : `<Status>${server.versioning}</Status>`,
    );
  if (query.has("logging"))
    return xml(
      response,
      "BucketLoggingStatus",
      "<LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>a/</TargetPrefix></LoggingEnabled>",
    );
  if (query.has("object-lock"))
    return xml(
      response,
      "ObjectLockConfiguration",
      "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule>",
    );
  const isVersions = query.has("versions");
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = isVersions
    ? (query.get("key-marker") ?? "")
    : (query.get("continuation-token") ?? query.get("start-after") ?? "");
  const versionAfter = query.get("version-id-marker");
  const sorted = [...objects].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const latest = new Map<string, Stored>();
  for (const object of sorted) if (!latest.has(object.key)) latest.set(object.key, object);
  let isPast = versionAfter === null;
  const items: string[] = [];
  const prefixes = new Set<string>();
  let [last, lastVersion, isTruncated] = ["", "", false];
  for (const object of sorted) {
    if (!object.key.startsWith(prefix)) continue;
    if (object.key < after || (object.key === after && versionAfter === null)) continue;
    if (object.key === after && !isPast) {
      isPast = object.versionId === versionAfter;
      continue;
    }
    if (!isVersions && (latest.get(object.key) !== object || object.deleteMarker)) continue;
    const cut = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    const folder = cut < 0 ? undefined : object.key.slice(0, cut + 1);
    if (folder !== undefined && (prefixes.has(folder) || after === folder || after.startsWith(folder)))
      continue;
    if (items.length + prefixes.size >= server.pageSize) {
      isTruncated = true;
      break;
    }
    if (folder !== undefined) {
      prefixes.add(folder);
      [last, lastVersion] = [folder, ""];
    } else {
      items.push(entry(object, isVersions, latest.get(object.key) === object));
      [last, lastVersion] = [object.key, object.versionId ?? ""];
    }
  }
  const next = !isTruncated
    ? ""
    : isVersions
      ? `<NextKeyMarker>${encode(last)}</NextKeyMarker>${lastVersion === "" ? "" : `<NextVersionIdMarker>${lastVersion}</NextVersionIdMarker>`}`
      : `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>`;
  const folders = [...prefixes]
    .map((folder) => `<CommonPrefixes><Prefix>${encode(folder)}</Prefix></CommonPrefixes>`)
    .join("");
  const body = `<EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${next}${items.join("")}${folders}`;
  return xml(response, isVersions ? "ListVersionsResult" : "ListBucketResult", body);
}

function entry(object: Stored, isVersions: boolean, isLatest: boolean): string {
  const {
    key,
    content,
    versionId = "null",
    deleteMarker,
    etag,
    parts,
    storageClass = "STANDARD",
    lastModified = TIME,
  } = object;
  const version = isVersions ? `<VersionId>${versionId}</VersionId><IsLatest>${isLatest}</IsLatest>` : "";
  const common = `<Key>${encode(key)}</Key>${version}<LastModified>${lastModified}</LastModified>`;
  if (deleteMarker) return `<DeleteMarker>${common}</DeleteMarker>`;
  const tag = isVersions ? "Version" : "Contents";
  return `<${tag}>${common}<ETag>&quot;${etag ?? etagOf(content, parts)}&quot;</ETag><Size>${content.length}</Size><StorageClass>${storageClass}</StorageClass></${tag}>`;
}

/** Every request is signed with this secret. */
const SECRET = "secret";

/**
 * Signature Version 4 as the server computes it: S3 decodes the path and encodes it again, part by part and without normalising it, so
 * that a client which treats `..` or `//` in a key as a path is refused.
 */
function signatureOf({ method = "GET", headers }: IncomingMessage, path: string, query: string): string {
  const [, scope = "", signed = ""] =
    /Credential=[^/]+\/(\S+?), SignedHeaders=(\S+?), /.exec(headers.authorization ?? "") ?? [];
  const [day = "", region = "", service = ""] = scope.split("/");
  const strictly = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const uri = path
    .split("/")
    .map((part) => strictly(decodeURIComponent(part)))
    .join("/");
  const parameters = [...new URLSearchParams(query)]
    .map(([name, value]) => `${strictly(name)}=${strictly(value)}`)
    .sort();
  const lines = signed
    .split(";")
    .map((name) => `${name}:${String(headers[name] ?? "").trim()}\n`)
    .join("");
  const body = String(headers["x-amz-content-sha256"]);
  const canonical = [method, uri, parameters.join("&"), lines, signed, body].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), service), "aws4_request");
  return hmac(key, toSign).toString("hex");
}

interface ObjectRequest {
  objects: Stored[];
  key: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
  fault: Exclude<Fault, { kind: "status" } | { kind: "drop" }> | undefined;
}

function objectAnswer({ objects, key, query, request, response, fault }: ObjectRequest): unknown {
  const versionId = query.get("versionId");
  const object = objects.find(
    (one) => one.key === key && (versionId === null || (one.versionId ?? "null") === versionId),
  );
  if (object === undefined || object.deleteMarker) return refuse(response, 404, "NoSuchKey", "gone");
  if (query.has("tagging")) {
    const tags = Object.entries(object.tags ?? {}).map(
      ([name, value]) => `<Tag><Key>${name}</Key><Value>${value}</Value></Tag>`,
    );
    return xml(response, "Tagging", `<TagSet>${tags.join("")}</TagSet>`);
  }
  const { content, parts, storageClass, headers = {}, tags, refuse: refusal, lastModified = TIME } = object;
  const etag = object.etag ?? etagOf(content, parts);
  if (refusal !== undefined && request.method === "GET")
    return refuse(response, refusal.status, refusal.code, refusal.message ?? "");
  const match = request.headers["if-match"];
  if (match !== undefined && match !== `"${etag}"`)
    return refuse(response, 412, "PreconditionFailed", "another ETag");
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const part = Number(query.get("partNumber") ?? 0);
  let [start, end] = [Number(from ?? 0), content.length];
  if (part > 0 && parts !== undefined) {
    start = parts.slice(0, part - 1).reduce((sum, size) => sum + size, 0);
    end = start + (parts[part - 1] ?? 0);
  }
  const isPartial = from !== undefined || part > 0;
  const body = Buffer.from(content.subarray(start, end));
  response.writeHead(isPartial ? 206 : 200, {
    "content-length": body.length,
    "content-type": "application/octet-stream",
    ...(isPartial ? { "content-range": `bytes ${start}-${end - 1}/${content.length}` } : {}),
    etag: `"${etag}"`,
    "last-modified": new Date(lastModified).toUTCString(),
    ...(object.versionId === undefined ? {} : { "x-amz-version-id": object.versionId }),
    ...(storageClass === undefined ? {} : { "x-amz-storage-class": storageClass }),
    ...(tags === undefined ? {} : { "x-amz-tagging-count": Object.keys(tags).length }),
    ...(part > 0 && parts !== undefined ? { "x-amz-mp-parts-count": parts.length } : {}),
    ...headers,
  });
  if (request.method === "HEAD") return response.end();
  if (fault?.kind === "flip" && fault.at >= start && fault.at < end) body[fault.at - start]! ^= 1;
  if (fault?.kind === "cut" || fault?.kind === "stall") {
    response.write(body.subarray(0, fault.after), () => {
      if (fault.kind === "cut") response.socket?.destroy();
    });
    return undefined;
  }
  return response.end(body);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): unknown {
  response.writeHead(status, { "content-type": "application/xml" });
  return response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}

function xml(response: ServerResponse, root: string, body: string): unknown {
  response.writeHead(200, { "content-type": "application/xml" });
  return response.end(`<?xml version="1.0" encoding="UTF-8"?><${root}>${body}</${root}>`);
}

function encode(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
