-- Which texts are worded alike? A query names a table of its own (a WITH) with one different text a row in the column
-- `template`, and gets each back with a number and the number of its group, which is that of the text of the group that
-- sorts first.

-- The different words of a text; of a long one the first four hundred in the order of the alphabet.
create or replace macro text_words(text) as
    list_slice(
        list_sort(
            list_distinct(
                list_filter(
                    regexp_split_to_array(left(text, 8000), '[^\pL\pN]+'),
                    lambda part : part <> ''
                )
            )
        ),
        1,
        400
    );

-- The bucket of a text in one of sixteen bands: the minima of two permuted hashes of its words, in one number.
create or replace macro text_bucket(word_number, band) as
    list_min(list_transform(word_number, lambda n : n * (1000003 * (4 * band + 1) + 12345) % 4294967291))::ubigint
    * 4294967296::ubigint
    + list_min(list_transform(word_number, lambda n : n * (1000003 * (4 * band + 3) + 54321) % 4294967291))::ubigint;

-- Texts share a group when enough of their words are common, directly or over others of the group: each is compared with
-- the first one of every bucket that it falls into, so that the work grows with the number of texts and not of pairs.
-- Texts that share half of their words meet in one of the sixteen buckets in 99 of 100 cases. Words of a long text count up
-- to the four-hundredth.
create or replace macro text_clusters(texts, min_similarity) as table
with numbered as materialized (
    select
        template,
        row_number() over (order by template) as id
    from query_table(texts)
),
-- The words themselves are made again for the few texts that are compared: of all texts they would fill the memory.
hashed as materialized (
    select
        id,
        number,
        len(number) as words,
        list_aggregate(list_transform(number, lambda n : (n % 512)::integer), 'bitstring_agg', 0, 511) as bits
    from (
        select
            id,
            list_transform(
                text_words(template),
                lambda word : (md5_number_lower(word) >> 32)::bigint
            ) as number
        from numbered
    )
),
signature as materialized (
    select
        id,
        unnest(range(16)) as band,
        -- The bands stand one by one, because DuckDB then computes with constants and takes half the time.
        unnest(
            [
                text_bucket(number, 0),
                text_bucket(number, 1),
                text_bucket(number, 2),
                text_bucket(number, 3),
                text_bucket(number, 4),
                text_bucket(number, 5),
                text_bucket(number, 6),
                text_bucket(number, 7),
                text_bucket(number, 8),
                text_bucket(number, 9),
                text_bucket(number, 10),
                text_bucket(number, 11),
                text_bucket(number, 12),
                text_bucket(number, 13),
                text_bucket(number, 14),
                text_bucket(number, 15)
            ]
        ) as bucket
    from hashed
    where words > 0
),
shared_bucket as (
    select
        band,
        bucket,
        min(id) as first_id
    from signature
    group by
        band,
        bucket
    having count(*) > 1
),
candidate as (
    select distinct
        signature.id,
        shared_bucket.first_id as other_id
    from signature
    join shared_bucket
        on shared_bucket.band = signature.band
        and shared_bucket.bucket = signature.bucket
    where signature.id <> shared_bucket.first_id
),
-- Most that share a bucket share little else. A bit that only one of two texts has is a word that the other has not, so that
-- the bits say how many words both can have at most; they are compared a hundred times as fast as the words.
possible as materialized (
    select *
    from (
        select
            candidate.id,
            candidate.other_id,
            one.words + other.words as words,
            least(
                one.words - bit_count(one.bits & ~other.bits),
                other.words - bit_count(other.bits & ~one.bits)
            ) as most_common
        from candidate
        join hashed as one
            on one.id = candidate.id
        join hashed as other
            on other.id = candidate.other_id
    )
    where most_common >= min_similarity * (words - most_common)
),
worded as materialized (
    select
        id,
        text_words(template) as word
    from numbered
    where id in (select id from possible union select other_id from possible)
),
compared as (
    select
        possible.id,
        possible.other_id,
        possible.words,
        len(list_intersect(one.word, other.word)) as common
    from possible
    join worded as one
        on one.id = possible.id
    join worded as other
        on other.id = possible.other_id
),
alike as materialized (
    select
        id,
        other_id
    from compared
    where common >= min_similarity * (words - common)
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
