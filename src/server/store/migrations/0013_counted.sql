-- Whether self-declared maintenance counted as down is part of what a kept result was promised, too. Results from before it
-- was recorded were corrected by the rule of their group as it stands; that becomes theirs.
UPDATE period_result SET body = json_set(body, '$.maintenance_is_down', json(CASE WHEN EXISTS
    (SELECT 1 FROM meta, json_each(meta.value) AS declared_group
     WHERE meta.name = 'sla_groups' AND declared_group.key = period_result.sla_group
     AND json_extract(declared_group.value, '$.maintenance_is_down'))
    THEN 'true' ELSE 'false' END));
