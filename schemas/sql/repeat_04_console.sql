-- Who has a page open hears of a change when it is committed, not when a question comes round: each statement that adds or alters rows of these tables
-- tells "<noun> <lane>" once for each lane. Told with the commit, dropped with the rollback, kept nowhere.
CREATE OR REPLACE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text;
BEGIN
    FOR touched IN SELECT DISTINCT c.lane FROM changed c LOOP
        PERFORM pg_notify('lianjing_change', TG_ARGV[0] || ' ' || touched);
    END LOOP;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON lane REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('lane');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON lane REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('lane');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON assessment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('assessment');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON assessment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('assessment');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON alert REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('alert');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON alert REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('alert');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON run REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('run');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON run REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('run');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON run_event REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('run');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON task REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('task');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON task REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('task');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON command REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('command');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('answer');
CREATE OR REPLACE TRIGGER tell_update AFTER UPDATE ON answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('answer');
CREATE OR REPLACE TRIGGER tell_insert AFTER INSERT ON drill_event REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_change('drill');
