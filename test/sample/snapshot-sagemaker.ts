import { HOUR, localTime, MINUTE, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { roleArn } from "./identity.js";
import { LIFECYCLE_SCRIPT } from "./incident-data.js";
import { HOTFIX_IMAGE, HOTFIX_MODEL, NEW_CONFIG, OLD_CONFIG } from "./incident-end.js";
import {
  ACCOUNT,
  arn,
  BUCKET,
  ENDPOINT,
  HOME,
  MODEL_KEY,
  NOTEBOOK,
  SUBNET,
  TRAINING_PREFIX,
} from "./place.js";

// SageMaker before and after: endpoint, models, notebook, the last training jobs (formats.md 6.3).

const GOOD_MODEL = "churn-2026-02-20";
const GOOD_IMAGE = `${ACCOUNT}.dkr.ecr.${HOME}.amazonaws.com/churn-serve:1.14`;
const KMS_KEY = arn("kms", "key/00000000-aaaa-4bbb-8ccc-000000000001");
const CAPTURE_URI = `s3://${BUCKET.capture}/capture`;
const DEPLOYED = utc("2026-02-20T15:00:00");
const REPLACED = utc("2026-03-11T13:45:00");

function endpointConfig(name: string, model: string, created: number, capture: boolean): unknown {
  return {
    EndpointConfigName: name,
    EndpointConfigArn: arn("sagemaker", `endpoint-config/${name}`),
    ProductionVariants: [
      {
        VariantName: "AllTraffic",
        ModelName: model,
        InitialInstanceCount: 1,
        InstanceType: "ml.m5.large",
        InitialVariantWeight: 1.0,
      },
    ],
    ...(capture
      ? {
          DataCaptureConfig: {
            EnableCapture: true,
            InitialSamplingPercentage: 100,
            DestinationS3Uri: CAPTURE_URI,
            CaptureOptions: [{ CaptureMode: "Input" }, { CaptureMode: "Output" }],
            CaptureContentTypeHeader: { CsvContentTypes: ["text/csv"] },
          },
        }
      : {}),
    KmsKeyId: KMS_KEY,
    CreationTime: localTime(created),
  };
}

function model(name: string, image: string, created: number): unknown {
  return {
    ModelName: name,
    PrimaryContainer: {
      Image: image,
      Mode: "SingleModel",
      ModelDataUrl: `s3://${BUCKET.models}/${MODEL_KEY}`,
      Environment: {},
    },
    ExecutionRoleArn: roleArn("ml-train-exec"),
    VpcConfig: { SecurityGroupIds: ["sg-0ml00000000000001"], Subnets: [SUBNET.ml] },
    CreationTime: localTime(created),
    ModelArn: arn("sagemaker", `model/${name}`),
    EnableNetworkIsolation: true,
  };
}

function endpoint(collection: Collection): void {
  const { after } = collection;
  const image = after ? HOTFIX_IMAGE : GOOD_IMAGE;
  collection.keep("sagemaker", "describe-endpoint", ENDPOINT, {
    EndpointName: ENDPOINT,
    EndpointArn: arn("sagemaker", `endpoint/${ENDPOINT}`),
    EndpointConfigName: after ? NEW_CONFIG : OLD_CONFIG,
    ProductionVariants: [
      {
        VariantName: "AllTraffic",
        DeployedImages: [
          {
            SpecifiedImage: image,
            ResolvedImage: `${image.split(":")[0]}@sha256:${(after ? "e7" : "0a").repeat(32)}`,
            ResolutionTime: localTime(after ? REPLACED : DEPLOYED),
          },
        ],
        CurrentWeight: 1.0,
        DesiredWeight: 1.0,
        CurrentInstanceCount: 1,
        DesiredInstanceCount: 1,
      },
    ],
    ...(after
      ? {}
      : {
          DataCaptureConfig: {
            EnableCapture: true,
            CaptureStatus: "Started",
            CurrentSamplingPercentage: 100,
            DestinationS3Uri: CAPTURE_URI,
            KmsKeyId: "",
          },
        }),
    EndpointStatus: "InService",
    CreationTime: localTime(utc("2025-11-03T10:00:00")),
    LastModifiedTime: localTime(after ? REPLACED + 6 * MINUTE : DEPLOYED),
  });
  collection.keep(
    "sagemaker",
    "describe-endpoint-config",
    OLD_CONFIG,
    endpointConfig(OLD_CONFIG, GOOD_MODEL, DEPLOYED, true),
  );
  collection.keep("sagemaker", "describe-model", GOOD_MODEL, model(GOOD_MODEL, GOOD_IMAGE, DEPLOYED - HOUR));
  if (!after) return;
  const created = utc("2026-03-11T13:43:00");
  collection.keep(
    "sagemaker",
    "describe-endpoint-config",
    NEW_CONFIG,
    endpointConfig(NEW_CONFIG, HOTFIX_MODEL, created, false),
  );
  collection.keep(
    "sagemaker",
    "describe-model",
    HOTFIX_MODEL,
    model(HOTFIX_MODEL, HOTFIX_IMAGE, utc("2026-03-11T13:41:00")),
  );
}

function notebook(collection: Collection): void {
  const { after } = collection;
  collection.keep("sagemaker", "describe-notebook-instance", NOTEBOOK, {
    NotebookInstanceArn: arn("sagemaker", `notebook-instance/${NOTEBOOK}`),
    NotebookInstanceName: NOTEBOOK,
    NotebookInstanceStatus: "InService",
    Url: `${NOTEBOOK}-0acm.notebook.${HOME}.sagemaker.aws`,
    InstanceType: "ml.t3.xlarge",
    SubnetId: SUBNET.app,
    SecurityGroups: ["sg-0nb00000000000001"],
    RoleArn: roleArn("ml-notebook-exec"),
    NetworkInterfaceId: "eni-0nb0000000000001",
    LastModifiedTime: localTime(after ? utc("2026-03-11T11:51:00") : utc("2026-02-02T08:00:00")),
    CreationTime: localTime(utc("2025-10-06T08:00:00")),
    ...(after ? { NotebookInstanceLifecycleConfigName: "nb-autostart" } : {}),
    DirectInternetAccess: "Disabled",
    VolumeSizeInGB: 100,
    RootAccess: "Enabled",
    PlatformIdentifier: "notebook-al2-v3",
    InstanceMetadataServiceConfiguration: { MinimumInstanceMetadataServiceVersion: "2" },
  });
  if (!after) return;
  collection.keep("sagemaker", "describe-notebook-instance-lifecycle-config", "nb-autostart", {
    NotebookInstanceLifecycleConfigArn: arn("sagemaker", "notebook-instance-lifecycle-config/nb-autostart"),
    NotebookInstanceLifecycleConfigName: "nb-autostart",
    OnStart: [{ Content: LIFECYCLE_SCRIPT }],
    LastModifiedTime: localTime(utc("2026-03-11T11:40:00")),
    CreationTime: localTime(utc("2026-03-11T11:40:00")),
  });
}

function trainingJobs(collection: Collection): void {
  for (const text of ["2026-03-10", "2026-03-11"]) {
    const start = utc(text) + HOUR;
    const name = `churn-train-${text.replaceAll("-", "")}`;
    collection.keep("sagemaker", "describe-training-job", name, {
      TrainingJobName: name,
      TrainingJobArn: arn("sagemaker", `training-job/${name}`),
      ModelArtifacts: {
        S3ModelArtifacts: `s3://${BUCKET.models}/models/churn/nightly/${text.replaceAll("-", "")}/model.tar.gz`,
      },
      TrainingJobStatus: "Completed",
      SecondaryStatus: "Completed",
      HyperParameters: { max_depth: "6", num_round: "400" },
      AlgorithmSpecification: {
        TrainingImage: `${ACCOUNT}.dkr.ecr.${HOME}.amazonaws.com/churn-train:1.14`,
        TrainingInputMode: "File",
      },
      RoleArn: roleArn("ml-train-exec"),
      InputDataConfig: [
        {
          ChannelName: "train",
          DataSource: {
            S3DataSource: {
              S3DataType: "S3Prefix",
              S3Uri: `s3://${BUCKET.training}/${TRAINING_PREFIX}`,
              S3DataDistributionType: "FullyReplicated",
            },
          },
        },
      ],
      OutputDataConfig: { S3OutputPath: `s3://${BUCKET.models}/models/churn/nightly/`, KmsKeyId: KMS_KEY },
      ResourceConfig: {
        InstanceType: "ml.m5.4xlarge",
        InstanceCount: 1,
        VolumeSizeInGB: 100,
        VolumeKmsKeyId: KMS_KEY,
      },
      VpcConfig: { SecurityGroupIds: ["sg-0ml00000000000001"], Subnets: [SUBNET.ml] },
      StoppingCondition: { MaxRuntimeInSeconds: 7200 },
      CreationTime: localTime(start),
      TrainingStartTime: localTime(start + 3 * MINUTE),
      TrainingEndTime: localTime(start + 81 * MINUTE),
      LastModifiedTime: localTime(start + 81 * MINUTE),
      EnableNetworkIsolation: true,
      EnableInterContainerTrafficEncryption: true,
    });
  }
}

/** Keeps the SageMaker side of a collection. */
export function collectSageMaker(collection: Collection): void {
  endpoint(collection);
  notebook(collection);
  if (collection.after) trainingJobs(collection);
}
