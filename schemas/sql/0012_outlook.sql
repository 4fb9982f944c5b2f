-- What an assessment says of the ways ahead beside its level: intervals of stock, expected loss, and the map its probabilities went through.

ALTER TABLE assessment
    ADD COLUMN stock_p10 jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN stock_p90 jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN expected_loss double precision,
    ADD COLUMN expected_loss_cny double precision,
    ADD COLUMN recalibration text NOT NULL DEFAULT 'identity';
