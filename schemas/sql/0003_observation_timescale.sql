-- only: timescale
-- Observations with two times. 8-byte columns first: no padding inside a row.
CREATE TABLE observation (
    observed_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    value double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    lane_id integer NOT NULL,
    series_id integer NOT NULL,
    source_id integer NOT NULL,
    quality smallint NOT NULL,
    detail jsonb
);
SELECT create_hypertable('observation', by_range('observed_at', INTERVAL '30 days'), create_default_indexes => false);
ALTER TABLE observation ADD CONSTRAINT observation_identity UNIQUE (lane_id, series_id, observed_at, issued_at);
-- Settings only: chunks are converted by our own job, which asks the lane clocks, never by a policy on now().
ALTER TABLE observation SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'lane_id, series_id',
    timescaledb.compress_orderby = 'observed_at, issued_at'
);
COMMENT ON TABLE observation IS 'identity: lane, series, observed_at, issued_at; the latest issued_at counts; known_at is when intake first accepted it';

-- The owner's rights on chunks, lent for exactly this. A chunk goes by its full name.
CREATE FUNCTION observation_chunks() RETURNS TABLE (chunk text, low timestamptz, high timestamptz, is_compressed boolean, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('%I.%I', c.chunk_schema, c.chunk_name), c.range_start, c.range_end, c.is_compressed, z.total_bytes
    FROM timescaledb_information.chunks c JOIN chunks_detailed_size('public.observation') z USING (chunk_schema, chunk_name)
    WHERE c.hypertable_schema = 'public' AND c.hypertable_name = 'observation' ORDER BY c.range_start
$$;
CREATE FUNCTION observation_compress(chunk text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT compress_chunk(c.chunk::regclass, if_not_compressed => true) IS NOT NULL FROM observation_chunks() c WHERE c.chunk = $1
$$;
CREATE FUNCTION observation_drop(chunk text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(d) > 0 FROM observation_chunks() c, LATERAL drop_chunks('public.observation', older_than => c.high, newer_than => c.low) d
    WHERE c.chunk = $1
$$;
CREATE FUNCTION observation_partition(at timestamptz) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
REVOKE ALL ON FUNCTION observation_chunks(), observation_compress(text), observation_drop(text), observation_partition(timestamptz) FROM PUBLIC;
