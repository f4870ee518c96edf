-- ---
-- id: training-data-exfiltration
-- version: 1.0.1
-- title: Theft of training data
-- status: stable
-- element: data-store-changes
-- attack: []
-- atlas: []
-- description: >-
--   Finds the answer to each question of the scenario in what the last detect run found, with what was looked at.
--   Misses what no detection of that run covers; such a question is not evaluable, never answered with no.
-- requires:
--   detection_run: needed
-- parameters: {}
-- false_positives: []
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.1: question asked so that yes means what was found
--   1.0.0: first version
-- ---
select *
from answer_questions(
    [
        {
            'no': '2.1',
            'question': 'Are logs missing that cover the training buckets?',
            'detections': ['rdy-evidence-coverage', 'inf-trail-gap', 'inf-s3-protection-removed']
        },
        {
            'no': '2.2',
            'question': 'Who read training data and was not expected to?',
            'detections': ['dst-training-unauthorized-access']
        },
        {
            'no': '2.3',
            'question': 'Which reads were too many for a job?',
            'detections': ['dst-training-bulk-download', 'dst-training-slow-collection']
        },
        {
            'no': '2.4',
            'question': 'From which networks, and was a session used outside its own?',
            'detections': [
                'dst-new-requester-network',
                'acc-ai-role-credentials-outside',
                'acc-concurrent-session-two-networks'
            ]
        },
        {
            'no': '2.5',
            'question': 'Was data copied, shared or made public?',
            'detections': [
                'dst-copy-to-external',
                'dst-replication-to-external',
                'dst-bucket-public-or-shared'
            ]
        },
        {
            'no': '2.6',
            'question': 'Did it leave by network, where to, how much?',
            'detections': ['dst-exfil-volume-flow', 'dst-recon-get-exfil-sequence', 'dst-beacon']
        },
        {
            'no': '2.7',
            'question': 'Was there reconnaissance before?',
            'detections': ['dst-list-recon', 'aic-sagemaker-recon']
        },
        {
            'no': '2.8',
            'question': 'How sensitive is what left?',
            'detections': ['prv-macie-or-classification-hit', 'prv-private-data-access-by-attacker']
        },
        {
            'no': '2.9',
            'question': 'Was training data changed, too?',
            'detections': ['dst-training-data-modified']
        }
    ]
)
where exists (select run_id from detection_run)
order by string_split(no, '.')::integer[]
