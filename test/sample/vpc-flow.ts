import { DuckDBInstance } from "@duckdb/node-api";
import type { Archive } from "./archive.js";
import { compactMinute, dayOf, dayPath, HOUR, MINUTE } from "./clock.js";
import { gzip } from "./gzip.js";
import { sha256 } from "./identifier.js";
import type { Flow } from "./journal.js";
import { PARQUET_DAY } from "./office.js";
import { ACCOUNT, BUCKET, FLOW_LOG, HOME, VPC } from "./place.js";
import type { Tally } from "./tally.js";

// VPC Flow Logs in the custom format of the sample (formats.md 4): text with a header line, and one day as Parquet.

/** Fields of the flow log in their order, with the type they have in Parquet. */
export const FLOW_FIELDS = [
  ["version", "INTEGER"],
  ["account-id", "VARCHAR"],
  ["interface-id", "VARCHAR"],
  ["srcaddr", "VARCHAR"],
  ["dstaddr", "VARCHAR"],
  ["srcport", "INTEGER"],
  ["dstport", "INTEGER"],
  ["protocol", "INTEGER"],
  ["packets", "BIGINT"],
  ["bytes", "BIGINT"],
  ["start", "BIGINT"],
  ["end", "BIGINT"],
  ["action", "VARCHAR"],
  ["log-status", "VARCHAR"],
  ["vpc-id", "VARCHAR"],
  ["subnet-id", "VARCHAR"],
  ["instance-id", "VARCHAR"],
  ["tcp-flags", "INTEGER"],
  ["type", "VARCHAR"],
  ["pkt-srcaddr", "VARCHAR"],
  ["pkt-dstaddr", "VARCHAR"],
  ["region", "VARCHAR"],
  ["az-id", "VARCHAR"],
  ["pkt-dst-aws-service", "VARCHAR"],
  ["flow-direction", "VARCHAR"],
  ["traffic-path", "INTEGER"],
] as const;

const HEADER = FLOW_FIELDS.map(([name]) => name).join(" ");

function valuesOf(flow: Flow): (string | number)[] {
  const ok = flow.status === "OK";
  const value = (field: string | number | undefined) => (ok ? (field ?? "-") : "-");
  return [
    5,
    ACCOUNT,
    flow.eni,
    value(flow.source),
    value(flow.target),
    value(flow.sourcePort),
    value(flow.targetPort),
    value(6),
    value(flow.packets),
    value(flow.bytes),
    flow.start,
    flow.end,
    value("ACCEPT"),
    flow.status,
    VPC,
    flow.subnet,
    "-",
    value(19),
    value("IPv4"),
    value(flow.packetSource ?? flow.source),
    value(flow.target),
    HOME,
    "use1-az1",
    value(flow.service),
    value("egress"),
    value(flow.path),
  ];
}

/** Writes flow log files: five minutes a file, an hour a file on the Parquet day. */
export class FlowDelivery {
  readonly #archive: Archive;
  readonly #tally: Tally;
  #open: Flow[] = [];

  constructor(archive: Archive, tally: Tally) {
    this.#archive = archive;
    this.#tally = tally;
  }

  add(flow: Flow): void {
    if (flow.status === "OK") this.#tally.flows++;
    else this.#tally.flowsWithoutData++;
    this.#open.push(flow);
  }

  async flush(): Promise<void> {
    const flows = this.#open.sort((a, b) => a.start - b.start);
    this.#open = [];
    if (flows.length === 0) return;
    const parquet = dayOf(flows[0]!.start) === PARQUET_DAY;
    const span = parquet ? HOUR : 5 * MINUTE;
    const groups = new Map<number, Flow[]>();
    for (const flow of flows) {
      const from = flow.start - (flow.start % span);
      const group = groups.get(from);
      if (group) group.push(flow);
      else groups.set(from, [flow]);
    }
    for (const [from, group] of groups) {
      const rows = group.map(valuesOf);
      const stem = this.#stem(from);
      if (parquet) await this.#parquet(`${stem}.log.parquet`, rows);
      else
        this.#archive.write(
          `${stem}.log.gz`,
          gzip(`${[HEADER, ...rows.map((row) => row.join(" "))].join("\n")}\n`),
        );
    }
  }

  #stem(from: number): string {
    const hash = sha256(`flow|${from}`).slice(0, 8);
    const name = `${ACCOUNT}_vpcflowlogs_${HOME}_${FLOW_LOG}_${compactMinute(from)}_${hash}`;
    return `${BUCKET.accessLogs}/AWSLogs/${ACCOUNT}/vpcflowlogs/${HOME}/${dayPath(from)}/${name}`;
  }

  async #parquet(path: string, rows: (string | number)[][]): Promise<void> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    const literal = (value: string | number, type: string) =>
      value === "-" && type !== "VARCHAR" ? "null" : typeof value === "number" ? String(value) : `'${value}'`;
    const values = rows.map(
      (row) => `(${row.map((value, i) => literal(value, FLOW_FIELDS[i]![1])).join(",")})`,
    );
    const columns = FLOW_FIELDS.map(([name]) => `"${name.replaceAll("-", "_")}"`);
    const select = FLOW_FIELDS.map(([, type], i) => `${columns[i]}::${type} as ${columns[i]}`);
    const file = this.#archive.place(path).replaceAll("'", "''");
    await connection.run(
      `copy (select ${select.join(", ")} from (values ${values.join(",")}) as flow(${columns.join(", ")})) to '${file}' (format parquet, compression gzip)`,
    );
    connection.closeSync();
    instance.closeSync();
    this.#archive.files++;
  }
}
