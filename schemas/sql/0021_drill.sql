-- What happened in drills: the projection of its topic.
CREATE TABLE drill_event (
    drill text NOT NULL,
    sequence integer NOT NULL,
    kind text NOT NULL,
    lane text NOT NULL,
    minute double precision NOT NULL,
    wall timestamptz NOT NULL,
    actor text NOT NULL,
    subject text NOT NULL,
    text_zh text NOT NULL,
    text_en text NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (drill, sequence)
);
COMMENT ON TABLE drill_event IS 'minute is drill time since its start; the event opened holds the whole plan, so that the log of a drill tells everything';
