-- Exclusion windows; `body` is JSON. One is stopped by writing it again, never removed.
CREATE TABLE exclusion_window (
    id INTEGER PRIMARY KEY,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    body TEXT NOT NULL
);

-- Writes of windows by caller and idempotency key, for a day.
CREATE TABLE window_write (
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    window_id BIGINT NOT NULL REFERENCES exclusion_window (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, name)
);
