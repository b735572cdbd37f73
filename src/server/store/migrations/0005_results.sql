-- What closed days and months came to, kept for good. `body` is JSON.
CREATE TABLE period_result (
    sla_group TEXT NOT NULL,
    period TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sla_group, period, from_at)
);

-- What corrected them later. Never changed and never removed, whatever a later version of this program does.
CREATE TABLE restatement (
    id INTEGER PRIMARY KEY,
    sla_group TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX restatement_by_time ON restatement (at);
CREATE TRIGGER restatement_is_kept BEFORE UPDATE ON restatement
BEGIN
    SELECT RAISE(ABORT, 'a restatement is never changed');
END;
CREATE TRIGGER restatement_stays BEFORE DELETE ON restatement
BEGIN
    SELECT RAISE(ABORT, 'a restatement is never removed');
END;

-- What may have changed kept results and was not looked into yet. `body` is JSON.
CREATE TABLE correction (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
