-- The channel of letters to one person of a drill's roster.

COMMENT ON COLUMN notification.channel IS
    'log: the log channel; person: whoever stands behind the role, by his own channels; member: one person of a drill''s roster, named in role; call: by telephone';
