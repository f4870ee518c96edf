-- ---
-- id: leaked-key
-- version: 1.1.0
-- title: A key leaked in public
-- status: stable
-- element: access
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
--   1.1.0: whether access goes on is told from what is still alive, too
--   1.0.1: question asked so that yes means what was found
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '0.1',
            'question': 'Was a leaked key found and tried?',
            'detections': [
                'acc-secret-scanner-ua',
                'acc-key-first-seen-ip',
                'acc-key-ip-rotation',
                'acc-key-quarantined'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '0.2',
            'question': 'Did root or a password without a second factor play a part?',
            'detections': ['acc-root-activity', 'acc-console-login-no-mfa', 'iam-login-profile'],
            'facts': []::varchar[]
        },
        {
            'no': '0.3',
            'question': 'How did it become an administrator?',
            'detections': [
                'inf-lambda-code-change',
                'iam-admin-policy-attached',
                'iam-user-or-key-created'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '0.4',
            'question': 'What was changed in the infrastructure?',
            'detections': ['inf-*'],
            'facts': []::varchar[]
        },
        {
            'no': '0.5',
            'question': 'Were guardrails removed or weakened?',
            'detections': [
                'aic-guardrail-deleted',
                'aic-guardrail-weakened',
                'inv-unsafe-after-guardrail-change'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '0.6',
            'question': 'Where is logging missing?',
            'detections': [
                'inv-log-gap',
                'aic-invocation-logging-tamper',
                'rdy-bedrock-logging-score'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '0.7',
            'question': 'Was the knowledge base poisoned?',
            'detections': [
                'dst-kb-poisoning-sequence',
                'dst-kb-object-write-unexpected',
                'inv-indirect-injection'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '0.8',
            'question': 'Was mail sent through the application?',
            'detections': ['agy-ses-abuse', 'agy-confused-deputy', 'agy-second-hop-action'],
            'facts': []::varchar[]
        },
        {
            'no': '0.9',
            'question': 'Does the access go on?',
            'detections': ['acc-use-after-containment'],
            'facts': ['continued access', 'end of access']
        }
    ]
)
where exists (select run_id from detection_run)
order by string_split(no, '.')::integer[]
