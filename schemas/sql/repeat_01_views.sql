-- Views for boards and questions "as known at T". Run again whenever this file changes; they hold no data.
DROP VIEW IF EXISTS v_lane, v_series, v_observation, v_observation_latest, v_observation_hour, v_observation_day, v_score_anomaly, v_score_shadow,
    v_assessment_latest, v_node_state, v_alert_latest, v_alert_open, v_outcome_latest, v_rejection, v_run, v_offset, v_job_latest CASCADE;

CREATE VIEW v_lane AS
SELECT lane, kind, chain, opened_at, origin, wall_origin, rate, closed_at,
    origin + (COALESCE(closed_at, now()) - wall_origin) * rate AS lane_now
FROM lane;

CREATE VIEW v_series AS
SELECT series, chain, feed, group_name, name_zh, name_en, indicator, unit, node, product, link_target, provider,
    cadence_h, lateness_h, silence_h, plausible_low, plausible_high, is_essential, is_active
FROM series;

-- Every revision, with words instead of numbers.
CREATE VIEW v_observation AS
SELECT l.lane, s.series, s.node, s.product, s.indicator, s.unit, o.observed_at, o.issued_at, o.known_at, o.value, o.quality,
    r.source, o.detail
FROM observation o JOIN lane l USING (lane_id) JOIN series s USING (series_id) JOIN source r USING (source_id);

-- The newest observation of each series: one look into the index per series.
CREATE VIEW v_observation_latest AS
SELECT l.lane, s.series, s.chain, s.node, s.product, s.indicator, s.unit, s.name_zh, s.name_en,
    o.observed_at, o.issued_at, o.known_at, o.value, o.quality, o.detail
FROM lane l CROSS JOIN series s CROSS JOIN LATERAL (
    SELECT observed_at, issued_at, known_at, value, quality, detail FROM observation
    WHERE lane_id = l.lane_id AND series_id = s.series_id
    ORDER BY observed_at DESC, issued_at DESC LIMIT 1
) o;

CREATE VIEW v_observation_hour AS
SELECT l.lane, s.series, s.chain, s.node, s.product, s.indicator, s.unit, h.bucket, h.value_count, h.doubtful_count, h.mean,
    h.minimum, h.maximum, h.first_value, h.last_value
FROM observation_hour h JOIN lane l USING (lane_id) JOIN series s USING (series_id);

CREATE VIEW v_observation_day AS
SELECT l.lane, s.series, s.chain, s.node, s.product, s.indicator, s.unit, d.bucket, d.value_count, d.doubtful_count, d.mean,
    d.minimum, d.maximum, d.first_value, d.last_value
FROM observation_day d JOIN lane l USING (lane_id) JOIN series s USING (series_id);

CREATE VIEW v_score_anomaly AS
SELECT lane, series, observed_at, known_at, detector, version, value, p_value, expected, low, high, sentence_zh, sentence_en
FROM score WHERE is_anomaly AND NOT shadow;

CREATE VIEW v_score_shadow AS
SELECT lane, series, observed_at, known_at, detector, version, value, p_value, expected, low, high, sentence_zh, sentence_en
FROM score WHERE is_anomaly AND shadow;

CREATE VIEW v_assessment_latest AS
SELECT DISTINCT ON (lane, node, product, hazard) *
FROM assessment ORDER BY lane, node, product, hazard, as_of DESC, known_at DESC, chain_version DESC, rules_version DESC;

-- State of a node: its worst assessment; unknown where no colour above normal is known and something is unknown.
CREATE VIEW v_node_state AS
SELECT DISTINCT ON (lane, node) lane, chain, node, level, product, hazard, as_of, known_at, cover_days, hours_to_minimum_p50,
    confidence, reason_zh, reason_en, cover_days_physical, heat_kcal_per_kg, stock_t5500
FROM v_assessment_latest
ORDER BY lane, node,
    CASE level WHEN 'red' THEN 5 WHEN 'orange' THEN 4 WHEN 'yellow' THEN 3 WHEN 'blue' THEN 2 WHEN 'unknown' THEN 1 ELSE 0 END DESC,
    hours_to_minimum_p50 NULLS LAST, product, hazard;

CREATE VIEW v_alert_latest AS
SELECT DISTINCT ON (lane, episode) * FROM alert ORDER BY lane, episode, sequence DESC;

CREATE VIEW v_alert_open AS
SELECT * FROM v_alert_latest WHERE state <> 'closed';

CREATE VIEW v_outcome_latest AS
SELECT DISTINCT ON (lane, outcome) * FROM outcome ORDER BY lane, outcome, revision DESC;

CREATE VIEW v_rejection AS
SELECT rejection_id, lane, source, reason, field, given, wanted, origin, known_at, record_id, resent_as FROM rejection;

CREATE VIEW v_run AS
SELECT run_id, lane, episode, playbook, version, state, started_at, ended_at, node, product, level, name_zh, name_en, phase,
    response, parent FROM run;

CREATE VIEW v_offset AS
SELECT consumer_group, topic, partition, next_offset, epoch, owner, updated_at FROM kafka_offset;

CREATE VIEW v_job_latest AS
SELECT DISTINCT ON (job) job, started_at, ended_at, outcome, detail FROM job_run ORDER BY job, started_at DESC;

-- What was known of a lane at a moment of its own time: per series and observed_at the revision with the latest issued_at.
CREATE OR REPLACE FUNCTION observation_as_known(lane text, at timestamptz, only_series text DEFAULT NULL)
RETURNS TABLE (series text, observed_at timestamptz, issued_at timestamptz, known_at timestamptz, value double precision, quality smallint, detail jsonb)
LANGUAGE sql STABLE AS $$
    SELECT s.series, o.observed_at, o.issued_at, o.known_at, o.value, o.quality, o.detail FROM (
        SELECT DISTINCT ON (b.series_id, b.observed_at) b.* FROM observation b
        WHERE b.lane_id = (SELECT l.lane_id FROM lane l WHERE l.lane = $1) AND b.known_at <= $2
            AND ($3 IS NULL OR b.series_id = (SELECT n.series_id FROM series n WHERE n.series = $3))
        ORDER BY b.series_id, b.observed_at, b.issued_at DESC
    ) o JOIN series s USING (series_id) ORDER BY s.series, o.observed_at
$$;

CREATE OR REPLACE FUNCTION assessment_as_known(lane text, at timestamptz) RETURNS SETOF assessment LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (a.node, a.product, a.hazard) a.* FROM assessment a WHERE a.lane = $1 AND a.known_at <= $2 AND a.as_of <= $2
    ORDER BY a.node, a.product, a.hazard, a.as_of DESC, a.known_at DESC, a.chain_version DESC, a.rules_version DESC
$$;

CREATE OR REPLACE FUNCTION alert_as_known(lane text, at timestamptz) RETURNS SETOF alert LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (a.episode) a.* FROM alert a WHERE a.lane = $1 AND a.known_at <= $2 AND a.as_of <= $2
    ORDER BY a.episode, a.sequence DESC
$$;

CREATE OR REPLACE FUNCTION outcome_as_known(lane text, at timestamptz) RETURNS SETOF outcome LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (o.outcome) o.* FROM outcome o WHERE o.lane = $1 AND o.known_at <= $2 ORDER BY o.outcome, o.revision DESC
$$;

-- The newest assessment of each place of a lane. It leaps from place to place through the primary key, so that its cost grows with the places and not
-- with the months that were judged.
CREATE OR REPLACE FUNCTION assessment_newest(lane text) RETURNS SETOF assessment LANGUAGE sql STABLE AS $$
    WITH RECURSIVE place AS (
        (SELECT a.node, a.product, a.hazard FROM assessment a WHERE a.lane = $1 ORDER BY a.node, a.product, a.hazard LIMIT 1)
        UNION ALL
        SELECT n.node, n.product, n.hazard FROM place p CROSS JOIN LATERAL (
            SELECT a.node, a.product, a.hazard FROM assessment a
            WHERE a.lane = $1 AND (a.node, a.product, a.hazard) > (p.node, p.product, p.hazard)
            ORDER BY a.node, a.product, a.hazard LIMIT 1
        ) n
    )
    SELECT n.* FROM place p CROSS JOIN LATERAL (
        SELECT a.* FROM assessment a WHERE a.lane = $1 AND a.node = p.node AND a.product = p.product AND a.hazard = p.hazard
        ORDER BY a.as_of DESC, a.known_at DESC, a.chain_version DESC, a.rules_version DESC LIMIT 1
    ) n
$$;
