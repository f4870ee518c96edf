import type { ReportContent } from "./content.js";
import { html } from "./html.js";
import type { LineageEdge } from "./lineage-content.js";
import { lineagePicture } from "./lineage-picture.js";
import { code, type Section, shortActor, table, verdict } from "./part.js";
import { counted, formatCount, formatTime } from "./visible.js";

/** Which identity came out of which: as a graph, and as a table with the records. */
export function lineageSection({ lineage }: ReportContent): Section {
  const identities = lineage.nodes.filter((node) => !node.id.startsWith("address "));
  const body =
    lineage.edges.length === 0
      ? verdict(
          "No record shows that an identity of the findings made, changed or assumed another one. Links that the evidence does not name are not drawn.",
        )
      : html`${verdict(
          `${counted(identities.length, "identity", "identities")} hang together: each was made, changed or assumed by another, or used from the same address.`,
        )}
${lineagePicture(lineage)}
${table(
  "Steps from one identity to the next",
  lineage.edges,
  [
    { title: "First (UTC)", kind: "time", cell: (edge) => formatTime(edge.first_time) },
    { title: "From", kind: "name", cell: (edge) => nameOf(edge.parent) },
    { title: "By", cell: (edge) => html`<b>${edge.via}</b>` },
    { title: "To", kind: "name", cell: (edge) => nameOf(edge.child) },
    { title: "Calls", kind: "number", cell: (edge) => (edge.isStrong ? formatCount(edge.calls) : "–") },
    { title: "Record", cell: recordOf },
  ],
  lineage.leftOut > 0 ? { note: `${formatCount(lineage.leftOut)} further steps are not shown` } : {},
)}`;
  return { id: "lineage", title: "Lineage of identities", body, leaf: true };
}

function nameOf(id: string) {
  return id.startsWith("arn:") ? shortActor(id) : code(id);
}

function recordOf({ artifact_id, record_no, isStrong }: LineageEdge) {
  if (!isStrong) return html`<span class="soft">same address</span>`;
  return html`<span class="mono whole">${artifact_id}/${record_no}</span>`;
}
