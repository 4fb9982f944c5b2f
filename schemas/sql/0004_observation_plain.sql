-- only: plain
-- The twin of the hypertable: one partition a month, made when its first row comes, and one for wild timestamps.
CREATE TABLE observation (
    observed_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    value double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    lane_id integer NOT NULL,
    series_id integer NOT NULL,
    source_id integer NOT NULL,
    quality smallint NOT NULL,
    detail jsonb,
    CONSTRAINT observation_identity UNIQUE (lane_id, series_id, observed_at, issued_at)
) PARTITION BY RANGE (observed_at);
CREATE INDEX observation_observed ON observation USING brin (observed_at);
CREATE TABLE observation_wild PARTITION OF observation DEFAULT;
COMMENT ON TABLE observation IS 'identity: lane, series, observed_at, issued_at; the latest issued_at counts; known_at is when intake first accepted it';

-- The owner's right to make a partition, lent for exactly this. Rows that already lie in the DEFAULT partition move over.
CREATE FUNCTION observation_partition(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    low timestamptz := date_trunc('month', at);
    high timestamptz := date_trunc('month', at) + INTERVAL '1 month';
    child text := 'observation_' || to_char(low, 'YYYY_MM');
BEGIN
    IF at < '1990-01-01Z' OR at >= '2100-01-01Z' OR to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('lianjing.observation_partition'));
    IF to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE public.observation IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.observation INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.observation_wild WHERE observed_at >= %L AND observed_at < %L RETURNING *) '
        'INSERT INTO public.%I SELECT * FROM moved', low, high, child);
    EXECUTE format('ALTER TABLE public.observation ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', child, low, high);
    RETURN true;
END $$;

CREATE FUNCTION observation_chunks() RETURNS TABLE (chunk text, low timestamptz, high timestamptz, is_compressed boolean, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
    SELECT format('public.%I', c.relname), to_date(right(c.relname, 7), 'YYYY_MM')::timestamptz,
        to_date(right(c.relname, 7), 'YYYY_MM')::timestamptz + INTERVAL '1 month', false, pg_total_relation_size(c.oid)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.observation'::regclass AND c.relname <> 'observation_wild' ORDER BY c.relname
$$;
CREATE FUNCTION observation_compress(chunk text) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
CREATE FUNCTION observation_drop(chunk text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM observation_chunks() c WHERE c.chunk = $1) THEN
        RETURN false;
    END IF;
    EXECUTE 'DROP TABLE ' || chunk;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION observation_chunks(), observation_compress(text), observation_drop(text), observation_partition(timestamptz) FROM PUBLIC;
