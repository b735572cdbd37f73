-- How members added up is part of what a kept result was promised. Results from before it was recorded were corrected by
-- the rule of their group as it stands; that becomes theirs.
UPDATE period_result SET body = json_set(body, '$.aggregation', COALESCE(
    (SELECT json_extract(declared_group.value, '$.aggregation')
     FROM meta, json_each(meta.value) AS declared_group
     WHERE meta.name = 'sla_groups' AND declared_group.key = period_result.sla_group),
    'worst'));

-- Which period a restatement is of, to be searched by.
ALTER TABLE restatement ADD COLUMN from_at BIGINT GENERATED ALWAYS AS (json_extract(body, '$.from')) VIRTUAL;
CREATE INDEX restatement_by_period ON restatement (from_at);
