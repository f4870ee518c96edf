/** A clock that stands still: sealed bytes may then be compared. */
export const fixed = { now: () => new Date("2026-03-04T05:06:07.000Z"), version: "0.0.0-test" };
