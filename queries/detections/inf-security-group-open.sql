-- ---
-- id: inf-security-group-open
-- version: 1.0.0
-- title: Security group or network ACL opened to the world
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1578.005, T1562.007]
-- atlas: [AML.T0072]
-- description: >-
--   Finds rules of security groups and network ACLs that let the whole Internet in or everything out: a sensitive port, a
--   range of a thousand ports or more, or all protocols, for an address block of length zero. Inbound rules are high, and so
--   are outbound ones on a group of SageMaker resources or GPU instances; other outbound rules are medium. One finding per
--   group and identity. Misses large blocks that are not the whole Internet, prefix lists, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
-- parameters:
--   ports: {type: text, default: '22,3389,5432,3306,6379,8888,8080,9200', description: sensitive ports}
--   min_range: {type: integer, default: 1000, description: ports in a rule that make it open whatever they are}
-- false_positives:
--   - Public load balancers for 80 and 443 are left out; one that listens on 8080 is not.
--   - The outbound rule that a new security group starts with, when infrastructure as code writes it again.
-- references:
--   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_name,
        request_parameters as request,
        coalesce(
            request_parameters ->> '$.groupId',
            request_parameters ->> '$.networkAclId',
            request_parameters ->> '$.ModifySecurityGroupRulesRequest.GroupId',
            request_parameters ->> '$.groupName'
        ) as rule_set,
        contains(event_name, 'NetworkAcl') as is_acl,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name in (
            'AuthorizeSecurityGroupIngress',
            'AuthorizeSecurityGroupEgress',
            'ModifySecurityGroupRules',
            'CreateNetworkAclEntry',
            'ReplaceNetworkAclEntry'
        )
        and error_code is null
),
-- The rules of a call in the spelling of each operation.
worded as (
    select
        * exclude (request),
        event_name = 'AuthorizeSecurityGroupEgress'
        or coalesce((request ->> '$.egress') = 'true', false) as is_egress,
        unnest(
            case
                when is_acl and (request ->> '$.ruleAction') <> 'allow' then []
                when is_acl or json_type(request -> '$.ipPermissions.items') is null
                    and event_name <> 'ModifySecurityGroupRules'
                then [request]
                when event_name = 'ModifySecurityGroupRules'
                then json_items(request -> '$.ModifySecurityGroupRulesRequest.SecurityGroupRule')
                else json_items(request -> '$.ipPermissions.items')
            end
        ) as rule
    from event
),
rule as (
    select
        * exclude (rule),
        coalesce(
            rule ->> '$.ipProtocol',
            rule ->> '$.aclProtocol',
            rule ->> '$.SecurityGroupRule.IpProtocol'
        ) as protocol,
        try_cast(
            coalesce(
                rule ->> '$.fromPort',
                rule ->> '$.portRange.from',
                rule ->> '$.SecurityGroupRule.FromPort'
            ) as bigint
        ) as from_port,
        try_cast(
            coalesce(
                rule ->> '$.toPort',
                rule ->> '$.portRange.to',
                rule ->> '$.SecurityGroupRule.ToPort'
            ) as bigint
        ) as to_port,
        list_filter(
            json_extract_string(rule, '$.ipRanges.items[*].cidrIp')
            || json_extract_string(rule, '$.ipv6Ranges.items[*].cidrIpv6')
            || [
                rule ->> '$.cidrIp',
                rule ->> '$.cidrBlock',
                rule ->> '$.ipv6CidrBlock',
                rule ->> '$.SecurityGroupRule.CidrIpv4',
                rule ->> '$.SecurityGroupRule.CidrIpv6'
            ],
            lambda block : ends_with(block, '/0')
        ) as block
    from worded
),
open_rule as (
    select
        *,
        case
            when protocol = '-1' then 'all protocols'
            else coalesce(case protocol when '6' then 'tcp' when '17' then 'udp' else protocol end, 'any')
                || ' ' || case
                    when coalesce(from_port, -1) < 0 then 'all ports'
                    when from_port = to_port then from_port::varchar
                    else from_port || '-' || to_port
                end
        end as opening,
        case
            when protocol = '-1' or coalesce(from_port, -1) < 0 then []
            else list_filter(
                list_transform(
                    string_split($ports::varchar, ','),
                    lambda each : try_cast(trim(each) as bigint)
                ),
                lambda each : each between from_port and to_port
            )
        end as port
    from rule
    where len(block) > 0
),
opened as (
    select *
    from open_rule
    where protocol = '-1'
        or protocol in ('tcp', 'udp', '6', '17')
        and (
            coalesce(from_port, -1) < 0
            or len(port) > 0
            or to_port - from_port + 1 >= $min_range::bigint
        )
),
-- Security groups of SageMaker resources, of the interfaces that SageMaker makes and of GPU instances.
mention as (
    select
        unnest(regexp_extract_all(request_parameters::varchar, '"(sg-[0-9a-zA-Z]+)"', 1)) as rule_set,
        case
            when event_source = 'sagemaker.amazonaws.com' then event_name
            when event_name = 'RunInstances' then 'GPU instance'
            else 'interface of SageMaker'
        end as owner
    from cloudtrail_event
    where exists (from opened)
        and (
            event_source = 'sagemaker.amazonaws.com' and starts_with(event_name, 'Create')
            or event_source = 'ec2.amazonaws.com'
            and (
                event_name = 'CreateNetworkInterface'
                and (invoked_by = 'sagemaker.amazonaws.com' or source_ip_address = 'sagemaker.amazonaws.com')
                or event_name = 'RunInstances'
                and regexp_matches(
                    request_parameters ->> '$.instanceType',
                    '^(p[2-6]|g[3-7]|trn|inf|dl)'
                )
            )
        )
    union all
    select
        unnest(regexp_extract_all(json::varchar, '"(sg-[0-9a-zA-Z]+)"', 1)) as rule_set,
        operation as owner
    from api_snapshot
    where exists (from opened)
        and service = 'sagemaker'
        and starts_with(operation, 'describe-')
    union all
    select
        unnest(regexp_extract_all(interface.json::varchar, '"(sg-[0-9a-zA-Z]+)"', 1)) as rule_set,
        'interface of SageMaker' as owner
    from (
        select unnest(json_items(json -> '$.NetworkInterfaces')) as json
        from api_snapshot
        where exists (from opened)
            and service = 'ec2'
            and operation = 'describe-network-interfaces'
    ) as interface
    where contains(interface.json ->> '$.Description', 'SageMaker')
),
owner as (
    select
        rule_set,
        distinct_values(owner) as owner
    from mention
    where rule_set in (select rule_set from opened)
    group by rule_set
),
opened_event as (
    select
        event_time,
        artifact_id,
        record_no,
        rule_set,
        is_acl,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        bool_or(not is_egress) as is_ingress,
        bool_or(is_egress) as is_egress,
        distinct_values(
            case when is_egress then 'out ' else 'in ' end
            || opening || ' ' || array_to_string(block, ' ')
        ) as opening,
        list_sort(list_distinct(flatten(list(port order by opening)))) as port
    from opened
    group by all
),
finding as (
    select
        rule_set,
        is_acl,
        principal,
        bool_or(is_ingress) as is_ingress,
        bool_or(is_egress) as is_egress,
        list_sort(list_distinct(flatten(list(opening order by event_time)))) as opening,
        list_sort(list_distinct(flatten(list(port order by event_time)))) as port,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from opened_event
    group by
        rule_set,
        is_acl,
        principal
),
closing as (
    select
        finding.rule_set,
        finding.principal,
        min(event.event_time) as closed
    from finding
    join cloudtrail_event as event
        on coalesce(
            event.request_parameters ->> '$.groupId',
            event.request_parameters ->> '$.networkAclId'
        ) = finding.rule_set
        and event.event_time >= finding.last_seen
    where event.event_source = 'ec2.amazonaws.com'
        and event.event_name in (
            'RevokeSecurityGroupIngress',
            'RevokeSecurityGroupEgress',
            'DeleteSecurityGroup',
            'DeleteNetworkAclEntry',
            'DeleteNetworkAcl'
        )
        and event.error_code is null
    group by
        finding.rule_set,
        finding.principal
)
select
    case when is_acl then 'network_acl' else 'security_group' end as entity_type,
    finding.rule_set as entity,
    case when is_ingress or owner.owner is not null then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(finding.principal) || ' opened '
    || case when is_acl then 'network ACL ' else 'security group ' end
    || coalesce(finding.rule_set, 'of the record') || ' to the world: ' || named(opening)
    || coalesce('; it belongs to ' || named(owner.owner), '')
    || coalesce('; a rule was removed at ' || moment(closing.closed), '') as summary,
    records,
    finding.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    finding.rule_set as resource,
    {
        'openings': opening,
        'sensitive_ports': port,
        'ingress': is_ingress,
        'egress': is_egress,
        'belongs_to': coalesce(owner.owner, []),
        'closed': closing.closed,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
left join owner
    on owner.rule_set = finding.rule_set
left join closing
    on closing.rule_set = finding.rule_set
    and closing.principal is not distinct from finding.principal
order by
    first_seen,
    entity,
    actor
