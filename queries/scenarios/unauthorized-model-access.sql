-- ---
-- id: unauthorized-model-access
-- version: 1.1.0
-- title: Unauthorised access to models
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
--   1.1.0: asks what was allowed, too, and whether the access goes on by what is still alive
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '1.1',
            'question': 'Which credentials are compromised, since when, and how did they leak?',
            'detections': [
                'acc-secret-scanner-ua',
                'acc-key-quarantined',
                'acc-key-first-seen-ip',
                'acc-getcalleridentity-recon'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.2',
            'question': 'What did those identities do on AI services?',
            'detections': [
                'acc-akia-on-ai-services',
                'acc-bedrock-bearer-use',
                'aic-bedrock-sensitive-action',
                'inv-mantle-inference'
            ],
            'facts': ['calls of AI services']
        },
        {
            'no': '1.3',
            'question': 'What was tried and refused, and what was allowed?',
            'detections': [
                'acc-enum-denied-burst',
                'acc-access-denied-ai',
                'inv-model-access-denied',
                'inv-validation-probe'
            ],
            'facts': ['allowed and refused']
        },
        {
            'no': '1.4',
            'question': 'Which further identities, keys and sessions came out of it?',
            'detections': [
                'acc-principal-sprawl',
                'iam-user-or-key-created',
                'acc-federation-token',
                'acc-bedrock-api-key-created'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.5',
            'question': 'Which models and regions were unlocked or used for the first time?',
            'detections': [
                'aic-model-access-chain',
                'inv-first-seen-triple',
                'inv-model-region-spray',
                'inv-cross-region-inference'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.6',
            'question': 'How many invocations and tokens, at what cost, and how many without content in the logs?',
            'detections': [
                'inv-volume-spike',
                'inv-token-cost-spike',
                'inv-log-gap',
                'inv-mantle-inference'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.7',
            'question': 'What kind of abuse do prompts and answers show?',
            'detections': [
                'inv-jailbreak',
                'inv-llm-resale-profile',
                'inv-prompt-injection-direct',
                'inv-coordinated-template'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.8',
            'question': 'Did these identities read training data or model artifacts?',
            'detections': ['dst-training-unauthorized-access', 'dst-model-artifact-download'],
            'facts': []::varchar[]
        },
        {
            'no': '1.9',
            'question': 'Did they ask where data and models lie?',
            'detections': [
                'aic-sagemaker-recon',
                'aic-ai-config-recon',
                'dst-recon-get-exfil-sequence'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.10',
            'question': 'How did they make themselves at home?',
            'detections': [
                'iam-admin-policy-attached',
                'iam-login-profile',
                'aic-notebook-lifecycle-script',
                'aic-endpoint-deploy-unseen',
                'aic-custom-model-job',
                'acc-bedrock-phantom-user-abuse'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '1.11',
            'question': 'What could they have done?',
            'detections': ['iam-permission-risk-summary', 'iam-privesc-path'],
            'facts': []::varchar[]
        },
        {
            'no': '1.12',
            'question': 'Does the access go on?',
            'detections': ['acc-use-after-containment'],
            'facts': ['continued access', 'end of access']
        }
    ]
)
where exists (select run_id from detection_run)
order by string_split(no, '.')::integer[]
