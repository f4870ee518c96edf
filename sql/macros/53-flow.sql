-- Flows between our hosts and the outside.

-- Does an interface only pass a packet on, as a NAT gateway does? Its own address is then not the one in the packet.
-- The interface of the host reports the same packet, so that adding the two would count it twice.
create or replace macro is_forwarded_flow(srcaddr, pkt_srcaddr) as
    coalesce(pkt_srcaddr <> srcaddr, false);

-- An Amazon address behind which anybody can run a server is as foreign as any other; the rest are services of AWS.
create or replace macro is_aws_service_flow(pkt_dst_aws_service) as
    coalesce(pkt_dst_aws_service not in ('-', 'EC2', 'AMAZON', 'GLOBALACCELERATOR'), false);
