-- Offsets kept beside the rows they produced, and runs of our own jobs.
CREATE TABLE kafka_offset (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE kafka_offset IS 'next offset of each partition; written in the transaction of the rows; epoch grows with each change of owner';

CREATE TABLE job_run (
    job_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('running', 'done', 'failed')),
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX job_run_by_job ON job_run (job, started_at DESC);
COMMENT ON TABLE job_run IS 'each run of a job of ours (rollup, retention, compression): wall times and what it did';
