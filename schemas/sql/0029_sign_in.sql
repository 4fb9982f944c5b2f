-- Wrong passwords of the last quarter of an hour, shared by all processes of the console.
CREATE TABLE sign_in_failure (
    key bytea NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_failure IS 'key is the SHA-256 of account, address or both, for a name may be a mistyped password; rows older than 15 min go';
CREATE INDEX sign_in_failure_key ON sign_in_failure (key, at DESC);
CREATE INDEX sign_in_failure_at ON sign_in_failure (at);
