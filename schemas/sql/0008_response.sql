-- Playbook runs. Table first: the topic lianjing.run is fed from outbox rows of the same transaction.
CREATE TABLE run (
    run_id text PRIMARY KEY,
    lane text NOT NULL,
    episode text NOT NULL,
    playbook text NOT NULL,
    version text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    node text NOT NULL,
    product text NOT NULL,
    level text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    document jsonb NOT NULL DEFAULT '{}',
    UNIQUE (lane, episode, playbook, version)
);
COMMENT ON COLUMN run.document IS 'the playbook as it was when the run started; a run keeps it to its end';

CREATE TABLE run_event (
    run_id text NOT NULL REFERENCES run,
    lane text NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    sequence integer NOT NULL,
    at timestamptz NOT NULL,
    text_zh text NOT NULL,
    text_en text NOT NULL,
    PRIMARY KEY (run_id, step, kind, sequence)
);

CREATE TABLE task (
    task_id text PRIMARY KEY,
    run_id text NOT NULL REFERENCES run,
    lane text NOT NULL,
    step text NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    assignee text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done', 'cancelled', 'overdue')),
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX task_due ON task (due_at) WHERE state IN ('open', 'overdue');

CREATE TABLE notification (
    notification_id text PRIMARY KEY,
    run_id text REFERENCES run,
    lane text NOT NULL,
    step text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    text_zh text NOT NULL,
    text_en text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX notification_pending ON notification (next_attempt_at) WHERE state = 'pending';

CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer,
    key bytea,
    value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (outbox_id) WHERE published_at IS NULL;
