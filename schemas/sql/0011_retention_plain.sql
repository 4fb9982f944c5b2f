-- only: plain
-- A partition is dropped only if, nobody writing it any more, it holds rows of the expired lanes and of no other.
DROP FUNCTION observation_drop(text);
CREATE FUNCTION observation_drop(chunk text, expired text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    is_needed boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM observation_chunks() c WHERE c.chunk = $1) THEN
        RETURN false;
    END IF;
    LOCK TABLE ONLY public.observation IN ACCESS EXCLUSIVE MODE; -- in the order of writers: the whole, then its part
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', chunk);
    EXECUTE format('SELECT EXISTS (SELECT FROM lane l WHERE l.lane <> ALL ($1) AND EXISTS (SELECT FROM %s o WHERE o.lane_id = l.lane_id))', chunk)
        INTO is_needed USING expired;
    IF is_needed THEN
        RETURN false;
    END IF;
    EXECUTE 'DROP TABLE ' || chunk;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION observation_drop(text, text[]) FROM PUBLIC;

-- Another process may have made the partition while this one waited; its name is looked up afresh only under a lock of the table.
CREATE OR REPLACE FUNCTION observation_partition(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    low timestamptz := date_trunc('month', at);
    high timestamptz := date_trunc('month', at) + INTERVAL '1 month';
    child text := 'observation_' || to_char(low, 'YYYY_MM');
BEGIN
    IF at < '1990-01-01Z' OR at >= '2100-01-01Z' OR to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE public.observation IN SHARE ROW EXCLUSIVE MODE;
    IF to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.observation INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.observation_wild WHERE observed_at >= %L AND observed_at < %L RETURNING *) '
        'INSERT INTO public.%I SELECT * FROM moved', low, high, child);
    EXECUTE format('ALTER TABLE public.observation ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', child, low, high);
    RETURN true;
END $$;
