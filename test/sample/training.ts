import { CASE_FROM, compactDay, DAY, dayOf, HOUR, MINUTE } from "./clock.js";
import { denied, recordOf } from "./cloudtrail.js";
import { uuid } from "./identifier.js";
import { roleArn } from "./identity.js";
import type { Journal } from "./journal.js";
import {
  ACCOUNT,
  ADDRESS,
  arn,
  BUCKET,
  HOME,
  MODEL_BYTES,
  PART_BYTES,
  partKey,
  SUBNET,
  TRAINING_PARTS,
} from "./place.js";
import { touch } from "./s3-access.js";
import type { Workload } from "./workload.js";

// The nightly training run and what the endpoint captures (detections.md D.4).

/** Name of the training job of a day. */
function trainingJob(work: Workload, day: number): string {
  return `churn-train${work.suffix}-${compactDay(day)}`;
}

function startTraining(work: Workload, journal: Journal, day: number): void {
  const job = trainingJob(work, day);
  const trainingRole = `ml-train-exec${work.suffix}`;
  journal.event(
    recordOf(
      {
        at: day + HOUR,
        caller: work.pipeline,
        service: "sagemaker",
        name: "CreateTrainingJob",
        host: `api.sagemaker.${HOME}.amazonaws.com`,
        write: true,
        request: {
          trainingJobName: job,
          algorithmSpecification: {
            trainingImage: `${ACCOUNT}.dkr.ecr.${HOME}.amazonaws.com/churn-train:1.14`,
            trainingInputMode: "File",
          },
          roleArn: roleArn(trainingRole),
          inputDataConfig: [
            {
              channelName: "train",
              dataSource: {
                s3DataSource: {
                  s3DataType: "S3Prefix",
                  s3Uri: `s3://${BUCKET.training}/${work.trainingPrefix}`,
                  s3DataDistributionType: "FullyReplicated",
                },
              },
            },
          ],
          outputDataConfig: { s3OutputPath: `s3://${BUCKET.models}/models/churn${work.suffix}/nightly/` },
          resourceConfig: { instanceType: "ml.m5.4xlarge", instanceCount: 1, volumeSizeInGB: 100 },
          vpcConfig: { securityGroupIds: ["sg-0ml00000000000001"], subnets: [SUBNET.ml] },
          enableNetworkIsolation: true,
          enableInterContainerTrafficEncryption: true,
          stoppingCondition: { maxRuntimeInSeconds: 7200 },
        },
        response: { trainingJobArn: arn("sagemaker", `training-job/${job}`) },
      },
      work.numbering,
    ),
  );
  journal.event(
    recordOf(
      {
        at: day + HOUR + 2 * MINUTE,
        caller: work.trainingService,
        service: "ec2",
        name: "CreateNetworkInterface",
        write: true,
        request: {
          subnetId: SUBNET.ml,
          description: `[Do not delete] ENI managed by SageMaker for Training Job ${job}`,
          groupSet: { items: [{ groupId: "sg-0ml00000000000001" }] },
        },
        response: {
          networkInterface: {
            networkInterfaceId: trainingInterface(work, day),
            subnetId: SUBNET.ml,
            privateIpAddress: work.trainingAddress,
            status: "pending",
          },
        },
      },
      work.numbering,
    ),
  );
}

/** The network interface of the training job of a day. */
function trainingInterface(work: Workload, day: number): string {
  return `eni-0tr${compactDay(day)}${work.suffix}`;
}

/** The nightly training run, as far as it falls into the hour. */
export function trainingHour(work: Workload, journal: Journal, from: number): void {
  const day = dayOf(from);
  const hour = (from - day) / HOUR;
  if (hour !== 1 && hour !== 2) return;
  if (hour === 1) startTraining(work, journal, day);
  const within = (at: number) => at >= from && at < from + HOUR;
  const start = day + HOUR + 5 * MINUTE;
  for (let part = 0; part < TRAINING_PARTS; part++) {
    const at = start + Math.floor(part * 8.75);
    if (!within(at)) continue;
    const key = partKey(part, work.trainingPrefix);
    touch(journal, work.numbering, {
      at,
      caller: work.training,
      bucket: BUCKET.training,
      key,
      operation: "GetObject",
      size: PART_BYTES,
    });
  }
  for (let minute = 0; minute < 70; minute++) {
    const at = start + minute * MINUTE;
    if (!within(at)) continue;
    journal.flow({
      start: at,
      end: at + MINUTE,
      eni: trainingInterface(work, day),
      status: "OK",
      source: work.trainingAddress,
      target: ADDRESS.s3Public,
      sourcePort: 40_000 + minute,
      targetPort: 443,
      packets: 1200,
      bytes: 900_000,
      subnet: SUBNET.ml,
      service: "S3",
      path: 7,
    });
  }
  if (hour === 2) finishTraining(work, journal, day);
}

function finishTraining(work: Workload, journal: Journal, day: number): void {
  touch(journal, work.numbering, {
    at: day + 2 * HOUR + 20 * MINUTE,
    caller: work.training,
    bucket: BUCKET.models,
    key: `models/churn${work.suffix}/nightly/${compactDay(day)}/model.tar.gz`,
    operation: "PutObject",
    size: MODEL_BYTES,
    version: `v-nightly-${compactDay(day)}`,
  });
  journal.event(
    recordOf(
      {
        at: day + 2 * HOUR + 21 * MINUTE + 40,
        caller: work.training,
        service: "s3",
        name: "ListBuckets",
        request: { Host: `s3.${HOME}.amazonaws.com` },
        error: denied(work.training, "s3:ListAllMyBuckets"),
        additional: {
          SignatureVersion: "SigV4",
          CipherSuite: "TLS_AES_128_GCM_SHA256",
          AuthenticationMethod: "AuthHeader",
        },
      },
      work.numbering,
    ),
  );
}

/** Captured inferences of the endpoint; on the incident day they end when the endpoint is replaced. */
export function captureHour(work: Workload, journal: Journal, from: number): void {
  const last = work.suffix === "" ? CASE_FROM + 13 * HOUR + 44 * MINUTE : CASE_FROM + DAY;
  for (let i = 0; i < 30; i++) {
    const at = from + i * 120;
    if (at > last) return;
    const n = Math.floor(at / 120);
    const tenure = 1 + ((n * 7) % 72);
    const charge = 20 + ((n * 13) % 90);
    const score = (0.05 + ((n * 29) % 60) / 100).toFixed(4);
    journal.capture({
      at,
      endpoint: work.endpoint,
      eventId: uuid(`capture${work.suffix}|${n}`),
      input: `${tenure},${charge}.5,${n % 2},${n % 3}`,
      output: score,
    });
  }
}
