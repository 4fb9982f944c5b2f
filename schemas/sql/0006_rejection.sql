CREATE TABLE rejection (
    rejection_id text PRIMARY KEY,
    lane text NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    given text NOT NULL,
    wanted text NOT NULL,
    origin text NOT NULL,
    raw bytea NOT NULL,
    known_at timestamptz NOT NULL,
    record_id text,
    resent_as text
);
CREATE INDEX rejection_by_source ON rejection (source, known_at DESC);
CREATE INDEX rejection_by_record ON rejection (record_id) WHERE record_id IS NOT NULL;
COMMENT ON TABLE rejection IS 'records that were not accepted, kept whole; resent_as names the record that replaced it';
