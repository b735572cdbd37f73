-- How a service is now gets a row of its own. History keeps what changes a line of statuses, and what was said then.
CREATE TABLE health (
    service_id INTEGER PRIMARY KEY REFERENCES service (id),
    seq BIGINT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    reporter TEXT NOT NULL,
    since BIGINT NOT NULL,
    seen BIGINT,
    ready BIGINT,
    wanted BIGINT,
    every_ms BIGINT NOT NULL,
    assumed INTEGER NOT NULL,
    silent_from BIGINT,
    last_known TEXT
);
INSERT INTO health
SELECT service_id, seq, status, message, reporter, since, seen, ready, wanted, every_ms, assumed, silent_from, last_known
FROM status_history
WHERE id IN (SELECT MAX(id) FROM status_history WHERE late = 0 GROUP BY service_id);

-- Points of lines in the order in which they were placed; a later one at the same moment takes the place of the earlier.
-- `status`: 0 OPERATIONAL, 1 MAINTENANCE, 2 UNKNOWN, 3 DEGRADED, 4 DOWN.
ALTER TABLE status_history RENAME TO old_history;
DROP INDEX status_history_by_time;
CREATE TABLE status_history (
    id INTEGER PRIMARY KEY,
    service_id BIGINT NOT NULL REFERENCES service (id),
    at BIGINT NOT NULL,
    status INTEGER NOT NULL,
    message TEXT NOT NULL
);
INSERT INTO status_history (service_id, at, status, message)
SELECT service_id, at,
    CASE status WHEN 'OPERATIONAL' THEN 0 WHEN 'MAINTENANCE' THEN 1 WHEN 'DEGRADED' THEN 3 WHEN 'DOWN' THEN 4 ELSE 2 END,
    message
FROM (
    SELECT id, service_id, at, status, message,
        LAG(status) OVER (PARTITION BY service_id ORDER BY at, id) AS before
    FROM old_history
)
WHERE before IS NOT status
ORDER BY at, id;
DROP TABLE old_history;
CREATE INDEX status_history_by_time ON status_history (service_id, at);
