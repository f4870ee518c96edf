-- What `verify` found about CloudTrail digests and the log files that they list.

create table if not exists integrity_verdict (
    kind varchar not null,
    account_id varchar,
    region varchar,
    trail varchar,
    object varchar not null,
    path varchar,
    verdict varchar not null,
    reason varchar,
);
comment on table integrity_verdict is 'One row per digest, log file, gap of a digest chain, and sign file and result file of a CloudTrail Lake query, as of the last verify.';
comment on column integrity_verdict.kind is 'digest, log, gap, lake-sign or lake-result.';
comment on column integrity_verdict.path is 'The sealed file; null for one that is not in the evidence.';
comment on column integrity_verdict.verdict is 'valid, valid-moved, invalid, missing, not-covered, unverifiable or gap.';
