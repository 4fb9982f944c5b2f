-- The median of the stock ahead, beside its interval.

ALTER TABLE assessment ADD COLUMN stock_p50 jsonb NOT NULL DEFAULT '{}';
