-- Identities and models in one spelling, whatever log they come from.

-- The identity that an ARN stands for: a role for its sessions (the STS ARN has lost the role's path), else the ARN.
create or replace macro principal_of_arn(arn) as
    regexp_replace(
        arn,
        '^arn:([^:]+):sts::([0-9]*):assumed-role/([^/]+)(/.*)?$',
        'arn:\1:iam::\2:role/\3'
    );

-- The form in which two spellings of one identity are equal: a role without its path, a session as its role.
create or replace macro principal_key(principal) as
    regexp_replace(
        principal_of_arn(principal),
        '^(arn:[^:]+:iam::[0-9]*:role/)(?:.*/)?([^/]+)$',
        '\1\2'
    );

-- Name of the role of a role ARN or of a session of it; null for everything else.
create or replace macro role_name(principal) as
    nullif(
        regexp_extract(principal_of_arn(principal), '^arn:[^:]+:iam::[0-9]*:role/(?:.*/)?([^/]+)$', 1),
        ''
    );

-- What people call an identity: the last part of its name, for sentences and not for joins.
create or replace macro short_name(principal) as
    coalesce(
        regexp_replace(principal_of_arn(principal), '^arn:[^:]+:(?:iam|sts)::[0-9]*:(?:(?:user|role)/(?:.*/)?)?', ''),
        'an unknown identity'
    );

-- Model id without ARN and without the prefix of a cross-region inference profile.
create or replace macro base_model(model_id) as
    regexp_replace(
        regexp_replace(model_id, '^arn:[^:]+:bedrock:[^/]+/', ''),
        '^(us|us-gov|eu|apac|jp|au|ca|sa|mx|me|il|uk|global)\.',
        ''
    );

-- The LIKE pattern (escape '\') of a text in which `*` stands for any text and all else for itself.
create or replace macro text_pattern(wildcard) as
    replace(
        replace(replace(replace(wildcard, '\', '\\'), '%', '\%'), '_', '\_'),
        '*',
        '%'
    );

-- Does an identity match what the analyst wrote? In a pattern `*` stands for any text; a role may be written with or
-- without its path, or as one of its sessions.
create or replace macro principal_matches(pattern, principal) as
    principal_key(principal) = principal_key(pattern)
    or contains(pattern, '*')
    and (
        principal like text_pattern(pattern) escape '\'
        or principal_key(principal) like text_pattern(pattern) escape '\'
    );

-- Does an action of IAM match a pattern of a policy? Both without regard to case; * stands for any text, ? for one
-- character.
create or replace macro action_matches(pattern, action) as
    lower(action) like replace(text_pattern(lower(pattern)), '?', '_') escape '\';

-- Does a resource of IAM match a pattern of a policy?
create or replace macro resource_matches(pattern, resource) as
    resource like replace(text_pattern(pattern), '?', '_') escape '\';
