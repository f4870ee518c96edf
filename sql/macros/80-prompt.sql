-- Prompts as detections read them: what is whose, in one spelling, and masked where it leaves the database.

-- What the application or a retriever put around documents: one element of XML, closed or cut off.
create or replace macro context_pattern() as
    '(?is)<(?:context|documents?|doc|search_results?|retrieved_[a-z_]+|retrieval|passages?|knowledge|excerpts?)\b[^>]{0,200}>'
    || '(.*?)(?:</(?:context|documents?|doc|search_results?|retrieved_[a-z_]+|retrieval|passages?|knowledge|excerpts?)>|\z)';

-- The first line that announces documents without such an element, and all that follows it.
create or replace macro document_pattern() as
    '(?is)(?:^|\n)[ \t]*(?:\$search_results\$|(?:document|passage|search results?|source document)[ \t]*(?:\[?[0-9]{1,4}\]?)?[ \t]*:)(.*)\z';

-- The part of a prompt that documents or a retriever brought; null when there is none.
create or replace macro context_words(text) as
    nullif(
        concat_ws(
            chr(10),
            nullif(array_to_string(regexp_extract_all(text, context_pattern(), 1), chr(10)), ''),
            nullif(
                regexp_extract(regexp_replace(text, context_pattern(), ' ', 'g'), document_pattern(), 1),
                ''
            )
        ),
        ''
    );

-- The part of a prompt that its author wrote, without documents; null when there is none.
create or replace macro user_words(text) as
    nullif(
        trim(regexp_replace(regexp_replace(text, context_pattern(), ' ', 'g'), document_pattern(), ' ')),
        ''
    );

-- A text as patterns should see it: escapes of JSON and HTML undone, full-width letters as plain ones, nothing invisible,
-- one space where there were several. Line breaks stay, some patterns need them.
create or replace macro normal_text(text) as
    regexp_replace(
        regexp_replace(
            translate(
                replace(
                    replace(
                        replace(
                            replace(
                                replace(
                                    replace(
                                        nfc_normalize(
                                            case
                                                when regexp_matches(text, '\\u[0-9a-fA-F]{4}')
                                                then coalesce(
                                                    try_cast(
                                                        '"' || replace(
                                                            replace(
                                                                replace(replace(text, '"', '\"'), chr(10), '\n'),
                                                                chr(13),
                                                                '\r'
                                                            ),
                                                            chr(9),
                                                            ' '
                                                        ) || '"' as json
                                                    ) ->> '$',
                                                    text
                                                )
                                                else text
                                            end
                                        ),
                                        '&lt;',
                                        '<'
                                    ),
                                    '&gt;',
                                    '>'
                                ),
                                '&quot;',
                                '"'
                            ),
                            '&#39;',
                            ''''
                        ),
                        '&nbsp;',
                        ' '
                    ),
                    '&amp;',
                    '&'
                ),
                'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９＜＞　',
                'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789<> '
            ),
            '[\x{00AD}\x{200B}-\x{200F}\x{2060}-\x{2064}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{E0000}-\x{E007F}]',
            '',
            'g'
        ),
        '[ \t\r\f\v\x{00A0}]+',
        ' ',
        'g'
    );

-- The same with digits and signs read as the letters that they look like; null when no word has one.
create or replace macro deleeted_text(text) as
    case
        when regexp_matches(text, '(?i)[a-z][0134578@$][a-z]') then translate(text, '0134578@$', 'oieastbas')
    end;

-- Who sat before the application, and in which conversation, as the application says in the metadata of its request.
create or replace macro end_user(request_metadata) as
    list_filter(
        json_extract_string(
            request_metadata,
            [
                '$.userId', '$.user_id', '$.user', '$.endUserId', '$.endUser', '$.end_user', '$.customerId',
                '$.customer_id', '$."user-id"', '$.sub'
            ]
        ),
        lambda value : value is not null
    )[1];
create or replace macro conversation_id(request_metadata) as
    list_filter(
        json_extract_string(
            request_metadata,
            [
                '$.sessionId', '$.session_id', '$.session', '$.conversationId', '$.conversation_id', '$.chatId',
                '$.threadId', '$.thread_id', '$."session-id"'
            ]
        ),
        lambda value : value is not null
    )[1];

-- A piece of a text that must not be repeated: where it stands (from 0), how long it is, the beginning of its hash, its
-- last characters. Offset is null when it stands only in the normal form.
create or replace macro masked_piece(text, piece) as {
    'offset': nullif(strpos(text, piece), 0) - 1,
    'length': length(piece),
    'sha256': left(sha256(piece), 12),
    'last4': right(piece, 4)
};

-- Hosts of the web addresses in a text, in lower case, each once.
create or replace macro url_hosts(text) as
    list_sort(
        list_distinct(
            list_transform(
                regexp_extract_all(text, '(?i)https?://(?:[^\s/@<>"'']{1,100}@)?([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])', 1),
                lambda host : rtrim(lower(host), '.')
            )
        )
    );

-- Do the digits of a card number add up (ISO/IEC 7812-1, formula of Luhn)?
create or replace macro passes_luhn(number) as
    list_sum(
        list_transform(
            list_reverse(regexp_extract_all(number, '[0-9]')),
            lambda digit, position : case
                when position % 2 = 1 then digit::bigint
                when digit::bigint > 4 then 2 * digit::bigint - 9
                else 2 * digit::bigint
            end
        )
    ) % 10 = 0;

-- The language of a text by its script or by its small words, of which three are needed; null when neither tells.
create or replace macro text_language(text) as
    case
        when regexp_matches(text, '[\p{Hiragana}\p{Katakana}]') then 'Japanese'
        when regexp_matches(text, '\p{Hangul}') then 'Korean'
        when regexp_matches(text, '\p{Han}{2}') then 'Chinese'
        when regexp_matches(text, '\p{Cyrillic}{3}') then 'Cyrillic'
        when regexp_matches(text, '\p{Arabic}{3}') then 'Arabic'
        when regexp_matches(text, '\p{Hebrew}{3}') then 'Hebrew'
        when regexp_matches(text, '\p{Devanagari}{3}') then 'Devanagari'
        when regexp_matches(text, '\p{Thai}{3}') then 'Thai'
        when regexp_matches(text, '\p{Greek}{4}') then 'Greek'
        else list_sort(
            list_filter(
                [
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(the|and|you|with|that|this|for|what)\b')),
                        'name': 'English'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(und|nicht|ist|ich|der|das|ein|mit)\b')),
                        'name': 'German'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(les|des|est|vous|pour|une|dans|avec)\b')),
                        'name': 'French'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(los|las|una|por|para|como|pero|est[aá])\b')),
                        'name': 'Spanish'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(che|non|una|per|sono|con|della|gli)\b')),
                        'name': 'Italian'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(n[aã]o|uma|voc[eê]|para|com|dos|isso|seu)\b')),
                        'name': 'Portuguese'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(het|een|niet|van|ik|voor|maar|dat)\b')),
                        'name': 'Dutch'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(nie|jest|si[eę]|na|czy|jak|ale|dla)\b')),
                        'name': 'Polish'
                    },
                    {
                        'hits': len(regexp_extract_all(text, '(?i)\b(bir|ve|bu|i[cç]in|de[gğ]il|ne|ama|ile)\b')),
                        'name': 'Turkish'
                    }
                ],
                lambda each : each.hits >= 3
            ),
            'desc'
        )[1].name
    end;
