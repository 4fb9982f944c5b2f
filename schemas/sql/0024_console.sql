-- The console's own tables: who may come in, who is in, which programs may speak, and what was changed by whom.
CREATE TABLE account (
    account text PRIMARY KEY CHECK (account ~ '^[a-z0-9][a-z0-9._@-]{0,62}$'),
    display text NOT NULL CHECK (length(display) BETWEEN 1 AND 80),
    password text NOT NULL,
    roles text[] NOT NULL,
    chains text[],
    provider text NOT NULL,
    subject text UNIQUE,
    is_disabled boolean NOT NULL,
    must_change boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    revision integer NOT NULL
);
COMMENT ON TABLE account IS 'password is an argon2id hash, empty: no sign-in by password; chains null: all; subject is the name at the OpenID provider';

CREATE TABLE session (
    session_id text PRIMARY KEY,
    secret_digest bytea NOT NULL UNIQUE,
    account text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    is_wall boolean NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);
COMMENT ON TABLE session IS 'The cookie holds the secret, this table its SHA-256 only; session_id is for lists and for ending it';
CREATE INDEX session_account ON session (account, expires_at);

CREATE TABLE token (
    token_id text PRIMARY KEY,
    secret_digest bytea NOT NULL UNIQUE,
    account text NOT NULL REFERENCES account ON DELETE CASCADE,
    name text NOT NULL,
    rights text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE token IS 'Keys of programs: each acts for its account with some of its rights, until it expires';
CREATE INDEX token_account ON token (account);

CREATE TABLE audit (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    lane text NOT NULL,
    address text NOT NULL,
    detail jsonb NOT NULL,
    previous text NOT NULL,
    digest text NOT NULL UNIQUE
);
COMMENT ON TABLE audit IS 'digest is the SHA-256 of previous and of the entry as canonical JSON; entries are never changed nor removed';
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, sequence);

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
