-- The newest assessment heard when a step was made that no assessment brought: where a restart goes on from.

ALTER TABLE alert ADD COLUMN heard_at timestamptz;
