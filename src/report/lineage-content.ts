import type { Database } from "../database/index.js";
import { LIMIT } from "./limit.js";

/** One identity or address of the lineage, with the credentials that it is known by. */
export interface LineageNode {
  /** ARN of an identity, a credential whose identity is not known, or `address <ip>`. */
  id: string;
  credentials: string[];
  /** When the attacker held it first; null where nothing says so. */
  since: string | null;
  /** True for what the analyst named in reference/ioc.csv. */
  isNamed: boolean;
}

/** Calls by which one identity brought another into being, or an address that two of them share. */
export interface LineageEdge {
  parent: string;
  child: string;
  via: string;
  calls: number;
  first_time: string | null;
  artifact_id: number | null;
  record_no: number | null;
  /** Identifiers in the record name both ends; otherwise only an address joins them. */
  isStrong: boolean;
}

/** Who got what from whom, as far as it concerns the attacker. */
export interface Lineage {
  nodes: LineageNode[];
  edges: LineageEdge[];
  /** Edges that were left out because there are too many. */
  leftOut: number;
}

interface Flag {
  kind: string;
  value: string;
  principal: string | null;
  since: string | null;
  via: string;
}

const ACTOR = `
    actor as (
        select credential, min(principal) as principal
        from v_actor
        where credential is not null
        group by credential
    )`;

/** Reads the edges between identities that the attacker held; without indicators, between identities with findings. */
export async function readLineage(database: Database, suspects: readonly string[]): Promise<Lineage> {
  const flags = await database.rows<Flag>(
    `with ${ACTOR}
     select kind, value, actor.principal, since, via
     from v_flagged
     left join actor on actor.credential = v_flagged.value
     order by since, kind, value
     limit ${LIMIT.lineageFlags}`,
  );
  const all = await database.rows<Omit<LineageEdge, "isStrong"> & { credentials: string[] }>(
    `with ${ACTOR},
     held as materialized (
         select value from v_flagged where kind <> 'address'
         union
         select unnest($suspects::varchar::json::varchar[]) where not exists (from v_flagged)
     ),
     edge as (
         select
             coalesce(giver.principal, regexp_replace(parent, '#.*$', '')) as parent,
             coalesce(taker.principal, regexp_replace(child, '#.*$', '')) as child,
             child as credential,
             via,
             event_time,
             artifact_id,
             record_no
         from v_lineage
         left join actor as giver on giver.credential = v_lineage.parent
         left join actor as taker on taker.credential = v_lineage.child
     )
     select
         parent,
         child,
         regexp_replace(via, '\\d{8}(v\\d)?$', '') as via,
         count(*) as calls,
         min(event_time) as first_time,
         arg_min(artifact_id, (event_time, artifact_id, record_no)) as artifact_id,
         arg_min(record_no, (event_time, artifact_id, record_no)) as record_no,
         list(distinct credential order by credential)[:${LIMIT.lineageCredentials}] as credentials
     from edge
     where parent <> child
         and (credential in (from held) or child in (from held))
     group by all
     order by first_time nulls last, parent, child, via`,
    { suspects: JSON.stringify(suspects) },
  );
  const edges = [
    ...all.slice(0, LIMIT.lineageEdges).map(({ credentials: _, ...edge }) => ({ ...edge, isStrong: true })),
    ...sharedAddresses(flags),
  ];
  const ids = [...new Set(edges.flatMap((edge) => [edge.parent, edge.child]))];
  const nodes = ids.map((id) => nodeOf(id, flags, all));
  return { nodes, edges, leftOut: Math.max(0, all.length - LIMIT.lineageEdges) };
}

/** An address that a flagged credential used and from which another credential was used makes two weak edges. */
function sharedAddresses(flags: readonly Flag[]): LineageEdge[] {
  const principalOf = (credential: string) =>
    flags.find((flag) => flag.value === credential)?.principal ?? credential.replace(/#.*$/, "");
  const edge = (parent: string, child: string, via: string, first_time: string | null): LineageEdge => ({
    parent,
    child,
    via,
    calls: 1,
    first_time,
    artifact_id: null,
    record_no: null,
    isStrong: false,
  });
  const taken = flags.flatMap((flag) => {
    const address = /^used from (.+)$/.exec(flag.via)?.[1];
    return flag.kind === "credential" && address !== undefined ? [{ flag, address }] : [];
  });
  const addresses = new Set(taken.map(({ address }) => address));
  const users = flags.flatMap((flag) => {
    const user = /^used by (.+)$/.exec(flag.via)?.[1];
    if (flag.kind !== "address" || user === undefined || !addresses.has(flag.value)) return [];
    return [edge(principalOf(user), `address ${flag.value}`, "used", flag.since)];
  });
  const used = taken.map(({ flag, address }) =>
    edge(`address ${address}`, flag.principal ?? flag.value, "used from there", flag.since),
  );
  return [...users, ...used];
}

function nodeOf(
  id: string,
  flags: readonly Flag[],
  edges: readonly { child: string; credentials: string[] }[],
): LineageNode {
  const own = flags.filter(
    ({ kind, value, principal }) =>
      principal === id ||
      value === id ||
      (kind === "address" ? `address ${value}` === id : value.startsWith(`${id}#`)),
  );
  const issued = edges.filter((edge) => edge.child === id).flatMap((edge) => edge.credentials);
  const credentials = [
    ...own.filter((flag) => flag.kind === "credential").map((flag) => flag.value),
    ...issued,
  ].filter((credential) => credential !== id);
  return {
    id,
    credentials: [...new Set(credentials)].slice(0, LIMIT.lineageCredentials),
    since:
      own
        .map((flag) => flag.since)
        .filter((since) => since !== null)
        .sort()[0] ?? null,
    isNamed: own.some((flag) => flag.via === "named in ioc.csv"),
  };
}
