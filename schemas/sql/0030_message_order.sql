-- What waits to go out is read in its order, so that a turn of the notifier reads what it sends and not all that waits.
CREATE INDEX notification_to_log ON notification (queued_at, created_at, run_id, notification_id) WHERE state = 'pending' AND channel = 'log';
CREATE INDEX notification_to_people ON notification
    ((array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level)), created_at, run_id, notification_id) WHERE state = 'pending' AND channel <> 'log';
DROP INDEX notification_pending;
-- Who holds the watch of a duty room is asked for when somebody there is to be reached.
CREATE INDEX command_of_watch ON command (lane, issued_at DESC) WHERE kind IN ('shift.take', 'shift.hand');
