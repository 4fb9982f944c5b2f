-- only: timescale
-- A compressed chunk that got late rows counts as not compressed until the next run of the job has folded them in.
CREATE OR REPLACE FUNCTION observation_chunks()
RETURNS TABLE (chunk text, low timestamptz, high timestamptz, is_compressed boolean, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('%I.%I', c.chunk_schema, c.chunk_name), c.range_start, c.range_end, k.status & 1 = 1 AND k.status & 10 = 0, z.total_bytes
    FROM timescaledb_information.chunks c
    JOIN chunks_detailed_size('public.observation') z USING (chunk_schema, chunk_name)
    JOIN _timescaledb_catalog.chunk k ON k.schema_name = c.chunk_schema AND k.table_name = c.chunk_name
    WHERE c.hypertable_schema = 'public' AND c.hypertable_name = 'observation' ORDER BY c.range_start
$$;
