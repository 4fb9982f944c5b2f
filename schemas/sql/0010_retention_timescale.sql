-- only: timescale
-- A chunk is dropped only if, nobody writing it any more, it holds rows of the expired lanes and of no other.
DROP FUNCTION observation_drop(text);
CREATE FUNCTION observation_drop(chunk text, expired text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    piece record;
    is_needed boolean;
BEGIN
    SELECT c.chunk, c.low, c.high INTO piece FROM observation_chunks() c WHERE c.chunk = $1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', piece.chunk);
    EXECUTE format('SELECT EXISTS (SELECT FROM lane l WHERE l.lane <> ALL ($1) AND EXISTS (SELECT FROM %s o WHERE o.lane_id = l.lane_id))', piece.chunk)
        INTO is_needed USING expired;
    IF is_needed THEN
        RETURN false;
    END IF;
    PERFORM drop_chunks('public.observation', older_than => piece.high, newer_than => piece.low);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION observation_drop(text, text[]) FROM PUBLIC;
