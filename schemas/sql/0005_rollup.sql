-- Rollups of the latest revision of each observation, the same in both modes, and the days that have to be computed again.
CREATE TABLE observation_hour (
    lane_id integer NOT NULL,
    series_id integer NOT NULL,
    bucket timestamptz NOT NULL,
    value_count integer NOT NULL,
    doubtful_count integer NOT NULL,
    mean double precision,
    minimum double precision,
    maximum double precision,
    first_value double precision,
    last_value double precision,
    PRIMARY KEY (lane_id, series_id, bucket)
);
COMMENT ON TABLE observation_hour IS 'UTC hours; numbers over values of quality good or estimated, doubtful_count counts the others';
CREATE TABLE observation_day (LIKE observation_hour INCLUDING ALL);
COMMENT ON TABLE observation_day IS 'UTC days; numbers over values of quality good or estimated, doubtful_count counts the others';

-- Append-only, without an index: ingest never waits for the refresh. A UTC day of a series may stand here many times.
CREATE TABLE dirty_bucket (
    lane_id integer NOT NULL,
    series_id integer NOT NULL,
    day date NOT NULL
);
COMMENT ON TABLE dirty_bucket IS 'days whose rollups are stale; written in the transaction of the rows, taken by the refresh job';
