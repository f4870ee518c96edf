-- Addresses as numbers, so that a CIDR range is a comparison. One space for both families: an IPv4 address is its
-- IPv4-mapped IPv6 address (::ffff:0:0/96, RFC 4291 2.5.5.2). Whatever is no address is null, never an error.

-- Number of a dotted IPv4 address.
create or replace macro ipv4_number(address) as
    case
        when regexp_full_match(
            address,
            '(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
        )
        then list_reduce(
            list_transform(string_split(address, '.'), lambda octet : try_cast(octet as bigint)),
            lambda high_part, low_part : high_part * 256 + low_part
        )
    end;

-- The groups on one side of '::', as numbers.
create or replace macro ipv6_groups(part) as
    list_transform(
        list_filter(string_split(coalesce(part, ''), ':'), lambda hextet : hextet <> ''),
        lambda hextet : try_cast('0x' || hextet as integer)::uhugeint
    );

-- Number of an IPv6 address without a dotted part; a zone (%eth0) is ignored.
create or replace macro ipv6_number(address) as
    case
        when regexp_full_match(
                split_part(address, '%', 1),
                '(?i)(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}'
            )
            or regexp_full_match(
                split_part(address, '%', 1),
                '(?i)(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?'
            )
            and len(ipv6_groups(split_part(address, '%', 1))) <= 7
        then list_reduce(
            list_concat(
                list_concat(
                    ipv6_groups(split_part(split_part(address, '%', 1), '::', 1)),
                    list_transform(
                        range(8 - len(ipv6_groups(split_part(address, '%', 1)))),
                        lambda zero : 0::uhugeint
                    )
                ),
                ipv6_groups(split_part(split_part(address, '%', 1), '::', 2))
            ),
            lambda high_part, low_part : high_part * 65536 + low_part
        )
    end;

-- Number of an address of either family; null for host names, "AWS Internal" and everything else.
create or replace macro address_number(address) as
    coalesce(
        ipv4_number(regexp_replace(address, '(?i)^::ffff:([0-9.]+)$', '\1'))::uhugeint
        + 281470681743360::uhugeint,
        ipv6_number(address)
    );

-- Length of the prefix of a CIDR block or single address, counted in the space of IPv6 (0 … 128).
create or replace macro cidr_bits(cidr) as
    case
        when contains(split_part(cidr, '/', 1), ':')
        then coalesce(try_cast(nullif(split_part(cidr, '/', 2), '') as integer), 128)
        else 96 + coalesce(try_cast(nullif(split_part(cidr, '/', 2), '') as integer), 32)
    end;

-- Bits of a block that are free: an address without them is the first, with all of them the last of its block.
create or replace macro cidr_mask(cidr) as
    340282366920938463463374607431768211455::uhugeint
    >> greatest(least(cidr_bits(cidr), 128), 0)::uhugeint;

-- First and last address of a block, as numbers; bits behind the prefix are ignored.
create or replace macro cidr_last(cidr) as
    address_number(split_part(cidr, '/', 1)) | cidr_mask(cidr);
create or replace macro cidr_first(cidr) as cidr_last(cidr) - cidr_mask(cidr);

-- Does a block hold an address?
create or replace macro cidr_contains(cidr, address) as
    address_number(address) between cidr_first(cidr) and cidr_last(cidr);

-- A caller inside AWS that has no address: "AWS Internal", "AWS Internal/…" or the host name of a service.
create or replace macro is_aws_service_address(address) as
    starts_with(address, 'AWS Internal')
    or ends_with(address, '.amazonaws.com')
    or ends_with(address, '.amazonaws.com.cn');

-- Private, shared (RFC 6598), loopback and link-local ranges of both families.
create or replace macro is_private_address(address) as
    regexp_matches(
        address,
        '(?i)^(10\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.'
        || '|127\.|169\.254\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|::1$)'
    );

-- What kind of place an address is: its class in ref_cidr by the longest prefix, else service, internal (private
-- ranges), external, or unknown for what is no address. DuckDB evaluates the subquery once per distinct address.
create or replace macro ip_class(address) as (
    select
        case
            when place.spelling is null then null
            when is_aws_service_address(place.spelling) then 'service'
            when place.value is null then 'unknown'
            else coalesce(
                arg_max(block.class, row(cidr_bits(block.cidr), block.class)),
                case when is_private_address(place.spelling) then 'internal' else 'external' end
            )
        end
    from (select address as spelling, address_number(address) as value) as place
    left join ref_cidr as block
        on place.value between cidr_first(block.cidr) and cidr_last(block.cidr)
    group by
        place.spelling,
        place.value
);

-- Is a class of ip_class a place of ours or of AWS? Partners and unknown places are not.
create or replace macro is_own_class(class) as
    class in ('corp', 'own_eip', 'own_vpc', 'aws_service', 'internal', 'service');

-- The place that an address stands for when it is compared with earlier ones: an IPv4 address itself, the /64 network
-- of an IPv6 address (its lower half changes by itself, RFC 8981).
create or replace macro address_site(address) as
    case
        when contains(address, ':') then coalesce((ipv6_number(address) >> 64::uhugeint)::varchar || '/64', address)
        else address
    end;
