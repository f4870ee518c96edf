import { gunzipSync } from "node:zlib";

/** Bytes that a digest or a log file may inflate to; CloudTrail's are far smaller. */
const LARGEST = 2 ** 30;

/**
 * The content of a file that is gzip or plain, with a sentence when it is not exactly one gzip stream: bytes after the
 * stream are none of CloudTrail's and a place to hide things.
 */
export function inflateOnce(bytes: Buffer): { bytes: Buffer; problem: string | null } {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { bytes, problem: null };
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      info: true,
      maxOutputLength: LARGEST,
    } as never) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const trailing = bytes.length - engine.bytesWritten;
    return { bytes: buffer, problem: trailing === 0 ? null : `${trailing} bytes follow its gzip stream` };
  } catch (error) {
    return {
      bytes: Buffer.alloc(0),
      problem: `it is not one whole gzip stream: damaged, or followed by other bytes (${(error as Error).message})`,
    };
  }
}
