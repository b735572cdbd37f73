-- Times are integers: milliseconds since 1970-01-01T00:00:00Z. JSON is text whose form server::store::encoding owns.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE service (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    seq BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    retired_at BIGINT
);

-- Change points; insert only. Of two at the same moment the higher id counts. `late` ones were placed into the past
-- and never were how the service is now.
CREATE TABLE status_history (
    id INTEGER PRIMARY KEY,
    service_id BIGINT NOT NULL REFERENCES service (id),
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    late INTEGER NOT NULL,
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
CREATE INDEX status_history_by_time ON status_history (service_id, at);

CREATE TABLE last_seen (service_id INTEGER PRIMARY KEY REFERENCES service (id), at BIGINT NOT NULL);
CREATE TABLE storage (service_id INTEGER PRIMARY KEY REFERENCES service (id), body TEXT NOT NULL);
CREATE TABLE backup (service_id INTEGER PRIMARY KEY REFERENCES service (id), body TEXT NOT NULL);

-- Who belonged to which SLA group from when to when. `from_at` 0: always.
CREATE TABLE membership (
    sla_group TEXT NOT NULL,
    service_id BIGINT NOT NULL REFERENCES service (id),
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    PRIMARY KEY (sla_group, service_id, from_at)
);

CREATE TABLE ticket (
    number INTEGER PRIMARY KEY,
    version BIGINT NOT NULL,
    live INTEGER NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE ticket_entry (
    number BIGINT NOT NULL REFERENCES ticket (number),
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (number, place)
);

CREATE TABLE change_log (
    seq INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    fact TEXT NOT NULL
);

CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, name)
);

CREATE TABLE user_account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    level TEXT NOT NULL,
    superadmin INTEGER NOT NULL
);
CREATE TABLE refresh_token (
    hash TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    expires BIGINT NOT NULL,
    used INTEGER NOT NULL
);
