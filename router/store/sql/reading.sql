-- What the reader thread executes: single records and listings. Columns are those of router/store/rows.py.
--
-- A listing goes from a place (time ?1, seq ?2) back to a time (?3), newest first, and takes ?4 rows. Which query runs is decided by the
-- filter that narrows most (router/store/reader.py); the other filters are tested row by row, NULL standing for any.

-- name: event
-- Read one event.
SELECT key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body, seq
FROM event WHERE key = ?1;

-- name: event_seq
-- Find the row number of an event.
SELECT seq FROM event WHERE key = ?1;

-- name: events_newest
-- List events of all kinds.
SELECT key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body, seq
FROM event
WHERE (received_at_ms, seq) < (?1, ?2) AND received_at_ms >= ?3
ORDER BY received_at_ms DESC, seq DESC LIMIT ?4;

-- name: events_by_id
-- List events with one sender's id: one for each source that used it, so the few are sorted.
SELECT key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body, seq
FROM event
WHERE event_id = ?5 AND (received_at_ms, seq) < (?1, ?2) AND received_at_ms >= ?3
  AND (?6 IS NULL OR type = ?6) AND (?7 IS NULL OR source = ?7)
ORDER BY received_at_ms DESC, seq DESC LIMIT ?4;

-- name: events_by_source
-- List events of one source.
SELECT key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body, seq
FROM event
WHERE source = ?5 AND (received_at_ms, seq) < (?1, ?2) AND received_at_ms >= ?3 AND (?6 IS NULL OR type = ?6)
ORDER BY received_at_ms DESC, seq DESC LIMIT ?4;

-- name: events_by_type
-- List events of one type.
SELECT key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body, seq
FROM event
WHERE type = ?5 AND (received_at_ms, seq) < (?1, ?2) AND received_at_ms >= ?3
ORDER BY received_at_ms DESC, seq DESC LIMIT ?4;

-- name: delivery
-- Read one delivery.
SELECT * FROM delivery_record WHERE id = ?1;

-- name: delivery_by_seq
-- Read one delivery that is already located: by a claim, or by its lease.
SELECT * FROM delivery_record WHERE seq = ?1;

-- name: deliveries_of_event
-- Read all deliveries of one event, in the order of acceptance.
SELECT * FROM delivery_record WHERE seq BETWEEN ?1 << 16 AND (?1 << 16) + 65535 ORDER BY seq;

-- name: deliveries_newest
-- List deliveries of all kinds, by way of their events.
SELECT delivery_record.* FROM event INDEXED BY event_by_time
CROSS JOIN delivery_record ON delivery_record.seq BETWEEN event.seq << 16 AND (event.seq << 16) + 65535
WHERE event.received_at_ms <= ?1 AND (event.received_at_ms < ?1 OR delivery_record.seq < ?2) AND event.received_at_ms >= ?3
  AND (?5 IS NULL OR delivery_record.state = ?5)
ORDER BY event.received_at_ms DESC, event.seq DESC, delivery_record.seq DESC LIMIT ?4;

-- name: deliveries_by_endpoint
-- List deliveries to one endpoint.
SELECT * FROM delivery_record
WHERE endpoint = ?7 AND (created_at_ms, seq) < (?1, ?2) AND created_at_ms >= ?3
  AND (?5 IS NULL OR state = ?5) AND (?6 IS NULL OR route = ?6)
ORDER BY created_at_ms DESC, seq DESC LIMIT ?4;

-- name: deliveries_by_route
-- List deliveries by one route.
SELECT * FROM delivery_record
WHERE route = ?6 AND (created_at_ms, seq) < (?1, ?2) AND created_at_ms >= ?3 AND (?5 IS NULL OR state = ?5)
ORDER BY created_at_ms DESC, seq DESC LIMIT ?4;

-- name: deliveries_by_state
-- List deliveries in one of the states that are exceptions.
SELECT * FROM delivery_record
WHERE state = ?5 AND state >= 2 AND (created_at_ms, seq) < (?1, ?2) AND created_at_ms >= ?3
  AND (?6 IS NULL OR route = ?6)
ORDER BY created_at_ms DESC, seq DESC LIMIT ?4;

-- name: deliveries_by_endpoint_state
-- List deliveries to one endpoint in one of the states that are exceptions.
SELECT delivery_record.* FROM delivery AS listed INDEXED BY delivery_by_endpoint_state
CROSS JOIN delivery_record ON delivery_record.seq = listed.seq
WHERE listed.endpoint = ?7 AND listed.state = ?5 AND listed.state >= 2
  AND (listed.created_at_ms, listed.seq) < (?1, ?2) AND listed.created_at_ms >= ?3 AND (?6 IS NULL OR listed.route = ?6)
ORDER BY listed.created_at_ms DESC, listed.seq DESC LIMIT ?4;

-- name: attempts
-- Read the attempt log of one delivery, oldest first.
SELECT number, started_at_ms, duration_ms, outcome, status, error, answer
FROM attempt WHERE delivery = (SELECT seq FROM delivery WHERE id = ?1) ORDER BY ordinal;

-- name: next_due
-- Walk the first waiting deliveries of one endpoint in the order they are due, from the index alone.
SELECT seq, due_at_ms FROM delivery WHERE endpoint = ?1 AND state = 2 ORDER BY due_at_ms, seq LIMIT ?2;

-- name: oldest_in_state
-- Find when the oldest delivery of an endpoint in one state was created, from the index alone.
SELECT created_at_ms FROM delivery
WHERE endpoint = ?1 AND state = ?2 AND state >= 2 ORDER BY created_at_ms LIMIT 1;

-- name: active_revision
-- Read the revision in force.
SELECT revision, state, at_ms, commit_id, snapshot, diagnostics FROM revision WHERE state = 'active';

-- name: good_revision
-- Read a revision that was in force at some time.
SELECT revision, state, at_ms, commit_id, snapshot, diagnostics
FROM revision WHERE revision = ?1 AND state != 'rejected' ORDER BY seq DESC LIMIT 1;

-- name: revisions
-- List revisions, newest first, without their snapshots.
SELECT revision, state, at_ms, commit_id, x'', diagnostics FROM revision ORDER BY seq DESC LIMIT ?1;

-- name: prunable
-- Walk old events, oldest first, and say of each for which everything is over how many deliveries it has; of the others NULL.
SELECT received_at_ms, seq, CASE WHEN NOT EXISTS (
    SELECT 1 FROM delivery
    WHERE delivery.seq BETWEEN event.seq << 16 AND (event.seq << 16) + 65535 AND delivery.state IN (0, 2, 4)
) THEN (
    SELECT count(*) FROM delivery WHERE delivery.seq BETWEEN event.seq << 16 AND (event.seq << 16) + 65535
) END
FROM event WHERE (received_at_ms, seq) > (?1, ?2) AND received_at_ms < ?3 ORDER BY received_at_ms, seq LIMIT ?4;
