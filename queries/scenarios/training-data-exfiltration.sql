-- ---
-- id: training-data-exfiltration
-- version: 1.1.0
-- title: Theft of training data
-- status: stable
-- element: data-store-changes
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
--   1.1.0: asks which reads belong to no job, who stands behind the readers, and which objects left
--   1.0.1: question asked so that yes means what was found
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '2.1',
            'question': 'Are logs missing that cover the training buckets?',
            'detections': ['rdy-evidence-coverage', 'inf-trail-gap', 'inf-s3-protection-removed'],
            'facts': []::varchar[]
        },
        {
            'no': '2.2',
            'question': 'Who read training data and was not expected to?',
            'detections': ['dst-training-unauthorized-access'],
            'facts': []::varchar[]
        },
        {
            'no': '2.3',
            'question': 'Which reads belong to no job?',
            'detections': ['dst-training-bulk-download'],
            'facts': ['reads and jobs']
        },
        {
            'no': '2.4',
            'question': 'How much was read, which part of the data, and how fast?',
            'detections': ['dst-training-bulk-download', 'dst-training-slow-collection'],
            'facts': []::varchar[]
        },
        {
            'no': '2.5',
            'question': 'From which networks, and was a session used outside its own?',
            'detections': [
                'dst-new-requester-network',
                'acc-ai-role-credentials-outside',
                'acc-concurrent-session-two-networks'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '2.6',
            'question': 'Which identity of CloudTrail stands behind each reader in the access log?',
            'detections': []::varchar[],
            'facts': ['identity of readers']
        },
        {
            'no': '2.7',
            'question': 'Was data copied, replicated, shared or made public?',
            'detections': [
                'dst-copy-to-external',
                'dst-replication-to-external',
                'dst-bucket-public-or-shared'
            ],
            'facts': []::varchar[]
        },
        {
            'no': '2.8',
            'question': 'Did it leave by network, where to, how much?',
            'detections': ['dst-exfil-volume-flow', 'dst-recon-get-exfil-sequence', 'dst-beacon'],
            'facts': []::varchar[]
        },
        {
            'no': '2.9',
            'question': 'Was there reconnaissance before?',
            'detections': ['dst-list-recon', 'aic-sagemaker-recon'],
            'facts': []::varchar[]
        },
        {
            'no': '2.10',
            'question': 'Which objects left, in which versions, and how sensitive are they?',
            'detections': [
                'prv-macie-or-classification-hit',
                'prv-private-data-access-by-attacker'
            ],
            'facts': ['objects read']
        },
        {
            'no': '2.11',
            'question': 'Was training data changed, too?',
            'detections': []::varchar[],
            'facts': ['training data changed']
        }
    ]
)
where exists (select run_id from detection_run)
order by string_split(no, '.')::integer[]
