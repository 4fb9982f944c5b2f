-- Papers that people asked for on the console: handover sheets, briefs, weekly and monthly reports, each as it was made.
CREATE TABLE paper (
    paper_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('handover', 'brief', 'week', 'month')),
    lane text NOT NULL,
    chain text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > since),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('waiting', 'reading', 'setting', 'done', 'failed')),
    problem text NOT NULL DEFAULT '',
    pdf bytea,
    docx bytea
);
COMMENT ON TABLE paper IS 'since and until are lane time, asked_at is wall time; the same paper can be made again for the same moment and says the same';
CREATE INDEX paper_by_time ON paper (asked_at DESC);
