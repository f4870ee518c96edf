import { Graph, layout } from "@dagrejs/dagre";
import { curveBasis, line } from "d3-shape";
import { clip, figure, INK, label, SOFT, WIDTH } from "./figure.js";
import { type Content, html, Markup, numeric, rounded } from "./html.js";
import { LIMIT } from "./limit.js";
import type { Lineage, LineageEdge, LineageNode } from "./lineage-content.js";
import { shortActor } from "./part.js";
import { counted, formatTime } from "./visible.js";

interface Point {
  x: number;
  y: number;
}
/** An arrow: all calls between the same two nodes. */
interface Arrow {
  parent: string;
  child: string;
  lines: string[];
  isStrong: boolean;
}

const LETTER = 6.4;
const SMALL = 5.9;
const LINE = 15;

/** The lineage as a graph from top to bottom, laid out by dagre; what does not fit is in the table. */
export function lineagePicture(lineage: Lineage): Markup {
  const shown = lineage.nodes.slice(0, LIMIT.lineageNodes);
  // Names of the evidence are no names for the graph: dagre keeps them as members of plain objects.
  const keys = new Map(shown.map((node, index) => [node.id, `n${index}`]));
  const keyOf = (id: string) => keys.get(id) ?? "";
  const arrows = arrowsOf(lineage.edges.filter((edge) => keys.has(edge.parent) && keys.has(edge.child)));
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 34, ranksep: 26, edgesep: 18, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of shown) graph.setNode(keyOf(node.id), sizeOf(node));
  for (const { parent, child, lines } of arrows) {
    const width = Math.max(...lines.map((text) => text.length)) * SMALL + 12;
    graph.setEdge(keyOf(parent), keyOf(child), { width, height: lines.length * 14 + 4, labelpos: "c" });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const full = Math.max(WIDTH, width);
  const shift = (full - width) / 2;
  const left = lineage.nodes.length - shown.length;
  return figure(
    {
      id: "lineage-graph",
      title: "Which identity came out of which",
      caption: html`<b>Who got what from whom.</b> Red frames: held by the attacker, double where the analyst named it. Solid arrows: the record names both ends; dashed: only the address is the same.${left > 0 ? ` ${counted(left, "further identity", "further identities")} in the table only.` : ""}`,
      description: html`${arrows.map(({ parent, child, lines }) => `${nameOf(parent)} to ${nameOf(child)}: ${lines.join(", ")}. `)}`,
    },
    height,
    html`<g transform="translate(${rounded(shift)} 0)">${arrows.map((arrow) => arrowPart(arrow, graph.edge(keyOf(arrow.parent), keyOf(arrow.child)) as { points: Point[] } & Point))}
${shown.map((node) => nodePart(node, graph.node(keyOf(node.id)) as Point & { width: number; height: number }))}</g>
`,
    { width: full },
  );
}

function arrowsOf(edges: readonly LineageEdge[]): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const { parent, child, via, calls, first_time, isStrong } of edges) {
    const key = JSON.stringify([parent, child]);
    const arrow = arrows.get(key) ?? { parent, child, lines: [], isStrong };
    arrows.set(key, arrow);
    const text = `${clip(via, 34)}${calls > 1 ? ` ×${calls}` : ""} ${formatTime(first_time).slice(11, 19)}`;
    if (arrow.lines.length < 4) arrow.lines.push(text.trim());
    arrow.isStrong ||= isStrong;
  }
  return [...arrows.values()];
}

function nameOf(id: string): string {
  return id.startsWith("arn:") ? shortActor(id) : id;
}

/** Lines below the name: the credentials, and since when the attacker held it. */
function detailOf(node: LineageNode): string[] {
  const known = node.credentials.map((credential) => {
    const suffix = /#(.+)$/.exec(credential)?.[1];
    if (suffix === "console") return "console sign-in";
    if (suffix === "bearer") return "Bedrock API key";
    return clip(shortActor(credential), 30);
  });
  const since = node.since === null ? [] : [`held since ${formatTime(node.since).slice(5)}`];
  return [...known.slice(0, 4), ...(known.length > 4 ? [`and ${known.length - 4} more`] : []), ...since];
}

function sizeOf(node: LineageNode): { width: number; height: number } {
  const detail = detailOf(node);
  const longest = Math.max(
    clip(nameOf(node.id), 34).length * LETTER * 1.12,
    ...detail.map((text) => text.length * SMALL),
  );
  return { width: longest + 24, height: 14 + LINE * (detail.length + 1) };
}

function nodePart(
  node: LineageNode,
  { x, y, width, height }: Point & { width: number; height: number },
): Content {
  const [left, top] = [x - width / 2, y - height / 2];
  const isHeld = node.since !== null;
  const frame = html`rx="4" fill="${isHeld ? "#fdf3f4" : "#f3f5f7"}" stroke="${isHeld ? "#7d0f24" : SOFT}"`;
  return html`<g><title>${node.id}</title><rect x="${rounded(left)}" y="${rounded(top)}" width="${rounded(width)}" height="${rounded(height)}" ${frame} stroke-width="${isHeld ? 1.8 : 1}"/>${
    node.isNamed
      ? html`<rect x="${rounded(left + 3)}" y="${rounded(top + 3)}" width="${rounded(width - 6)}" height="${rounded(height - 6)}" rx="3" fill="none" stroke="#7d0f24" stroke-width="0.8"/>`
      : null
  }${label(x, top + 20, clip(nameOf(node.id), 34), { size: 12.5, anchor: "middle", weight: 600 })}${detailOf(
    node,
  ).map((text, index) =>
    label(x, top + 20 + LINE * (index + 1), text, { size: 11, anchor: "middle", fill: SOFT }),
  )}</g>
`;
}

function arrowPart({ lines, isStrong }: Arrow, { points, x, y }: { points: Point[] } & Point): Content {
  const path =
    line<Point>(
      (point) => point.x,
      (point) => point.y,
    ).curve(curveBasis)(points) ?? "";
  const tip = points.at(-1) ?? { x, y };
  const before = points.at(-2) ?? tip;
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  const corner = (turn: number) => [tip.x - 9 * Math.cos(angle + turn), tip.y - 9 * Math.sin(angle + turn)];
  const [[ax, ay], [bx, by]] = [corner(0.42), corner(-0.42)] as [[number, number], [number, number]];
  const wide = Math.max(...lines.map((text) => text.length)) * SMALL + 8;
  const top = y - lines.length * 7;
  return html`<path d="${new Markup(path)}" fill="none" stroke="${INK}" stroke-width="1.3"${isStrong ? null : html` stroke-dasharray="5 4"`}/><path d="${numeric(["M", tip.x, tip.y, "L", ax, ay, "L", bx, by, "Z"])}" fill="${INK}"/><rect x="${rounded(x - wide / 2)}" y="${rounded(top - 2)}" width="${rounded(wide)}" height="${lines.length * 14 + 4}" fill="#fff" fill-opacity="0.92"/>${lines.map(
    (text, index) => label(x, top + 10 + index * 14, text, { size: 11, anchor: "middle" }),
  )}
`;
}
