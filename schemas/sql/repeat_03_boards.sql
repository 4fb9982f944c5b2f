-- What boards show. A state older than seven hours of lane time, or missing, is unknown: every place is judged anew at least every six hours.
DROP VIEW IF EXISTS v_board_pulse, v_board_node, v_board_alert, v_board_task, v_board_run, v_board_silence, v_board_score, v_board_chain_node,
    v_board_chain_link, v_board_link_flow, v_board_balance, v_board_outlook, v_board_provider, v_alert_step, v_board_node_worst,
    v_board_outcome CASCADE;

-- One row per lane: how old what it shows is.
CREATE VIEW v_board_pulse AS
SELECT l.lane, l.kind, l.chain, l.lane_now, l.closed_at, d.data_until, j.judged_at,
    extract(epoch FROM l.lane_now - d.data_until) / 3600 AS data_age_h,
    extract(epoch FROM l.lane_now - j.judged_at) / 3600 AS judged_age_h
FROM v_lane l
LEFT JOIN LATERAL (
    SELECT max(n.newest) AS data_until FROM series s CROSS JOIN LATERAL (
        SELECT o.observed_at AS newest FROM observation o WHERE o.lane_id = (SELECT i.lane_id FROM lane i WHERE i.lane = l.lane)
            AND o.series_id = s.series_id ORDER BY o.observed_at DESC LIMIT 1
    ) n WHERE s.chain = l.chain AND s.is_active
) d ON true
LEFT JOIN LATERAL (SELECT max(a.as_of) AS judged_at FROM assessment_newest(l.lane) a) j ON true;

-- Nodes of the chains in force, with their names.
CREATE VIEW v_board_chain_node AS
SELECT c.chain, n ->> 'id' AS node, n ->> 'name_zh' AS name_zh, n ->> 'name_en' AS name_en, n ->> 'kind' AS kind, n ->> 'product' AS product,
    (n ->> 'capacity')::double precision AS capacity, n ->> 'unit' AS unit, n ->> 'admin_code' AS admin_code,
    n ->> 'chain_chief' AS chain_chief, n ->> 'lead_department' AS lead_department, n ->> 'work_team' AS work_team
FROM chain c CROSS JOIN LATERAL jsonb_array_elements(c.document -> 'nodes') n WHERE c.is_current;

CREATE VIEW v_board_chain_link AS
SELECT c.chain, k ->> 'source' AS source, k ->> 'target' AS target, k ->> 'product' AS product, k ->> 'mode' AS mode,
    (k ->> 'capacity')::double precision AS capacity, k ->> 'unit' AS unit, (k ->> 'normal_flow')::double precision AS normal_flow,
    (k ->> 'share_normal')::double precision > 0 AS is_used
FROM chain c CROSS JOIN LATERAL jsonb_array_elements(c.document -> 'links') k WHERE c.is_current;

-- Each place with its level as it may be shown now.
CREATE VIEW v_board_node AS
SELECT a.lane, a.chain, a.node, c.name_zh, c.name_en, c.kind, c.lead_department, a.product, a.hazard,
    CASE WHEN a.as_of < l.lane_now - interval '7 hours' THEN 'unknown' ELSE a.level END AS level,
    a.level AS level_told, a.as_of, extract(epoch FROM l.lane_now - a.as_of) / 3600 AS age_h,
    CASE WHEN a.level <> 'unknown' AND a.as_of >= l.lane_now - interval '7 hours' THEN a.cover_days END AS cover_days,
    a.stock, a.hours_to_minimum_p10, a.hours_to_minimum_p50, a.hours_to_minimum_p90, a.hours_to_zero_p50,
    (a.probability ->> '24')::double precision AS probability_24h, (a.probability ->> '72')::double precision AS probability_72h,
    (a.probability ->> '168')::double precision AS probability_7d, (a.probability ->> '336')::double precision AS probability_14d,
    a.confidence, a.expected_loss_cny, a.reason_zh, a.reason_en, a.smallest_change_zh, a.smallest_change_en, a.causes, a.inputs
FROM v_lane l CROSS JOIN LATERAL assessment_newest(l.lane) a LEFT JOIN v_board_chain_node c ON c.chain = a.chain AND c.node = a.node;

-- The worst level of each node, as a word that sorts: unknown after red, for nobody sees what happens there.
CREATE VIEW v_board_node_worst AS
SELECT DISTINCT ON (lane, node) lane, node, level, cover_days FROM v_board_node
ORDER BY lane, node, CASE level WHEN 'red' THEN 0 WHEN 'unknown' THEN 1 WHEN 'orange' THEN 2 WHEN 'yellow' THEN 3 WHEN 'blue' THEN 4 ELSE 5 END, cover_days;

-- Open warnings: since when, how long is left, who is at it.
CREATE VIEW v_board_alert AS
SELECT a.lane, a.chain, a.node, c.name_zh, c.name_en, a.product, a.hazard, a.episode, a.level, a.opened_at, a.as_of, a.headline_zh, a.headline_en,
    a.reason_zh, a.reason_en, a.path, (
        SELECT string_agg(coalesce(p.name_zh, u.step), ' → ' ORDER BY u.number)
        FROM unnest(a.path) WITH ORDINALITY u(step, number) LEFT JOIN v_board_chain_node p ON p.chain = a.chain AND p.node = u.step
    ) AS path_zh, (
        SELECT string_agg(coalesce(p.name_en, u.step), ' → ' ORDER BY u.number)
        FROM unnest(a.path) WITH ORDINALITY u(step, number) LEFT JOIN v_board_chain_node p ON p.chain = a.chain AND p.node = u.step
    ) AS path_en,
    a.cover_days, a.hours_to_minimum_p10 AS hours_p10, a.hours_to_minimum_p50 AS hours_p50, a.hours_to_minimum_p90 AS hours_p90,
    (SELECT count(*) FROM run r WHERE r.lane = a.lane AND r.episode = a.episode AND r.state = 'running') AS plans,
    (SELECT count(*) FROM task t JOIN run r USING (run_id) WHERE r.lane = a.lane AND r.episode = a.episode AND t.ended_at IS NULL) AS open_tasks,
    (SELECT count(*) FROM task t JOIN run r USING (run_id) JOIN v_lane l ON l.lane = r.lane
        WHERE r.lane = a.lane AND r.episode = a.episode AND t.ended_at IS NULL AND t.due_at < l.lane_now) AS overdue_tasks
FROM v_alert_open a LEFT JOIN v_board_chain_node c ON c.chain = a.chain AND c.node = a.node;

CREATE VIEW v_alert_step AS
SELECT lane, chain, node, product, hazard, episode, sequence, state, level, opened_at, as_of, known_at, headline_zh, headline_en FROM alert;

CREATE VIEW v_board_run AS
SELECT r.lane, r.run_id, r.episode, r.playbook, r.version, r.state, r.started_at, r.ended_at, r.node, c.name_zh, c.name_en, r.product, r.level,
    r.name_zh AS plan_zh, r.name_en AS plan_en,
    (SELECT count(*) FROM task t WHERE t.run_id = r.run_id AND t.ended_at IS NULL) AS open_tasks,
    (SELECT count(*) FROM task t WHERE t.run_id = r.run_id AND t.state = 'done') AS done_tasks
FROM run r JOIN lane l USING (lane) LEFT JOIN v_board_chain_node c ON c.chain = l.chain AND c.node = r.node;

CREATE VIEW v_board_task AS
SELECT t.lane, t.task_id, t.step, t.title_zh, t.title_en, split_part(t.assignee, ': ', 2) AS assignee, t.state, t.created_at, t.due_at, t.ended_at,
    t.ended_at IS NULL AND t.due_at < l.lane_now AS is_overdue, t.detail ->> 'kind' = 'ask' AS is_question,
    extract(epoch FROM t.due_at - l.lane_now) / 3600 AS hours_left, r.name_zh AS plan_zh, r.name_en AS plan_en, r.node, r.episode
FROM task t JOIN run r USING (run_id) JOIN v_lane l ON l.lane = t.lane;

-- Series with the age of their newest report, silent or not.
CREATE VIEW v_board_silence AS
SELECT l.lane, s.series, s.name_zh, s.name_en, s.provider, s.feed, s.node, s.is_essential, o.observed_at, s.silence_h,
    extract(epoch FROM l.lane_now - o.observed_at) / 3600 AS age_h,
    o.observed_at IS NULL OR o.observed_at < l.lane_now - s.silence_h * interval '1 hour' AS is_silent
FROM v_lane l JOIN series s ON s.chain = l.chain AND s.is_active LEFT JOIN LATERAL (
    SELECT b.observed_at FROM observation b WHERE b.lane_id = (SELECT i.lane_id FROM lane i WHERE i.lane = l.lane) AND b.series_id = s.series_id
    ORDER BY b.observed_at DESC LIMIT 1
) o ON true;

CREATE VIEW v_board_provider AS
SELECT lane, provider, count(*) AS series, count(*) FILTER (WHERE is_silent) AS silent, max(observed_at) AS newest_at, min(age_h) AS age_h
FROM v_board_silence GROUP BY lane, provider;

CREATE VIEW v_board_score AS
SELECT lane, series, observed_at, detector, value, p_value, expected, low, high, is_anomaly, sentence_zh, sentence_en FROM score WHERE NOT shadow;

-- What went over each link on a day, beside its capacity and normal flow.
CREATE VIEW v_board_link_flow AS
SELECT l.lane, k.chain, k.source, k.target, k.product, k.mode, k.capacity, k.normal_flow, k.unit, k.is_used, f.bucket, f.mean AS flow,
    a.name_zh AS source_zh, a.name_en AS source_en, b.name_zh AS target_zh, b.name_en AS target_en
FROM v_board_chain_link k JOIN v_lane l ON l.chain = k.chain
LEFT JOIN v_board_chain_node a ON a.chain = k.chain AND a.node = k.source
LEFT JOIN v_board_chain_node b ON b.chain = k.chain AND b.node = k.target
LEFT JOIN LATERAL (
    SELECT d.bucket, d.mean FROM observation_day d JOIN series s USING (series_id)
    WHERE d.lane_id = (SELECT i.lane_id FROM lane i WHERE i.lane = l.lane) AND s.chain = k.chain AND s.node = k.source AND s.link_target = k.target
        AND s.product = k.product AND s.indicator = 'flow' ORDER BY d.bucket DESC LIMIT 1
) f ON true;

-- Output and use per product and day.
CREATE VIEW v_board_balance AS
SELECT lane, chain, product, unit, indicator, bucket, sum(mean) AS amount, count(*) AS series
FROM v_observation_day WHERE indicator IN ('output', 'use') GROUP BY lane, chain, product, unit, indicator, bucket;

-- The newest forecast of each place: the interval of its stock ahead.
CREATE VIEW v_board_outlook AS
SELECT a.lane, a.node, a.product, a.hazard, a.as_of, a.as_of + (h.key || ' hours')::interval AS at, h.value::double precision AS p10,
    (a.stock_p90 ->> h.key)::double precision AS p90
FROM v_assessment_latest a CROSS JOIN LATERAL jsonb_each_text(a.stock_p10) h
UNION ALL
SELECT lane, node, product, hazard, as_of, as_of, stock, stock FROM v_assessment_latest WHERE stock IS NOT NULL AND stock_p10 <> '{}';

-- The ledger, newest revision of each entry. A break without a warning ends when it began.
CREATE VIEW v_board_outcome AS
SELECT o.*, coalesce(o.closed_at, o.event_at, o.known_at) AS ended_at, c.name_zh, c.name_en
FROM v_outcome_latest o LEFT JOIN v_board_chain_node c ON c.chain = o.chain AND c.node = o.node;

GRANT SELECT ON v_board_pulse, v_board_node, v_board_alert, v_board_task, v_board_run, v_board_silence, v_board_score, v_board_chain_node,
    v_board_chain_link, v_board_link_flow, v_board_balance, v_board_outlook, v_board_provider, v_alert_step,
    v_board_node_worst, v_board_outcome
TO lianjing_board, lianjing_console;
