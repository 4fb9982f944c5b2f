-- Wrong passwords of the last quarter of an hour, shared by all processes of the console.
CREATE TABLE sign_in_failure (
    key bytea NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_failure IS 'key is the SHA-256 of account, address or both, for a name may be a mistyped password; rows older than 15 min go';
CREATE INDEX sign_in_failure_key ON sign_in_failure (key, at DESC);
CREATE INDEX sign_in_failure_at ON sign_in_failure (at);
-- What people changed of contacts, roster and channels, on top of the operator's files. Written by response with the offset of the command.
CREATE TABLE contact_change (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command_id text NOT NULL UNIQUE,
    file text NOT NULL CHECK (file IN ('contacts', 'roster', 'channels')),
    key text NOT NULL,
    entry jsonb,
    actor text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE contact_change IS 'entry null: the entry called key was ended; secrets of channels stand in the environment, never here';
