import { stringify } from "yaml";
import type { Archive } from "./archive.js";
import { BASE_FROM, CASE_FROM, CASE_TO, iso } from "./clock.js";
import { ACCOUNT, REGIONS } from "./place.js";

/** Writes `case.yaml` as the examiner of the sample would have filled it. */
export function writeCase(archive: Archive): void {
  archive.write(
    "case.yaml",
    stringify({
      id: "acme-2026-03",
      title: "Acme support assistant",
      examiner: "Example Examiner",
      organisation: "Acme",
      case_from: iso(CASE_FROM),
      case_to: iso(CASE_TO),
      base_from: iso(BASE_FROM),
      base_to: iso(CASE_FROM),
      accounts: [ACCOUNT],
      regions: REGIONS,
    }),
  );
}
