-- Times in which nobody spoke of a service although a report was missing, and that are over: `last` is the report before,
-- `next` the one after it. History does not tell: a report that says the same as the one before leaves no point in it.
CREATE TABLE report_gap (
    service_id BIGINT NOT NULL REFERENCES service (id),
    last BIGINT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (service_id, last)
) WITHOUT ROWID;
