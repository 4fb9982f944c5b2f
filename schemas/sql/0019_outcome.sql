-- The ledger of outcomes: what became of each warning, and breaks nobody warned of. Two times: older revisions stay.
CREATE TABLE outcome (
    lane text NOT NULL,
    chain text NOT NULL,
    node text NOT NULL,
    product text NOT NULL,
    hazard text NOT NULL CHECK (hazard IN ('starved', 'blocked')),
    outcome text NOT NULL,
    revision integer NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('occurred', 'averted', 'false', 'undecidable', 'missed')),
    known_at timestamptz NOT NULL,
    episode text NOT NULL,
    incident text NOT NULL,
    root text NOT NULL,
    peak text NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    event_at timestamptz,
    lead_hours double precision,
    actions text[] NOT NULL,
    foretold_hours double precision,
    foretold_probability jsonb NOT NULL,
    observed_share double precision NOT NULL,
    reason_zh text NOT NULL,
    reason_en text NOT NULL,
    confirmed_by text NOT NULL,
    command_id text NOT NULL,
    comment text NOT NULL,
    PRIMARY KEY (lane, outcome, revision)
);
COMMENT ON TABLE outcome IS 'true at: opened_at, closed_at, event_at; known at: known_at of each revision. An averted break is neither a hit nor a false alarm';
ALTER TABLE alert ADD COLUMN actions text[] NOT NULL DEFAULT '{}';
CREATE INDEX outcome_by_episode ON outcome (lane, episode) WHERE episode <> '';
