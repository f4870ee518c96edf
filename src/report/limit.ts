/** How much of the evidence goes into the page; whatever is left out is counted there and stands in the other files. */
export const LIMIT = {
  /** Findings of one actor in full. */
  findingsOfActor: 150,
  /** Stretches of records (`12/1–12/480`) of one finding. */
  recordStretches: 48,
  /** Lines of the timeline's table. */
  timelineLines: 400,
  /** Files in the appendix. */
  files: 1_000,
  /** Rejects and files without rows. */
  rejects: 200,
  /** Custody entries: the first and the last. */
  custody: 300,
  /** Problems of a verification. */
  problems: 200,
  /** Lanes of the picture. */
  lanes: 12,
  /** Findings that the picture names over all lanes, and in one lane at least and at most. */
  findingsNamed: 42,
  namedOfLane: [6, 24],
  /** Days of the heat map. */
  days: 62,
  /** Columns of the histogram. */
  buckets: 336,
  /** Characters of one value in the page. */
  value: 320,
  /** Characters of one cell of CSV: a spreadsheet holds 32,767. */
  cell: 32_000,
} as const;
