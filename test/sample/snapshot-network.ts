import { localTime, utc } from "./clock.js";
import type { Collection } from "./collection.js";
import { roleArn } from "./identity.js";
import {
  ACCOUNT,
  ADDRESS,
  arn,
  BEDROCK_ENDPOINT,
  BUCKET,
  ENI,
  FLOW_LOG,
  HOME,
  NOTEBOOK,
  S3_ENDPOINT,
  SUBNET,
  VPC,
} from "./place.js";
import { FLOW_FIELDS } from "./vpc-flow.js";

// The network and the functions: flow logs, addresses, interfaces, endpoints, Lambda.

function flowLogs(collection: Collection): void {
  const flowLog = {
    CreationTime: localTime(utc("2026-01-12T09:00:00")),
    DeliverLogsStatus: "SUCCESS",
    FlowLogId: FLOW_LOG,
    FlowLogStatus: "ACTIVE",
    ResourceId: VPC,
    TrafficType: "ALL",
    LogDestinationType: "s3",
    LogDestination: `arn:aws:s3:::${BUCKET.accessLogs}`,
    LogFormat: FLOW_FIELDS.map(([name]) => `\${${name}}`).join(" "),
    Tags: [],
    MaxAggregationInterval: 60,
    DestinationOptions: {
      FileFormat: "plain-text",
      HiveCompatiblePartitions: false,
      PerHourPartition: false,
    },
  };
  collection.keep("ec2", "describe-flow-logs", undefined, { FlowLogs: collection.after ? [] : [flowLog] });
}

function addresses(collection: Collection): void {
  collection.keep("ec2", "describe-addresses", undefined, {
    Addresses: [
      {
        AllocationId: "eipalloc-0acme00000000001",
        AssociationId: "eipassoc-0acme00000000001",
        Domain: "vpc",
        NetworkInterfaceId: ENI.nat,
        NetworkInterfaceOwnerId: ACCOUNT,
        PrivateIpAddress: ADDRESS.natPrivate,
        PublicIp: ADDRESS.nat,
        NetworkBorderGroup: HOME,
      },
    ],
  });
  collection.keep("ec2", "describe-nat-gateways", undefined, {
    NatGateways: [
      {
        CreateTime: localTime(utc("2025-09-01T08:00:00")),
        NatGatewayAddresses: [
          {
            AllocationId: "eipalloc-0acme00000000001",
            NetworkInterfaceId: ENI.nat,
            PrivateIp: ADDRESS.natPrivate,
            PublicIp: ADDRESS.nat,
            IsPrimary: true,
            Status: "succeeded",
          },
        ],
        NatGatewayId: "nat-0acme000000000001",
        State: "available",
        SubnetId: SUBNET.public,
        VpcId: VPC,
        ConnectivityType: "public",
      },
    ],
  });
  collection.keep("ec2", "describe-vpcs", undefined, {
    Vpcs: [
      {
        OwnerId: ACCOUNT,
        InstanceTenancy: "default",
        CidrBlockAssociationSet: [
          {
            AssociationId: "vpc-cidr-assoc-0acme001",
            CidrBlock: "10.20.0.0/16",
            CidrBlockState: { State: "associated" },
          },
        ],
        IsDefault: false,
        VpcId: VPC,
        State: "available",
        CidrBlock: "10.20.0.0/16",
        DhcpOptionsId: "dopt-0acme000000001",
      },
    ],
  });
}

function networkInterface(
  id: string,
  subnet: string,
  address: string,
  description: string,
  kind: string,
): unknown {
  return {
    Description: description,
    InterfaceType: kind,
    NetworkInterfaceId: id,
    OwnerId: ACCOUNT,
    PrivateIpAddress: address,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address }],
    RequesterManaged: true,
    Status: "in-use",
    SubnetId: subnet,
    VpcId: VPC,
    AvailabilityZone: "us-east-1a",
  };
}

function interfaces(collection: Collection): void {
  collection.keep("ec2", "describe-network-interfaces", undefined, {
    NetworkInterfaces: [
      networkInterface(
        ENI.nat,
        SUBNET.public,
        ADDRESS.natPrivate,
        "Interface for NAT Gateway nat-0acme000000000001",
        "nat_gateway",
      ),
      networkInterface(
        ENI.notebook,
        SUBNET.app,
        ADDRESS.notebook,
        `[Do not delete] ENI managed by SageMaker for Notebook Instance ${NOTEBOOK}`,
        "interface",
      ),
      networkInterface(ENI.idle, SUBNET.app, "10.20.1.99", "spare", "interface"),
    ],
  });
  const endpoint = (id: string, service: string, type: string) => ({
    VpcEndpointId: id,
    VpcEndpointType: type,
    VpcId: VPC,
    ServiceName: `com.amazonaws.${HOME}.${service}`,
    State: "available",
    PrivateDnsEnabled: type === "Interface",
    CreationTimestamp: localTime(utc("2025-09-02T08:00:00")),
    OwnerId: ACCOUNT,
  });
  collection.keep("ec2", "describe-vpc-endpoints", undefined, {
    VpcEndpoints: [
      endpoint(BEDROCK_ENDPOINT, "bedrock-runtime", "Interface"),
      endpoint("vpce-0sag0000000000001", "sagemaker.runtime", "Interface"),
      endpoint(S3_ENDPOINT, "s3", "Gateway"),
    ],
  });
}

function functions(collection: Collection): void {
  const configuration = (name: string, role: string, timeout: number, modified: string, sha: string) => ({
    FunctionName: name,
    FunctionArn: arn("lambda", `function:${name}`),
    Runtime: "python3.12",
    Role: roleArn(role),
    Handler: "app.handler",
    CodeSize: 4816,
    Description: "",
    Timeout: timeout,
    MemorySize: 256,
    LastModified: `${modified}.000+0000`,
    CodeSha256: sha,
    Version: "$LATEST",
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: ["x86_64"],
  });
  const ops = collection.after
    ? configuration(
        "ops-init",
        "lambda-ops-admin",
        60,
        "2026-03-11T09:47:30",
        "q1w8mJ0dPqK3bKf1n0Zk2yVtqkq5vB1hX1c0x8uJm0E=",
      )
    : configuration(
        "ops-init",
        "lambda-ops-admin",
        30,
        "2025-12-01T08:00:00",
        "hG1u4gk2cT7m0y5l8w3e6r9q2z5x8c1v4b7n0mAsDfE=",
      );
  const keep = (value: { FunctionName: string }) =>
    collection.keep("lambda", "get-function-configuration", value.FunctionName, value);
  keep(ops);
  keep(
    configuration(
      "support-mailer",
      "support-agent-tool-lambda",
      120,
      "2026-03-05T14:00:00",
      "Zk3b9v7Qm1x5c8n2j4h6g0f3d5s7a9p1o3i5u7y9t1E=",
    ),
  );
  keep(
    configuration(
      "billing-refund",
      "billing-refund-exec",
      60,
      "2025-11-20T09:00:00",
      "b2c4d6e8f0a1c3e5g7i9k1m3o5q7s9u1w3y5A7C9E1E=",
    ),
  );
  const policy = {
    Version: "2012-10-17",
    Id: "default",
    Statement: [
      {
        Sid: "agent",
        Effect: "Allow",
        Principal: { Service: "bedrock.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Resource: arn("lambda", "function:support-mailer"),
        Condition: { ArnLike: { "AWS:SourceArn": arn("bedrock", "agent/AGENTACME1") } },
      },
    ],
  };
  collection.keep("lambda", "get-policy", "support-mailer", {
    Policy: JSON.stringify(policy),
    RevisionId: "3f1c7c1e-1d0a-5b8e-9f55-0acme0000001",
  });
}

/** Keeps the network and function side of a collection. */
export function collectNetwork(collection: Collection): void {
  flowLogs(collection);
  addresses(collection);
  interfaces(collection);
  functions(collection);
}
