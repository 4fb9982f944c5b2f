-- Messages that arrive: who was reached by which channel, every attempt, receipts, telephone calls, and who takes part in a drill.
ALTER TABLE notification
    ADD COLUMN role text NOT NULL DEFAULT '',
    ADD COLUMN level text NOT NULL DEFAULT '',
    ADD COLUMN leg integer NOT NULL DEFAULT 0,
    ADD COLUMN round integer NOT NULL DEFAULT 0,
    ADD COLUMN tries integer NOT NULL DEFAULT 0,
    ADD COLUMN carrier text NOT NULL DEFAULT '',
    ADD COLUMN person text NOT NULL DEFAULT '',
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN read_at timestamptz,
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text NOT NULL DEFAULT '';
COMMENT ON COLUMN notification.channel IS 'log: the log channel; person: whoever stands behind the role, by his own channels; call: by telephone';
COMMENT ON COLUMN notification.leg IS 'place on the way through persons and their channels that is tried next; round counts how often the way was gone';
COMMENT ON COLUMN notification.carrier IS 'the channel that carried it, of those in contacts/channels.yaml';
CREATE INDEX notification_unacknowledged ON notification (queued_at) WHERE level IN ('orange', 'red') AND acknowledged_at IS NULL;

CREATE TABLE delivery (
    notification_id text NOT NULL REFERENCES notification,
    attempt integer NOT NULL,
    lane text NOT NULL,
    channel text NOT NULL,
    person text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sending', 'sent', 'busy', 'limited', 'refused', 'unreachable', 'unknown')),
    code text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    reference text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    rests_until timestamptz,
    PRIMARY KEY (notification_id, attempt)
);
COMMENT ON TABLE delivery IS 'one row for each attempt; written before the attempt as sending, so that a kill leaves a trace; unknown: it may have arrived';
CREATE INDEX delivery_channel ON delivery (channel, started_at);

CREATE TABLE call (
    call_id text PRIMARY KEY,
    lane text NOT NULL,
    episode text NOT NULL,
    role text NOT NULL,
    level text NOT NULL,
    number integer NOT NULL,
    run_id text NOT NULL REFERENCES run,
    notification_id text NOT NULL REFERENCES notification,
    task_id text REFERENCES task,
    person text NOT NULL,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('ringing', 'answered', 'unanswered', 'ended')),
    placed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    ended_at timestamptz,
    answered_by text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    UNIQUE (lane, episode, role, level, number)
);
COMMENT ON TABLE call IS 'call log: number counts the calls of an item (episode, role, level) until a named person answers; never a telephone number';
CREATE INDEX call_ringing ON call (due_at) WHERE state = 'ringing';

CREATE TABLE drill_roster (
    lane text NOT NULL,
    person text NOT NULL,
    listed_at timestamptz NOT NULL,
    PRIMARY KEY (lane, person)
);
COMMENT ON TABLE drill_roster IS 'persons of a drill: only they are reached by it, and what is real says so to them until 24 h after the lane closed';
