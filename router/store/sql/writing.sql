-- What the writer thread executes. Parameters are numbered; their order is that of the calls in router/store/engine.py.

-- name: begin
-- Start a transaction that writes; there is no other writer, so it never waits.
BEGIN IMMEDIATE;

-- name: commit
-- Make everything since `begin` durable (WAL, synchronous=FULL: the log is synced before this returns).
COMMIT;

-- name: rollback
-- Undo everything since `begin`.
ROLLBACK;

-- name: last_event
-- Find where the row numbers of events go on, once at opening.
SELECT ifnull(max(seq), 0) FROM event;

-- name: keep_event
-- Keep an event unless its identity (CloudEvents 1.0.2: source + id) was accepted before.
INSERT INTO event (seq, key, event_id, source, type, revision, received_at_ms, attributes, data_from, data, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (event_id, source) DO NOTHING;

-- name: keep_content
-- Keep headers and body that one or more deliveries of an event share.
INSERT INTO content (seq, headers, body) VALUES (?1, ?2, ?3);

-- name: keep_delivery
-- Keep one delivery.
INSERT INTO delivery (seq, id, content, endpoint, route, created_at_ms, state, attempts, due_at_ms, updated_at_ms, logged, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11);

-- name: first_acceptance
-- Find what was accepted first under an identity.
SELECT seq, key, revision FROM event WHERE event_id = ?1 AND source = ?2;

-- name: move
-- Move a delivery; it must be in the state that the caller takes it to be in.
UPDATE delivery
SET state = ?3, attempts = ifnull(?4, attempts), due_at_ms = ifnull(?5, due_at_ms), updated_at_ms = ?6, reason = ?7,
    logged = ifnull(?8, logged)
WHERE seq = ?1 AND state = ?2;

-- name: park
-- Put a fresh delivery among the waiting ones, everything else unchanged: its lease ended without a move.
UPDATE delivery SET state = 2 WHERE seq = ?1 AND state = 0;

-- name: park_all
-- Put all fresh deliveries among the waiting ones: the process that leased them is gone.
UPDATE delivery SET state = 2 WHERE state = 0;

-- name: place
-- Find a delivery that is not leased, to move it.
SELECT seq, state, logged, endpoint FROM delivery WHERE id = ?1;

-- name: log_attempt
-- Append to the attempt log of a delivery.
INSERT INTO attempt (delivery, ordinal, number, started_at_ms, duration_ms, outcome, status, error, answer)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: due
-- Walk the waiting deliveries of one endpoint in the order they are due, from the index alone.
SELECT seq, due_at_ms FROM delivery WHERE endpoint = ?1 AND state = 2 ORDER BY due_at_ms, seq LIMIT ?2;

-- name: held
-- Walk the held deliveries of one endpoint, oldest first, from the index alone.
SELECT seq FROM delivery INDEXED BY delivery_by_endpoint_state
WHERE endpoint = ?1 AND state = 4 AND state >= 2 ORDER BY created_at_ms, seq LIMIT ?2;

-- name: keep_backlog
-- Keep the counts of an endpoint.
INSERT OR REPLACE INTO backlog (endpoint, delivered, pending, dead, held, cancelled) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: drop_backlog
-- Forget an endpoint that has no delivery left.
DELETE FROM backlog WHERE endpoint = ?1;

-- name: all_backlogs
-- Read the counts of every endpoint, once at opening.
SELECT endpoint, delivered, pending, dead, held, cancelled FROM backlog;

-- name: supersede
-- End the reign of the active revision.
UPDATE revision SET state = 'superseded' WHERE state = 'active';

-- name: forget_revision
-- Make room for a revision that is offered again: a good one replaces a good one, a rejection a rejection.
DELETE FROM revision WHERE revision = ?1 AND (state = 'rejected') = (?2 = 'rejected');

-- name: keep_revision
-- Keep a revision as the latest.
INSERT INTO revision (revision, state, at_ms, commit_id, snapshot, diagnostics) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: open_deliveries
-- Say whether something is still to happen to an event's deliveries.
SELECT EXISTS (SELECT 1 FROM delivery WHERE seq BETWEEN ?1 << 16 AND (?1 << 16) + 65535 AND state IN (0, 2, 4));

-- name: prune_counts
-- Count what goes with an event, for the backlog.
SELECT endpoint, state, count(*) FROM delivery WHERE seq BETWEEN ?1 << 16 AND (?1 << 16) + 65535 GROUP BY endpoint, state;

-- name: prune_attempts
-- Delete the attempts of an event's deliveries.
DELETE FROM attempt WHERE delivery BETWEEN ?1 << 16 AND (?1 << 16) + 65535;

-- name: prune_deliveries
-- Delete an event's deliveries.
DELETE FROM delivery WHERE seq BETWEEN ?1 << 16 AND (?1 << 16) + 65535;

-- name: prune_contents
-- Delete what an event's deliveries sent.
DELETE FROM content WHERE seq BETWEEN ?1 << 16 AND (?1 << 16) + 65535;

-- name: prune_event
-- Delete an event.
DELETE FROM event WHERE seq = ?1;
