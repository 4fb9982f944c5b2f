-- Scores of detectors that are only tried out beside the others: kept and shown apart, never counted.

ALTER TABLE score ADD COLUMN shadow boolean NOT NULL DEFAULT false;
DROP INDEX score_anomalies;
CREATE INDEX score_anomalies ON score (lane, observed_at DESC) WHERE is_anomaly AND NOT shadow;
CREATE INDEX score_shadows ON score (lane, observed_at DESC) WHERE is_anomaly AND shadow;
