-- What detection, risk and alerting think; each is the projection of its topic.
CREATE TABLE score (
    lane text NOT NULL,
    series text NOT NULL,
    observed_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    detector text NOT NULL,
    version text NOT NULL,
    value double precision NOT NULL,
    p_value double precision NOT NULL,
    expected double precision,
    low double precision,
    high double precision,
    is_anomaly boolean NOT NULL,
    sentence_zh text NOT NULL,
    sentence_en text NOT NULL,
    PRIMARY KEY (lane, series, observed_at, known_at, detector, version)
);
CREATE INDEX score_anomalies ON score (lane, observed_at DESC) WHERE is_anomaly;

CREATE TABLE assessment (
    lane text NOT NULL,
    chain text NOT NULL,
    node text NOT NULL,
    product text NOT NULL,
    hazard text NOT NULL CHECK (hazard IN ('starved', 'blocked')),
    as_of timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    level text NOT NULL,
    chain_version text NOT NULL,
    rules_version text NOT NULL,
    cover_days double precision,
    stock double precision,
    hours_to_minimum_p10 double precision,
    hours_to_minimum_p50 double precision,
    hours_to_minimum_p90 double precision,
    hours_to_zero_p50 double precision,
    probability jsonb NOT NULL,
    confidence double precision NOT NULL,
    causes jsonb NOT NULL,
    inputs jsonb NOT NULL,
    reason_zh text NOT NULL,
    reason_en text NOT NULL,
    smallest_change_zh text NOT NULL,
    smallest_change_en text NOT NULL,
    PRIMARY KEY (lane, node, product, hazard, as_of, known_at, chain_version, rules_version)
);
COMMENT ON TABLE assessment IS 'hours count from as_of; a later known_at for the same as_of is a judgement made again after a correction';

CREATE TABLE alert (
    lane text NOT NULL,
    chain text NOT NULL,
    node text NOT NULL,
    product text NOT NULL,
    hazard text NOT NULL CHECK (hazard IN ('starved', 'blocked')),
    episode text NOT NULL,
    sequence integer NOT NULL,
    state text NOT NULL CHECK (state IN ('opened', 'worsened', 'eased', 'updated', 'closed')),
    level text NOT NULL,
    opened_at timestamptz NOT NULL,
    as_of timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    headline_zh text NOT NULL,
    headline_en text NOT NULL,
    reason_zh text NOT NULL,
    reason_en text NOT NULL,
    path text[] NOT NULL,
    cover_days double precision,
    hours_to_minimum_p50 double precision,
    hours_to_zero_p50 double precision,
    PRIMARY KEY (lane, node, product, hazard, episode, sequence)
);
CREATE INDEX alert_by_episode ON alert (lane, episode, sequence DESC);
