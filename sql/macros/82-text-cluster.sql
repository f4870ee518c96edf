-- Which texts are worded alike? A query names a table of its own (a WITH) with one different text a row in the column
-- `template`, and gets each back with a number and the number of its group, which is that of the text of the group that
-- sorts first.

-- Texts share a group when enough of their words are common, directly or over others of the group: each is compared with
-- the first one of every bucket that it falls into, so that the work grows with the number of texts and not of pairs.
-- Sixteen buckets, by pairs of minima of permuted hashes: texts that share half of their words meet in one of them in 99
-- of 100 cases. Words of a long text count up to the four-hundredth.
create or replace macro text_clusters(texts, min_similarity) as table
with numbered as materialized (
    select
        template,
        list_slice(list_sort(list_distinct(regexp_extract_all(left(template, 8000), '[\pL\pN]+'))), 1, 400) as word,
        row_number() over (order by template) as id
    from query_table(texts)
),
word_hash as (
    select
        word,
        (md5_number_lower(word) >> 32)::bigint as number
    from (select distinct unnest(word) as word from numbered)
),
numbered_word as (
    select
        word.id,
        word_hash.number
    from (
        select
            id,
            unnest(word) as word
        from numbered
    ) as word
    join word_hash
        on word_hash.word = word.word
),
hashed as (
    select
        id,
        list(number) as number
    from numbered_word
    group by id
),
signature as (
    select
        id,
        band,
        list_min(list_transform(number, lambda n : n * (1000003 * (4 * band + 1) + 12345) % 4294967291))
        as first_minimum,
        list_min(list_transform(number, lambda n : n * (1000003 * (4 * band + 3) + 54321) % 4294967291))
        as second_minimum
    from hashed
    cross join (select unnest(range(16)) as band)
),
candidate as (
    select distinct
        id,
        min(id) over (partition by band, first_minimum, second_minimum) as other_id
    from signature
),
alike as (
    select
        candidate.id,
        candidate.other_id
    from candidate
    join numbered as one
        on one.id = candidate.id
    join numbered as other
        on other.id = candidate.other_id
    where candidate.id <> candidate.other_id
        and len(list_intersect(one.word, other.word))
        >= min_similarity * (len(one.word) + len(other.word) - len(list_intersect(one.word, other.word)))
),
neighbour as materialized (
    select id, other_id
    from alike
    union all
    select other_id, id
    from alike
    union all
    select id, id
    from numbered
),
-- The smallest number of a group spreads over it from neighbour to neighbour.
round_one as (
    select
        id,
        min(other_id) as label
    from neighbour
    group by id
),
round_two as (
    select
        neighbour.id,
        min(round_one.label) as label
    from neighbour
    join round_one
        on round_one.id = neighbour.other_id
    group by neighbour.id
),
round_three as (
    select
        neighbour.id,
        min(round_two.label) as label
    from neighbour
    join round_two
        on round_two.id = neighbour.other_id
    group by neighbour.id
),
round_four as (
    select
        neighbour.id,
        min(round_three.label) as label
    from neighbour
    join round_three
        on round_three.id = neighbour.other_id
    group by neighbour.id
)
select
    numbered.template,
    numbered.id,
    round_four.label as cluster
from numbered
join round_four
    on round_four.id = numbered.id;
