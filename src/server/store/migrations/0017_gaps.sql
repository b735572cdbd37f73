-- Times in which nobody spoke of a service, and that are over: silence, and the parts into which late reports divide it.
-- `last` is the report before, `next` the one after it. History does not tell: a report that says the same as the one before
-- leaves no point in it, and what is DOWN stays so.
CREATE TABLE report_gap (
    service_id BIGINT NOT NULL REFERENCES service (id),
    last BIGINT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (service_id, last)
) WITHOUT ROWID;
