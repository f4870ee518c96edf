/**
 * Looks at a page from inside. Each function runs in the page and may use nothing from around it; each answers with what is wrong,
 * as sentences.
 */

/** Texts whose contrast with what is behind them is below WCAG 2 AA (4.5, large text 3). */
export function lowContrast(): string[] {
  type Colour = [number, number, number, number];
  const parse = (text: string): Colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return text === "none" ? [0, 0, 0, 0] : [red, green, blue, alpha];
  };
  const over = (front: Colour, back: Colour): Colour => {
    const mix = (index: 0 | 1 | 2) => front[index] * front[3] + back[index] * (1 - front[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const luminance = ([red, green, blue]: Colour): number => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backOf = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, backOf(element.parentElement));
  };
  /** What shapes drawn before a text of a picture leave behind its middle. */
  const drawnBehind = (text: SVGTextElement, svg: SVGSVGElement): Colour => {
    const box = text.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    let back = backOf(svg);
    for (const shape of svg.querySelectorAll("rect")) {
      if ((text.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_PRECEDING) === 0) continue;
      const area = shape.getBoundingClientRect();
      if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
      const style = getComputedStyle(shape);
      const fill = parse(style.fill);
      back = over([fill[0], fill[1], fill[2], fill[3] * Number(style.fillOpacity)], back);
    }
    return back;
  };
  const found = new Map<string, string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || (node.textContent ?? "").trim() === "") continue;
    if (element.closest("title, desc, .skip") !== null) continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGTextElement;
    const svg = isDrawn ? element.ownerSVGElement : null;
    const back = isDrawn && svg !== null ? drawnBehind(element, svg) : backOf(element);
    const ink = over(parse(isDrawn ? style.fill : style.color), back);
    const [light, dark] = [luminance(ink), luminance(back)].sort((left, right) => right - left) as [
      number,
      number,
    ];
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio >= (isLarge ? 3 : 4.5)) continue;
    const place = `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
    found.set(place, `${place} ${ratio.toFixed(2)}: ${(node.textContent ?? "").trim().slice(0, 60)}`);
  }
  return [...found.values()];
}

/** What sticks out: of the page, of a table's frame, of a picture, and texts of one picture that lie on one another. */
export function outOfPlace(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    found.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  for (const frame of document.querySelectorAll<HTMLElement>(".table")) {
    if (frame.scrollWidth > frame.clientWidth + 1)
      found.push(`table ${frame.getAttribute("aria-label")}: ${frame.scrollWidth} in ${frame.clientWidth}`);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const name = svg.querySelector("title")?.textContent ?? "";
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((text) => ({
      words: text.textContent ?? "",
      box: text.getBoundingClientRect(),
    }));
    for (const { words, box } of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1)
        found.push(`${name}: “${words}” is cut at the edge`);
    }
    for (const [index, { words, box }] of texts.entries()) {
      for (const other of texts.slice(index + 1)) {
        const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (wide > 2 && high > 4) found.push(`${name}: “${words}” lies on “${other.words}”`);
      }
    }
  }
  return found;
}

/** What somebody who does not see the page would miss. */
export function unheard(): string[] {
  const found: string[] = [];
  for (const name of ["header", "nav", "main", "footer"]) {
    const count = document.querySelectorAll(`body ${name}`).length;
    if (count !== 1) found.push(`${count} ${name}`);
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  if (headings.filter((heading) => heading.tagName === "H1").length !== 1) found.push("not one h1");
  let level = 0;
  for (const heading of headings) {
    const own = Number(heading.tagName.slice(1));
    if (own > level + 1) found.push(`h${own} after h${level}: ${heading.textContent?.slice(0, 60)}`);
    if ((heading.textContent ?? "").trim() === "") found.push(`an h${own} without words`);
    level = own;
  }
  for (const table of document.querySelectorAll("table")) {
    if ((table.caption?.textContent ?? "").trim() === "") found.push("a table without a caption");
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    const columns = table.tBodies[0]?.rows[0]?.cells.length ?? 0;
    if (heads.length !== columns || heads.some((head) => head.scope !== "col" || head.textContent === ""))
      found.push(`heads of ${table.caption?.textContent?.slice(0, 60)}`);
  }
  for (const svg of document.querySelectorAll("svg:not([aria-hidden=true])")) {
    const [name, text] = ["title", "desc"].map(
      (part) => svg.querySelector(`:scope > ${part}`)?.textContent ?? "",
    );
    if (!["img", "group"].includes(svg.getAttribute("role") ?? "") || name === "" || text === "")
      found.push(`a picture without name or description: ${name}`);
  }
  if (document.documentElement.lang === "") found.push("no language");
  return found;
}

/**
 * What of a printed page would be cut: figures and rows that are higher than a sheet or may be torn, what is wider than one. Run with
 * media print.
 */
export function torn(sheet: number): string[] {
  const found: string[] = [];
  for (const part of document.querySelectorAll("figure, tr")) {
    const { height } = part.getBoundingClientRect();
    const name = (part.textContent ?? "").trim().slice(0, 60);
    if (height > sheet) found.push(`${Math.round(height)} high: ${name}`);
    if (getComputedStyle(part).breakInside !== "avoid") found.push(`may be torn: ${name}`);
  }
  const root = document.documentElement;
  for (const table of document.querySelectorAll("table, svg")) {
    const { right } = table.getBoundingClientRect();
    if (right > root.clientWidth + 1)
      found.push(`beyond the sheet: ${(table.textContent ?? "").trim().slice(0, 60)}`);
  }
  return found;
}
