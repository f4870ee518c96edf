export { type AllowRule, readAllowRules, suppressedBy } from "./allow.js";
export { CaseBench, type CaseReading, type QueryCase, readCases } from "./cases.js";
export { type CaseOutcome, type CheckOptions, checkQueries, runCases } from "./check.js";
export {
  BASE_SCORE,
  compareFindings,
  compareSeverity,
  type DetectionResult,
  type DetectionStatus,
  type Finding,
  isSeverity,
  RECORDS_LISTED,
  type RecordReference,
  rankFindings,
  SEVERITIES,
  type Severity,
} from "./finding.js";
export {
  CASE_PARAMETERS,
  ELEMENTS,
  type Element,
  KIND_FOLDERS,
  type Need,
  type ParameterDefinition,
  type ParameterType,
  type Precondition,
  type QueryHeader,
  type QueryKind,
  type StepDefinition,
} from "./header.js";
export { describeQuery } from "./help.js";
export { isKnowledgeCurrent, syncKnowledge } from "./knowledge.js";
export {
  findQuery,
  type LibraryReading,
  loadLibrary,
  loadQuery,
  type Query,
  queryOf,
  readLibrary,
} from "./library.js";
export { compareLock, readLock, updateLock, type VersionLock } from "./lock.js";
export { planExport } from "./made.js";
export { maskFinding, maskResults, maskText, maskValue, type Unmasked } from "./mask.js";
export {
  type CasePeriod,
  canonicalJson,
  type GivenParameters,
  kebab,
  type ResolvedParameters,
  readCasePeriod,
  resolveParameters,
} from "./parameters.js";
export { type CheckProblem, formatProblem } from "./problem.js";
export { type Evaluability, readEvaluability } from "./requirement.js";
export {
  type DetectionOptions,
  type DetectionSelection,
  type QueryAnswer,
  type RunIdentity,
  runDetections,
  runIdOf,
  runQuery,
  type StreamedAnswer,
  selectDetections,
  streamQuery,
} from "./run.js";
export { countRows, planSearch, type Search } from "./search.js";
export {
  runSequences,
  type SequenceChain,
  type SequenceOptions,
  type SequenceResult,
  type SequenceStep,
} from "./sequence.js";
export { type SinceBaseline, sinceBaseline } from "./since-baseline.js";
export { storeRun } from "./store.js";
export {
  type Framework,
  loadVocabulary,
  macroName,
  type Pattern,
  techniqueOf,
  type Vocabulary,
} from "./vocabulary.js";
