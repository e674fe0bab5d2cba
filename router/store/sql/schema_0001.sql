-- Schema, version 1. Applied once, in one transaction; later versions are further files, never changes to this one.
--
-- A delivery's row number is its event's times 65536, plus its position; so are those of its contents. Everything that belongs to an
-- event is a range of row numbers: no column and no index is spent on the reference, and neighbours in life are neighbours on disk.
--
-- Delivery states are small numbers (router/store/rows.py has the names):
--   0 fresh      pending, and leased since the transaction that accepted it: in no index of waiting rows
--   1 delivered  2 pending    3 dead    4 held    5 cancelled
-- `sending` is not among them: a lease lives in memory only. Most deliveries succeed at once, so most go from 0 to 1 and touch no
-- index on the way but that of the fresh ones. What is 2 or more is an exception, and indexed as one. Such conditions are comparisons
-- and never IN: SQLite builds a table for every IN of every partial index on every write (measured: 2 us each).

CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    revision TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    attributes TEXT NOT NULL,  -- JSON: the other context attributes
    data_from INTEGER NOT NULL,  -- 0 no data, 1 the JSON in body, 2 the JSON in data
    data BLOB,
    body BLOB
) STRICT;

CREATE UNIQUE INDEX event_by_identity ON event (event_id, source);
CREATE INDEX event_by_time ON event (received_at_ms);
CREATE INDEX event_by_type ON event (type, received_at_ms);
CREATE INDEX event_by_source ON event (source, received_at_ms);

-- What is sent, apart from the state of sending it: deliveries with equal headers and body share a row, and rows stay narrow where
-- they change. body is NULL where it is the event's own.
CREATE TABLE content (
    seq INTEGER PRIMARY KEY,
    headers TEXT NOT NULL,  -- JSON: [[name, value], ...]
    body BLOB
) STRICT;

CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    logged INTEGER NOT NULL,  -- attempts in its log, over its whole life
    reason TEXT
) STRICT;

-- There is none by time alone: a delivery is as old as its event, and event_by_time finds both.
CREATE INDEX delivery_by_endpoint ON delivery (endpoint, created_at_ms);
CREATE INDEX delivery_by_route ON delivery (route, created_at_ms);
-- The order in which an endpoint's waiting deliveries are claimed.
CREATE INDEX delivery_due ON delivery (endpoint, due_at_ms) WHERE state = 2;
-- The exceptions, for listings by state; delivered rows are the rule and are found by time.
CREATE INDEX delivery_by_state ON delivery (state, created_at_ms) WHERE state >= 2;
CREATE INDEX delivery_by_endpoint_state ON delivery (endpoint, state, created_at_ms) WHERE state >= 2;
-- What a killed process left under lease; as short as the number of deliveries in flight.
CREATE INDEX delivery_fresh ON delivery (state) WHERE state = 0;

CREATE TABLE attempt (
    delivery INTEGER NOT NULL,  -- delivery.seq
    ordinal INTEGER NOT NULL,  -- 1, 2, ... over the delivery's whole life (delivery.logged); number starts again at a replay
    number INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    answer BLOB,
    PRIMARY KEY (delivery, ordinal)
) STRICT, WITHOUT ROWID;

-- How many deliveries each endpoint has in each state; kept right by every transaction, so that opening never counts rows.
CREATE TABLE backlog (
    endpoint TEXT PRIMARY KEY,
    delivered INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    held INTEGER NOT NULL,
    cancelled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    seq INTEGER PRIMARY KEY,
    revision TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    commit_id TEXT,
    snapshot BLOB NOT NULL,
    diagnostics TEXT NOT NULL
) STRICT;

CREATE INDEX revision_by_name ON revision (revision);
CREATE UNIQUE INDEX revision_active ON revision (state) WHERE state = 'active';

-- A delivery with all that its record shows, in the order of router/store/rows.py. CROSS JOIN keeps the order of the loops.
CREATE VIEW delivery_record AS
SELECT
    delivery.seq AS seq,
    delivery.id AS id,
    event.key AS event_key,
    event.event_id AS event_id,
    event.type AS event_type,
    delivery.route AS route,
    delivery.endpoint AS endpoint,
    event.revision AS revision,
    delivery.state AS state,
    CASE WHEN content.body IS NULL THEN event.body ELSE content.body END AS body,
    content.headers AS headers,
    delivery.attempts AS attempts,
    delivery.created_at_ms AS created_at_ms,
    delivery.due_at_ms AS due_at_ms,
    delivery.updated_at_ms AS updated_at_ms,
    delivery.reason AS reason,
    delivery.logged AS logged
FROM delivery
CROSS JOIN event ON event.seq = delivery.seq >> 16
CROSS JOIN content ON content.seq = delivery.content;
