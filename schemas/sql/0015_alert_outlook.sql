-- What a warning says beside the median: by which measure the cover is told, from when to when the limit may be reached, and how probably.

ALTER TABLE alert
    ADD COLUMN cover_days_physical double precision,
    ADD COLUMN heat_kcal_per_kg double precision,
    ADD COLUMN hours_to_minimum_p10 double precision,
    ADD COLUMN hours_to_minimum_p90 double precision,
    ADD COLUMN probability jsonb NOT NULL DEFAULT '{}';
