-- ---
-- id: seven-elements
-- version: 1.1.0
-- title: The seven elements of the methodology, and readiness
-- status: stable
-- element: readiness
-- attack: []
-- atlas: []
-- description: >-
--   Finds the answer to each question of the scenario in what the last detect run found, with what was looked at.
--   Misses what no detection of that run and no fact covers; such a question is not evaluable, never answered with no.
-- requires:
--   detection_run: needed
-- parameters: {}
-- false_positives: []
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.1.0: whether access goes on is a question of its own
--   1.0.1: question asked so that yes means what was found
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '1a',
            'question': 'Access: was there unauthorised access?',
            'detections': ['acc-*', 'iam-[!p]*', 'iam-passrole-to-ai'],
            'facts': []::varchar[]
        },
        {
            'no': '1b',
            'question': 'Access: does it go on?',
            'detections': ['acc-use-after-containment'],
            'facts': ['continued access', 'end of access']
        },
        {
            'no': '2',
            'question': 'Infrastructure changes: was supporting infrastructure accessed or changed?',
            'detections': ['inf-*'],
            'facts': ['logs of hosts']
        },
        {
            'no': '3',
            'question': 'AI changes: were models, code or AI resources accessed or changed?',
            'detections': [
                'aic-*',
                'inv-unsafe-after-guardrail-change',
                'inf-lambda-code-change',
                'acc-bedrock-api-key-created'
            ],
            'facts': ['calls of AI services']
        },
        {
            'no': '4',
            'question': 'Data store changes: were data stores, knowledge bases or training data accessed or tampered with?',
            'detections': ['dst-*'],
            'facts': ['training data changed']
        },
        {
            'no': '5',
            'question': 'Invocation: what was sent to models, and what came back?',
            'detections': ['inv-*'],
            'facts': []::varchar[]
        },
        {
            'no': '6',
            'question': 'Private data: what can AI resources reach, and was it touched?',
            'detections': ['prv-*', 'iam-permission-risk-summary'],
            'facts': []::varchar[]
        },
        {
            'no': '7',
            'question': 'Agency: what can AI resources do, and what did they do unasked?',
            'detections': ['agy-*', 'iam-permission-risk-summary'],
            'facts': []::varchar[]
        },
        {
            'no': '8',
            'question': 'Readiness: is evidence missing or weak that a negative answer would need?',
            'detections': ['rdy-*', 'inf-trail-gap', 'inv-log-gap'],
            'facts': []::varchar[]
        }
    ]
)
where exists (select run_id from detection_run)
order by no
