-- An index that the key of its table makes needless, and a word for letters of a drill.
DROP INDEX IF EXISTS run_by_episode;
COMMENT ON COLUMN notification.channel IS 'log: the log channel; person: whoever stands behind the role, by his own channels; member: one person of a drill''s roster, named in role; call: by telephone';
