import { BASE_FROM, CASE_TO, HOUR, localTime, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import type { Observation } from "./observation.js";
import { ENDPOINT, HOME, REGIONS } from "./place.js";

// CloudWatch metrics as get-metric-data prints them. The answer does not repeat namespace and dimensions, so the label
// carries them, and the request is kept beside the answer.

interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly period: number;
  readonly points: readonly (readonly [at: number, value: number])[];
}

function keep(collection: Collection, what: string, series: readonly Series[], region: string): void {
  const dimensions = (one: Series) =>
    Object.entries(one.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const id = (n: number) => `m${n}`;
  const label = (one: Series) =>
    [
      one.namespace,
      one.name,
      ...Object.entries(one.dimensions).map(([name, value]) => `${name}=${value}`),
    ].join(" ");
  collection.keep(
    "cloudwatch",
    "get-metric-data",
    what,
    {
      MetricDataResults: series.map((one, n) => ({
        Id: id(n),
        Label: label(one),
        Timestamps: one.points.map(([at]) => localTime(at)).reverse(),
        Values: one.points.map(([, value]) => value).reverse(),
        StatusCode: "Complete",
      })),
      Messages: [],
    },
    region,
  );
  collection.keep(
    "cloudwatch",
    "get-metric-data",
    `${what}.request`,
    {
      MetricDataQueries: series.map((one, n) => ({
        Id: id(n),
        Label: label(one),
        MetricStat: {
          Metric: { Namespace: one.namespace, MetricName: one.name, Dimensions: dimensions(one) },
          Period: one.period,
          Stat: "Sum",
        },
        ReturnData: true,
      })),
      StartTime: localTime(BASE_FROM),
      EndTime: localTime(CASE_TO),
    },
    region,
  );
}

function endpointSeries(): Series[] {
  const dimensions = { EndpointName: ENDPOINT, VariantName: "AllTraffic" };
  const split = utc("2026-03-11T13:00:00");
  const hours: [number, number][] = [];
  for (let at = BASE_FROM; at < split; at += HOUR) hours.push([at, 30]);
  const quarters: [number, number][] = [];
  for (let at = split; at < CASE_TO; at += 15 * MINUTE) {
    const first = Math.ceil(at / 120);
    quarters.push([at, Math.ceil((at + 15 * MINUTE) / 120) - first]);
  }
  const base = { namespace: "AWS/SageMaker", name: "Invocations", dimensions };
  return [
    { ...base, period: HOUR, points: hours },
    { ...base, period: 15 * MINUTE, points: quarters },
  ];
}

/** Keeps the metrics of Bedrock, the endpoint and the mail service. */
export function collectMetrics(collection: Collection, observation: Observation): void {
  for (const region of REGIONS) {
    const series = [...observation.invocations]
      .filter(([name]) => name.startsWith(`${region}|`))
      .map(([name, hours]): Series => {
        const points = [...hours].sort((a, b) => a[0] - b[0]);
        return {
          namespace: "AWS/Bedrock",
          name: "Invocations",
          dimensions: { ModelId: name.slice(region.length + 1) },
          period: HOUR,
          points,
        };
      })
      .sort((a, b) => (a.dimensions.ModelId! < b.dimensions.ModelId! ? -1 : 1));
    if (series.length > 0) keep(collection, "bedrock", series, region);
  }
  keep(collection, "sagemaker", endpointSeries(), HOME);
  const mails = [...observation.mails].sort((a, b) => a[0] - b[0]);
  keep(
    collection,
    "ses",
    [{ namespace: "AWS/SES", name: "Send", dimensions: {}, period: HOUR, points: mails }],
    HOME,
  );
}
