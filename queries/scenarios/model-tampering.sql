-- ---
-- id: model-tampering
-- version: 1.1.0
-- title: Tampering with models
-- status: stable
-- element: ai-changes
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
--   1.1.0: asks for container logs, time in service and the last good version
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '3.1',
            'question': 'Which model artifacts were replaced, which versions, and by whom?',
            'detections': ['aic-model-artifact-overwritten'],
            'facts': []::varchar[]
        },
        {
            'no': '3.2',
            'question': 'Do artifacts differ from the known good ones?',
            'detections': ['aic-model-artifact-hash-mismatch'],
            'facts': []::varchar[]
        },
        {
            'no': '3.3',
            'question': 'Was a replaced artifact put into service?',
            'detections': ['aic-tamper-then-deploy'],
            'facts': []::varchar[]
        },
        {
            'no': '3.4',
            'question': 'Were models, images or endpoints deployed that nobody knew?',
            'detections': ['aic-endpoint-deploy-unseen', 'aic-sagemaker-high-risk'],
            'facts': []::varchar[]
        },
        {
            'no': '3.5',
            'question': 'Was data capture switched off or redirected?',
            'detections': [
                'aic-endpoint-datacapture-disabled',
                'aic-endpoint-datacapture-redirect'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '3.6',
            'question': 'Was anything upstream tampered with: training data, jobs, packages, pipelines?',
            'detections': [
                'dst-training-data-modified',
                'aic-training-job-suspicious',
                'aic-model-package-approval',
                'aic-pipeline-tamper'
            ],
            'facts': ['training data changed']
        },
        {
            'no': '3.7',
            'question': 'Did the endpoint behave differently afterwards?',
            'detections': ['inv-endpoint-anomaly'],
            'facts': []::varchar[]
        },
        {
            'no': '3.8',
            'question': 'Do the logs of the containers show errors or connections?',
            'detections': []::varchar[],
            'facts': ['container logs']
        },
        {
            'no': '3.9',
            'question': 'How long was the artifact in service, and how many inferences did it answer?',
            'detections': ['aic-tamper-then-deploy', 'aic-endpoint-datacapture-disabled'],
            'facts': []::varchar[]
        },
        {
            'no': '3.10',
            'question': 'Which version is the last good one?',
            'detections': [
                'aic-model-artifact-overwritten',
                'aic-model-artifact-hash-mismatch',
                'aic-endpoint-datacapture-disabled'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '3.11',
            'question': 'Was code planted on notebooks?',
            'detections': ['aic-notebook-lifecycle-script', 'aic-notebook-stop-update-start'],
            'facts': []::varchar[]
        }
    ]
)
where exists (select run_id from detection_run)
order by string_split(no, '.')::integer[]
