-- What reached nobody, and which channels rest, are asked for every few seconds.
CREATE INDEX notification_unsent ON notification (queued_at) WHERE state <> 'sent';
CREATE INDEX delivery_rest ON delivery (rests_until) WHERE rests_until IS NOT NULL;
