-- Problems that somebody acknowledged or snoozed; `body` is JSON. What no longer holds is removed; the log keeps it.
CREATE TABLE handled_problem (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    concern TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name, concern)
);

-- Writes of them by caller and idempotency key, for a day. `answer` is JSON.
CREATE TABLE attention_write (
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, name)
);
