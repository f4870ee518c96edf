import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Shares of requests that fare ill; each is drawn from a seeded sequence, so that a failure can be had again. */
export interface Weather {
  seed: number;
  /** 503 SlowDown. */
  throttle: number;
  /** The connection is destroyed before the answer. */
  drop: number;
  /** The body ends in the middle. */
  cut: number;
  /** One bit of the body flips. Only bodies of objects: XML has no checksum, TLS guards it in earnest. */
  flip: number;
  /** Milliseconds before every answer, at most. */
  delay: number;
}

export const CALM: Weather = { seed: 1, throttle: 0, drop: 0, cut: 0, flip: 0, delay: 0 };

export interface FaultProxy {
  endpoint: string;
  weather: Weather;
  /** What was done to how many requests. */
  done: Record<string, number>;
  close(): Promise<void>;
}

/** Stands between client and server on 127.0.0.1 and spoils a share of the answers. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  let turn = 0;
  const random = (): number => {
    // mulberry32: small, and the same everywhere.
    let value = (proxy.weather.seed * 0x9e3779b9 + ++turn * 0x6d2b79f5) | 0;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  const happens = (what: "throttle" | "drop" | "cut" | "flip"): boolean => {
    if (random() >= proxy.weather[what]) return false;
    proxy.done[what] = (proxy.done[what] ?? 0) + 1;
    return true;
  };

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (proxy.weather.delay > 0) await sleep(random() * proxy.weather.delay);
    if (happens("throttle")) {
      outgoing.writeHead(503, { "content-type": "application/xml" });
      outgoing.end("<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");
      return;
    }
    if (happens("drop")) return void incoming.socket.destroy();
    const { method, url, headers } = incoming;
    const forward = request({ hostname, port, method, path: url, headers });
    incoming.pipe(forward);
    const [answer] = (await once(forward, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isObject = (url ?? "").includes("x-id=GetObject") && (answer.statusCode ?? 0) < 300;
    if (isObject && body.length > 0 && happens("flip"))
      body[Math.floor(random() * body.length)]! ^= 1 << Math.floor(random() * 8);
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    if (isObject && body.length > 1 && happens("cut")) {
      outgoing.write(body.subarray(0, Math.floor(random() * body.length)), () => outgoing.socket?.destroy());
      return;
    }
    outgoing.end(method === "HEAD" ? undefined : body);
  }

  const http = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    weather: CALM,
    done: {},
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return proxy;
}
