-- What is declared and in force, one row a thing, so that one changed thing writes one row. `place` and `body` are JSON.
CREATE TABLE declared (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    place TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- What reconciling did; the newest hundred. `commit_body` and `plan` are JSON.
CREATE TABLE reconciled (
    id INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    commit_body TEXT,
    plan TEXT NOT NULL,
    rejected TEXT
);

-- What reporters said a service is; of retired ones too.
CREATE TABLE heard (path TEXT PRIMARY KEY, body TEXT NOT NULL);
