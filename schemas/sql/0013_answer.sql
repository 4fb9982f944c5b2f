-- What risk answered to questions asked by commands; the projection of lianjing.answer. The body is the result by its kind (docs/what-if.md).
CREATE TABLE answer (
    lane text NOT NULL,
    command_id text NOT NULL,
    kind text NOT NULL,
    as_of timestamptz,
    body jsonb NOT NULL,
    headline_zh text NOT NULL,
    headline_en text NOT NULL,
    problem text NOT NULL,
    PRIMARY KEY (lane, command_id)
);
COMMENT ON TABLE answer IS 'as_of is lane time, null when the question could not be answered; problem then says why';
CREATE INDEX answer_by_kind ON answer (lane, kind, as_of DESC);
