-- Writes by caller and idempotency key stood in a table for tickets, one for windows and one for problems. `about` says which
-- of them a write is; `answer` is JSON.
ALTER TABLE idempotency RENAME TO ticket_write;
CREATE TABLE idempotency (
    about TEXT NOT NULL,
    caller TEXT NOT NULL,
    name TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (about, caller, name)
);
INSERT INTO idempotency SELECT 'ticket', caller, name, body_hash, answer, at FROM ticket_write;
INSERT INTO idempotency SELECT 'window', caller, name, body_hash, CAST(window_id AS TEXT), at FROM window_write;
INSERT INTO idempotency SELECT 'problem', caller, name, body_hash, answer, at FROM attention_write;
DROP TABLE ticket_write;
DROP TABLE window_write;
DROP TABLE attention_write;
