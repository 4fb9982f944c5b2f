-- The series that carries reported events 接报 of each chain: no provider writes it, so it is not active and no board looks for it.
INSERT INTO series (
    series, chain, feed, group_name, name_zh, name_en, indicator, unit, node, product, link_target, provider, cadence_h, lateness_h, silence_h,
    plausible_low, plausible_high, is_essential, is_active
)
SELECT 'hazard.report.' || chain, chain, 'hazard', 'report.' || chain, name_zh || '电话接报', 'telephone reports, ' || name_en, 'report', 'share',
    '', '', '', '', 24, 8784, 1000000, 0, 1, false, false
FROM chain WHERE is_current ON CONFLICT (series) DO NOTHING;
