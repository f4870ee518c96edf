-- What changes of infrastructure and of AI resources look like in CloudTrail.

-- A JSON value as a list of JSON values: XML services write one child as an object and several as an array, and no child
-- as an empty text. An object is the only item, an array its items; everything else is no item.
create or replace macro json_items(value) as
    case json_type(value)
        when 'ARRAY' then from_json(value, '["json"]')
        when 'OBJECT' then [value::json]
        else []::json[]
    end;

-- Name of a Lambda function without account, version and alias: the request carries the name or any ARN of it.
create or replace macro function_name(function_name_or_arn) as
    nullif(split_part(regexp_replace(function_name_or_arn, '^.*\bfunction:', ''), ':', 1), '');

-- Bucket and key of an S3 URI; null for what is none.
create or replace macro uri_bucket(uri) as
    nullif(regexp_extract(uri, '^s3[an]?://([^/]+)', 1), '');
create or replace macro uri_key(uri) as
    nullif(regexp_extract(uri, '^s3[an]?://[^/]+/(.*)$', 1), '');

-- Account of the registry of a container image; null when it is no ECR image.
create or replace macro registry_account(image) as
    nullif(regexp_extract(image, '^([0-9]{12})\.dkr\.ecr[.-]', 1), '');

-- Host of a line of a shell script that does nothing but pipe a download into a shell; '' for every other line.
create or replace macro piped_host(line) as
    regexp_extract(
        line,
        '^\s*(?:sudo\s+)?(?:curl|wget)\s+(?:-[A-Za-z-]+\s+)*https://([A-Za-z0-9.-]+)/\S*'
        || '\s*\|\s*(?:sudo\s+)?(?:ba)?sh\s*$',
        1
    );

-- Account that an account id or an ARN names; null for '*', services and the rest.
create or replace macro account_of(grantee) as
    nullif(regexp_extract(grantee, '^(?:arn:[^:]*:[^:]*:[^:]*:)?([0-9]{12})(?::|$)', 1), '');

-- Accounts of ours: those of reference/account.csv with class org, those of the case, and those whose trail this is.
create or replace macro own_accounts() as (
    select coalesce(list(distinct own_account order by own_account), [])
    from (
        select account as own_account
        from ref_account
        where class = 'org'
        union all
        select unnest(accounts)
        from ref_case
        union all
        select distinct recipient_account_id
        from cloudtrail_event
    ) as own_place
    where own_account is not null
);

-- Everybody ('*') and identities of accounts that are not ours, among grantees.
create or replace macro foreign_grantees(grantees, accounts) as
    list_sort(
        list_distinct(
            list_filter(
                grantees,
                lambda each_grantee : each_grantee = '*'
                    or account_of(each_grantee) is not null
                    and not list_contains(accounts, account_of(each_grantee))
            )
        )
    );

-- Whom the statements of a policy that allow something let in: '*', account ids and ARNs. Services, and statements whose
-- condition ties the caller to an account, an organisation, a network or a resource, are left out.
create or replace macro policy_grantees(document) as
    list_distinct(
        flatten(
            list_transform(
                list_filter(
                    json_items(json_extract(document, '$.Statement')),
                    lambda each_statement : (each_statement ->> '$.Effect') = 'Allow'
                        and not regexp_matches(
                            coalesce(json_extract(each_statement, '$.Condition')::varchar, ''),
                            '(?i)"(aws:Principal(OrgID|OrgPaths|Account|Arn)|aws:Source(Account|Arn|OrgID|Vpc|Vpce))"'
                        )
                ),
                lambda each_statement : case
                    when json_type(json_extract(each_statement, '$.Principal')) = 'VARCHAR'
                    then [each_statement ->> '$.Principal']
                    else coalesce(texts_of(json_extract(each_statement, '$.Principal.AWS')), [])
                end
            )
        )
    );
