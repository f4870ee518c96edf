/** Evidence: the case folder, sealed acquisitions, and the custody log. Knows nothing of databases, queries or terminals. */
export {
  type AcquisitionOptions,
  type AcquisitionPreview,
  type AcquisitionProgress,
  type AcquisitionResult,
  acquire,
  previewAcquisition,
} from "./acquire.js";
export type { AcquisitionLine } from "./acquisition-line.js";
export { listArtifacts, type SealedFile } from "./artifact.js";
export type { EvidenceProblem, EvidenceProblemKind } from "./bag-check.js";
export { type Case, openCase } from "./case.js";
export { appendCustody, type CustodyEvent, readCustody } from "./custody.js";
export { type CustodyProblem, type CustodyProblemKind, verifyCustody } from "./custody-chain.js";
export type { CustodyEntry } from "./custody-log.js";
export type { DigestChain } from "./digest/chain.js";
export type { QueryResults } from "./digest/query-results.js";
export { type DigestValidation, validateDigests } from "./digest/validate.js";
export type { DigestVerdict, Judged } from "./digest/verdict.js";
export { readVerdicts, type VerdictLine, verdictLines, writeVerdicts } from "./digest/verdict-file.js";
export { errorCode, reasonOf } from "./failure.js";
export { hashFile, sha256 } from "./hash.js";
export { type CaseStatement, initCase } from "./init.js";
export type { Outcome } from "./origins/origin.js";
export type { S3Options } from "./origins/s3-origin.js";
export { REFERENCE_TABLES, type ReferenceTable } from "./reference.js";
export { printable } from "./safe-path.js";
export { generateKeys, type Signed, signCase, verifySignatures } from "./sign.js";
export { type Verification, type VerificationProgress, verifyEvidence } from "./verify.js";
export { openZipMembers, ZIP_BOUNDS, type ZipBounds, type ZipMember } from "./zip.js";
