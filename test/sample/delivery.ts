import type { Archive } from "./archive.js";
import { HOUR } from "./clock.js";
import { CloudTrailDelivery } from "./cloudtrail-delivery.js";
import { DigestDelivery } from "./digest.js";
import type { Journal } from "./journal.js";
import { AccessDelivery, CaptureDelivery, InvocationDelivery } from "./log-delivery.js";
import { Observation } from "./observation.js";
import { emptyTally, type Tally } from "./tally.js";
import { FlowDelivery } from "./vpc-flow.js";

/** Turns what happens in an hour into the files that AWS delivers for it; nothing of an hour is kept after it. */
export class Delivery {
  readonly tally: Tally = emptyTally();
  readonly digests: DigestDelivery;
  readonly seen = new Observation();
  readonly #cloudtrail: CloudTrailDelivery;
  readonly #access: AccessDelivery;
  readonly #invocation: InvocationDelivery;
  readonly #flow: FlowDelivery;
  readonly #capture: CaptureDelivery;

  constructor(archive: Archive) {
    this.#cloudtrail = new CloudTrailDelivery(archive, this.tally);
    this.digests = new DigestDelivery(archive, this.tally);
    this.#access = new AccessDelivery(archive, this.tally);
    this.#invocation = new InvocationDelivery(archive, this.tally);
    this.#flow = new FlowDelivery(archive, this.tally);
    this.#capture = new CaptureDelivery(archive, this.tally);
  }

  /** A journal whose entries are the story's own, or those of a tenant, which have no defects. */
  journal(own: boolean): Journal {
    return {
      event: (record) => {
        if (own) this.seen.see(record);
        this.#cloudtrail.add(record, own);
      },
      access: (line) => this.#access.add(line, own),
      invocation: (record) => this.#invocation.add(record),
      flow: (flow) => this.#flow.add(flow),
      capture: (record) => this.#capture.add(record),
    };
  }

  /** Begins an hour. */
  begin(hour: number): void {
    this.#cloudtrail.begin(hour);
    this.#access.begin(hour);
  }

  /** Ends an hour: writes its files, and the digest of the hour in which its log files arrive. */
  async end(hour: number, last: boolean): Promise<void> {
    const delivered = this.#cloudtrail.flush();
    this.#access.flush();
    this.#invocation.flush();
    this.#capture.flush();
    await this.#flow.flush();
    this.digests.write(hour + HOUR, delivered, last);
  }
}
