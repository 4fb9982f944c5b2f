-- What an assessment says of coal beside its days of cover, which are days of heat: days in tonnes, the heat value with its age, and the stock in
-- tonnes of 5,500 kcal/kg.

ALTER TABLE assessment
    ADD COLUMN cover_days_physical double precision,
    ADD COLUMN heat_kcal_per_kg double precision,
    ADD COLUMN heat_age_hours double precision,
    ADD COLUMN stock_t5500 double precision;
