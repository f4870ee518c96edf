import { HOUR } from "./clock.js";
import type { CloudTrailRecord } from "./cloudtrail.js";

/** A call of a function, which its own log repeats. */
export interface FunctionCall {
  readonly at: number;
  readonly functionName: string;
  readonly requestId: string;
}

/** What the events of the story imply for logs and metrics that are written at the end. */
export class Observation {
  readonly calls: FunctionCall[] = [];
  /** Successful invocations by `region|model` and hour. */
  readonly invocations = new Map<string, Map<number, number>>();
  /** Mails by hour. */
  readonly mails = new Map<number, number>();

  /** Events by access key and by source address. */
  readonly keys = new Map<string, number>();
  readonly addresses = new Map<string, number>();

  /** Takes note of an event. */
  see(record: CloudTrailRecord): void {
    const at = Date.parse(record.eventTime) / 1000;
    const hour = at - (at % HOUR);
    const { accessKeyId } = record.userIdentity as { accessKeyId?: string };
    if (accessKeyId) this.keys.set(accessKeyId, (this.keys.get(accessKeyId) ?? 0) + 1);
    const address = record.sourceIPAddress as string;
    this.addresses.set(address, (this.addresses.get(address) ?? 0) + 1);
    const request = record.requestParameters as Record<string, string> | null;
    if (record.eventName === "Invoke" && record.eventSource === "lambda.amazonaws.com") {
      const functionName = request!.functionName!.split(":").at(-1)!;
      this.calls.push({ at, functionName, requestId: record.requestID });
    } else if (record.eventName === "SendEmail") {
      this.mails.set(hour, (this.mails.get(hour) ?? 0) + 1);
    } else if (/^(InvokeModel|Converse)/.test(record.eventName) && record.errorCode === undefined) {
      const name = `${record.awsRegion}|${request!.modelId}`;
      const hours = this.invocations.get(name) ?? new Map<number, number>();
      this.invocations.set(name, hours);
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
    }
  }
}
