/** A line of marks for a source in one place: which stretches of the period it has rows in. */
const MARK = { all: "█", some: "▒", none: "·", blind: "×" } as const;

export const STRIP_LEGEND = `${MARK.all} rows in every hour   ${MARK.some} in some hours   ${MARK.none} none   ${MARK.blind} none, and by evidence the log was off`;

const HOUR = 3_600_000;
/** Widths of a mark, in hours; the last ones are weeks, quarters and decades, for forged dates. */
const WIDTHS = [1, 2, 3, 4, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760, 87_600, 876_000];
const MOST_CELLS = 48;

/** The period that all lines of a page share, cut into cells of equal length. */
export interface Strip {
  from: number;
  /** Milliseconds. */
  cell: number;
  cells: number;
}

/** Cuts a period into at most 48 cells of whole hours; null when it has no length. Times are ISO 8601. */
export function stripOf(from: string | null, to: string | null): Strip | null {
  const begin = Math.floor(Date.parse(from ?? "") / HOUR) * HOUR;
  const end = Math.ceil(Date.parse(to ?? "") / HOUR) * HOUR;
  if (!(end > begin)) return null;
  const hours = (end - begin) / HOUR;
  const width = WIDTHS.find((each) => hours / each <= MOST_CELLS) ?? Math.ceil(hours / MOST_CELLS);
  return { from: begin, cell: width * HOUR, cells: Math.ceil(hours / width) };
}

/** What one mark stands for: `an hour`, `6 hours`, `2 days`. */
export function cellText({ cell }: Strip): string {
  const hours = cell / HOUR;
  if (hours === 1) return "an hour";
  if (hours < 48) return hours === 24 ? "a day" : `${hours} hours`;
  return `${hours / 24} days`;
}

/** Marks of the hours that have rows; `blind` are intervals in milliseconds. */
export function stripLine(strip: Strip, hours: Iterable<number>, blind: [number, number][]): string {
  const full = new Array<number>(strip.cells).fill(0);
  for (const hour of hours) {
    const cell = Math.floor((hour - strip.from) / strip.cell);
    if (cell >= 0 && cell < strip.cells) full[cell] = (full[cell] ?? 0) + 1;
  }
  return full
    .map((count, cell) => {
      if (count >= strip.cell / HOUR) return MARK.all;
      if (count > 0) return MARK.some;
      const begin = strip.from + cell * strip.cell;
      const off = blind.some(([from, to]) => from < begin + strip.cell && to > begin);
      return off ? MARK.blind : MARK.none;
    })
    .join("");
}

/** A ruler over the marks: hours within a day or two, else dates. */
export function stripRuler({ from, cell, cells }: Strip): string {
  const ruler = new Array<string>(cells).fill(" ");
  const put = (place: number, text: string): void => {
    const before = place === 0 ? " " : ruler[place - 1];
    const free = ruler.slice(place, place + text.length).every((mark) => mark === " ");
    if (before !== " " || !free || place + text.length > cells) return;
    for (const [index, mark] of [...text].entries()) ruler[place + index] = mark;
  };
  const days = (cell * cells) / (24 * HOUR);
  const moment = (place: number): string => new Date(from + place * cell).toISOString();
  for (let place = 0; place < cells; place++) {
    const at = moment(place);
    if (days > 366) {
      if (place % 8 === 0) put(place, at.slice(0, at.indexOf("T") - 3));
    } else if (cell >= 24 * HOUR || at.slice(11, 13) === "00") {
      if (days > 1) put(place, at.slice(5, 10));
      else put(place, at.slice(11, 13));
    } else if (days <= 2 && Number(at.slice(11, 13)) % 6 === 0) put(place, at.slice(11, 13));
  }
  return ruler.join("").trimEnd();
}
