import type { Archive } from "./archive.js";
import { AFTER, BEFORE, Collection } from "./collection.js";
import type { DigestDelivery } from "./digest.js";
import { collectSecurityHub, writeGuardDuty } from "./finding.js";
import { collectIam } from "./iam.js";
import { writeLogExports } from "./log-export.js";
import { collectMetrics } from "./metric.js";
import { collectObjects } from "./object-version.js";
import type { Observation } from "./observation.js";
import { collectBedrock } from "./snapshot-bedrock.js";
import { collectNetwork } from "./snapshot-network.js";
import { collectSageMaker } from "./snapshot-sagemaker.js";
import { collectTraces } from "./snapshot-trace.js";

/** Writes everything that was asked of the APIs, before and after, and what the detectors exported. */
export function writeConfiguration(
  archive: Archive,
  digests: DigestDelivery,
  from: number,
  seen: Observation,
): void {
  for (const at of [BEFORE, AFTER]) {
    const collection = new Collection(archive, at);
    collectBedrock(collection);
    collectSageMaker(collection);
    collectNetwork(collection);
    collectTraces(collection);
    collectObjects(collection);
    if (!collection.after) continue;
    collectIam(collection);
    collectSecurityHub(collection);
    collectMetrics(collection, seen);
    writeLogExports(archive, collection, seen.calls);
    digests.publicKeys((region) => collection.folder(region), from);
  }
  writeGuardDuty(archive);
}
