/** How much of the evidence goes into the page; whatever is left out is counted there and stands in the other files. */
export const LIMIT = {
  /** Actors with a part of their own, findings of one in full, and in a line each. */
  actors: 80,
  furtherFindings: 300,
  findingsOfActor: 150,
  /** Stretches of records (`12/1–12/480`) of one finding. */
  recordStretches: 48,
  /** Lines of the timeline's table. */
  timelineLines: 300,
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
  /** Closer pictures of its densest stretches. */
  insets: 2,
  /** Findings that the picture names over all lanes, and in one lane at least and at most. */
  findingsNamed: 60,
  namedOfLane: [6, 24],
  /** Steps of the lineage, identities of its graph, credentials of one of them, flags that are looked at. */
  lineageEdges: 200,
  lineageNodes: 28,
  lineageCredentials: 12,
  lineageFlags: 2_000,
  /** Chains of sequences, and stretches of records of one of their steps. */
  chains: 60,
  chainRecords: 6,
  /** Lines of the story in the summary. */
  steps: 30,
  /** Findings that an answer names. */
  answerFindings: 6,
  answerLinks: 40,
  techniqueLinks: 60,
  /** Series of one panel that bear a name; the others are one series. */
  series: 5,
  /** Days of the heat map. */
  days: 62,
  /** Columns of the histogram. */
  buckets: 336,
  /** Characters of one value in the page. */
  value: 320,
  /** Characters of one cell of CSV: a spreadsheet holds 32,767. */
  cell: 32_000,
} as const;
