-- Least privilege, stated as a whole: everything is taken away first. Run at the end of every migration. One writer per table.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, lianjing_board, lianjing_console, lianjing_intake, lianjing_ingest,
    lianjing_detection, lianjing_risk, lianjing_alerting, lianjing_response, lianjing_drill;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, lianjing_board, lianjing_console, lianjing_intake, lianjing_ingest,
    lianjing_detection, lianjing_risk, lianjing_alerting, lianjing_response, lianjing_drill;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO lianjing_board, lianjing_console, lianjing_intake, lianjing_ingest, lianjing_detection, lianjing_risk,
    lianjing_alerting, lianjing_response, lianjing_drill, lianjing_admin;

-- Stages and the console read what they decide on. The board reads all but raw records.
GRANT SELECT ON lianjing_setting, schema_migration, kafka_offset, job_run, lane, chain, series, provider, source, command, observation,
    observation_hour, observation_day, rejection, score, assessment, answer, alert, outcome, run, run_event, task, timer, lane_time,
    notification, delivery, call, drill_roster, drill_event
TO lianjing_console, lianjing_intake, lianjing_ingest, lianjing_detection, lianjing_risk, lianjing_alerting, lianjing_response;
GRANT SELECT ON lianjing_setting, schema_migration, kafka_offset, job_run, lane, chain, series, source, observation, observation_hour,
    observation_day, score, assessment, answer, alert, outcome, run, run_event, task, timer, drill_event
TO lianjing_board;
GRANT SELECT ON v_lane, v_series, v_observation, v_observation_latest, v_observation_hour, v_observation_day, v_score_anomaly, v_score_shadow,
    v_assessment_latest, v_node_state, v_alert_latest, v_alert_open, v_outcome_latest, v_rejection, v_run, v_offset, v_job_latest
TO lianjing_board, lianjing_console, lianjing_intake, lianjing_ingest, lianjing_detection, lianjing_risk, lianjing_alerting, lianjing_response;

-- The master of drills reads live stocks once, when a drill begins from them; what it does goes to topics.
GRANT SELECT ON lianjing_setting, lane, series, observation TO lianjing_drill;

GRANT INSERT, UPDATE, DELETE ON observation, observation_hour, observation_day TO lianjing_ingest;
GRANT SELECT, INSERT, DELETE ON dirty_bucket TO lianjing_ingest;
GRANT INSERT, UPDATE ON rejection, lane, chain, series, provider, source, command, drill_event TO lianjing_ingest;
GRANT INSERT, DELETE ON job_run TO lianjing_ingest;
GRANT USAGE ON SEQUENCE lane_lane_id_seq, series_series_id_seq, source_source_id_seq, job_run_job_run_id_seq TO lianjing_ingest;
GRANT INSERT, UPDATE ON score TO lianjing_detection;
GRANT INSERT, UPDATE ON assessment, answer TO lianjing_risk;
GRANT INSERT, UPDATE ON alert, outcome TO lianjing_alerting;
GRANT INSERT, UPDATE ON run, run_event, task, lane_time, notification, delivery, call, drill_roster TO lianjing_response;
GRANT INSERT, UPDATE, DELETE ON timer TO lianjing_response;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO lianjing_response;
GRANT USAGE ON SEQUENCE outbox_outbox_id_seq, contact_change_sequence_seq TO lianjing_response;
GRANT SELECT, INSERT ON contact_change TO lianjing_response;
GRANT SELECT ON contact_change TO lianjing_console;
-- Passwords, sessions and keys concern the console alone. The audit log is added to, never changed.
GRANT SELECT, INSERT, UPDATE ON account, token TO lianjing_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, paper TO lianjing_console;
GRANT SELECT, INSERT, DELETE ON sign_in_failure TO lianjing_console;
GRANT SELECT, INSERT ON audit TO lianjing_console;

-- Offsets are shared by all stages; each writes only the groups that carry its name ("risk", "risk.keeper").
GRANT INSERT, UPDATE ON kafka_offset TO lianjing_ingest, lianjing_detection, lianjing_risk, lianjing_alerting, lianjing_response;
ALTER TABLE kafka_offset ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS kafka_offset_read ON kafka_offset;
DROP POLICY IF EXISTS kafka_offset_insert ON kafka_offset;
DROP POLICY IF EXISTS kafka_offset_update ON kafka_offset;
DROP POLICY IF EXISTS kafka_offset_admin ON kafka_offset;
CREATE POLICY kafka_offset_read ON kafka_offset FOR SELECT USING (true);
CREATE POLICY kafka_offset_insert ON kafka_offset FOR INSERT
    WITH CHECK ('lianjing_' || split_part(consumer_group, '.', 1) = current_user);
CREATE POLICY kafka_offset_update ON kafka_offset FOR UPDATE
    USING ('lianjing_' || split_part(consumer_group, '.', 1) = current_user);
CREATE POLICY kafka_offset_admin ON kafka_offset TO lianjing_admin USING (true) WITH CHECK (true);

GRANT ALL ON ALL TABLES IN SCHEMA public TO lianjing_admin;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO lianjing_admin;
GRANT EXECUTE ON FUNCTION observation_chunks(), observation_compress(text), observation_drop(text, text[]), observation_partition(timestamptz)
TO lianjing_ingest, lianjing_admin;
