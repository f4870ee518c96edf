/**
 * Runs command lines, given as JSON, one after the other in one process and prints the URL of every module that was resolved on the
 * way, one a line: `LINES`.
 */
import { register } from "node:module";
import { MessageChannel } from "node:worker_threads";
import type { Terminal } from "../../../src/cli/terminal.js";

const hook = `
let port;
export const initialize = (data) => { port = data.port; };
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  port.postMessage(found.url);
  return found;
}`;
const { port1, port2 } = new MessageChannel();
const loaded: string[] = [];
port1.on("message", (url: string) => loaded.push(url));
port1.unref();
register(`data:text/javascript,${encodeURIComponent(hook)}`, {
  data: { port: port2 },
  transferList: [port2],
});

const { main } = await import("../../../src/cli/main.js");
const notes: string[] = [];
const terminal: Terminal = {
  out: () => undefined,
  note: (text) => notes.push(text),
  interactive: false,
  now: () => new Date(0),
  newId: () => "case-7",
  signal: new AbortController().signal,
  version: "0.0.0-test",
};
for (const line of JSON.parse(process.argv[2] ?? "[]") as string[][]) await main(line, terminal);
await new Promise((resolve) => setTimeout(resolve, 50)); // the last messages of the hook
process.stderr.write(notes.join(""));
process.stdout.write(loaded.join("\n"));
