/** Reports: rows of a case database to documents. Reads no evidence, no clock and no environment. */
export { custodyPage } from "./custody-page.js";
export type {
  Bag,
  CaseStatus,
  CoverageRow,
  CustodyRecord,
  Frameworks,
  QueryFacts,
  ReportCase,
  ReportInput,
  VerificationResult,
} from "./input.js";
export { escapeMarkdown } from "./markdown.js";
export { type ReportFile, type WrittenReport, writeReport } from "./write-report.js";
