-- Playbooks with flow: how far a run has come, what people gave, what is due, and how far each lane's clock was heard.
ALTER TABLE run
    ADD COLUMN phase text NOT NULL DEFAULT 'assessed',
    ADD COLUMN response text NOT NULL DEFAULT '',
    ADD COLUMN parent text NOT NULL DEFAULT '',
    ADD COLUMN progress jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN run.phase IS 'assessed, conferred, published, adjusted or lifted: the official side of the warning, beside the system''s level';
COMMENT ON COLUMN run.response IS 'response level in force, I to IV, or empty; a scale of its own beside the colours';
COMMENT ON COLUMN run.progress IS 'state of every step, changed in the transaction of its events';

ALTER TABLE run_event ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN run_event.detail IS 'what a person gave: actor, command, signer, document, scope, result';
CREATE INDEX run_event_command ON run_event ((detail ->> 'command')) WHERE detail ? 'command';
CREATE INDEX run_by_episode ON run (lane, episode);
CREATE INDEX task_by_run ON task (run_id);

CREATE TABLE timer (
    timer_id text PRIMARY KEY,
    run_id text NOT NULL REFERENCES run,
    lane text NOT NULL,
    episode text NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX timer_due ON timer (lane, due_at);
CREATE INDEX timer_by_run ON timer (run_id);
COMMENT ON TABLE timer IS 'what is due at a lane time; a row goes in the transaction of what it brings';

CREATE TABLE lane_time (
    lane text PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE lane_time IS 'newest tick heard of each lane but the live one, whose clock is the wall clock';

-- Runs of earlier versions go on with the steps they took.
UPDATE run SET progress = jsonb_build_object(
    'sequence', coalesce((SELECT max(e.sequence) FROM run_event e WHERE e.run_id = run.run_id), 0),
    'events', coalesce((SELECT max(e.sequence) FROM run_event e WHERE e.run_id = run.run_id), 0),
    'steps', coalesce((
        SELECT jsonb_object_agg(e.step, jsonb_build_object(
            'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'outcome', CASE WHEN EXISTS (SELECT 1 FROM task t WHERE t.run_id = e.run_id AND t.step = e.step AND t.state = 'open')
                THEN '' ELSE 'done' END))
        FROM run_event e WHERE e.run_id = run.run_id AND e.kind = 'taken'), '{}'));
