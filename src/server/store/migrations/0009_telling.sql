-- What needed a person and was told as begun; it goes when its end is told.
CREATE TABLE told_episode (
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (topic, name)
);

-- What is told outside, one row for each receiver. `due` is when it is tried next; none when it is finished.
CREATE TABLE delivery (
    id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT,
    finished_at BIGINT,
    said TEXT NOT NULL,
    PRIMARY KEY (receiver, id)
);
CREATE INDEX delivery_by_due ON delivery (receiver, due) WHERE due IS NOT NULL;
CREATE INDEX delivery_by_age ON delivery (made_at);
