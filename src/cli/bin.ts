#!/usr/bin/env node
import { main } from "./main.js";
import { version } from "./version.js";

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());
process.once("SIGTERM", () => interruption.abort());
// A reader that closed the pipe (`| head`) has seen enough; the command still ends as it should, with its entry of the custody log.
let isClosed = false;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  isClosed = true;
});

process.exitCode = await main(process.argv.slice(2), {
  out: (data) => void (isClosed || process.stdout.write(data)),
  note: (text) => void process.stderr.write(text),
  interactive: process.stderr.isTTY === true,
  now: () => new Date(),
  newId: () => crypto.randomUUID(),
  signal: interruption.signal,
  version,
});
