-- A push only adds to the log and to history. What would be written here and there is made from both later, for many pushes
-- at once: how services are now, and where the points of a service are.
-- Up to which change `health` is whole, and up to which point `history_place` is.
CREATE TABLE settled (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    point BIGINT NOT NULL
);
INSERT INTO settled (id, seq, point)
SELECT 1, COALESCE((SELECT MAX(seq) FROM change_log), 0), COALESCE((SELECT MAX(id) FROM status_history), 0);

CREATE TABLE history_place (
    service_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    point BIGINT NOT NULL,
    PRIMARY KEY (service_id, at, point)
) WITHOUT ROWID;
INSERT INTO history_place SELECT service_id, at, id FROM status_history ORDER BY service_id, at, id;
DROP INDEX status_history_by_time;
