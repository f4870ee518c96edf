/** What was written, counted by the writer; the answer key states it and the test counts it again by reading. */
export interface Tally {
  cloudtrail: number;
  management: number;
  data: number;
  incidentDay: number;
  attacker: number;
  cloudtrailRepeated: number;
  s3Access: number;
  s3AccessLate: number;
  s3AccessMalformed: number;
  flows: number;
  flowsWithoutData: number;
  invocations: number;
  largeBodies: number;
  captures: number;
  digests: number;
  cloudtrailFiles: number;
}

/** A tally that has seen nothing. */
export function emptyTally(): Tally {
  return {
    cloudtrail: 0,
    management: 0,
    data: 0,
    incidentDay: 0,
    attacker: 0,
    cloudtrailRepeated: 0,
    s3Access: 0,
    s3AccessLate: 0,
    s3AccessMalformed: 0,
    flows: 0,
    flowsWithoutData: 0,
    invocations: 0,
    largeBodies: 0,
    captures: 0,
    digests: 0,
    cloudtrailFiles: 0,
  };
}
