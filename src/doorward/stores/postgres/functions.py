"""Decisions of several steps, as functions of the server.

In READ COMMITTED every statement of a function sees what was committed before that statement, so a
transaction that takes a lock in a separate statement sees, in the next statement, everything that
the lock's last holder did.  One statement is not enough: `UPDATE ... WHERE subject` does not see a
row that another transaction adds and commits while it runs.
"""

LOCK = """
CREATE OR REPLACE FUNCTION doorward_lock(_subject text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(_subject, 7237128));
$$
"""
"""Held to the end of the transaction by every transaction that adds or changes sessions of a
subject.  The lock needs no row, so it works for subjects whose rows were purged, and taking it
writes nothing."""

PLACE = """
CREATE OR REPLACE FUNCTION doorward_place() RETURNS text LANGUAGE sql AS $$
    SELECT system_identifier || '.' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    FROM pg_control_system();
$$
"""
"""The cluster and its timeline: where numbers of transactions mean something.  A restore and a
failover begin another timeline."""

ANNOUNCE = """
CREATE OR REPLACE FUNCTION doorward_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM told) THEN
        PERFORM pg_notify('doorward', '');
    END IF;
    RETURN NULL;
END $$
"""
ANNOUNCES = """
CREATE OR REPLACE TRIGGER doorward_announces AFTER INSERT ON doorward_changes
REFERENCING NEW TABLE AS told FOR EACH STATEMENT EXECUTE FUNCTION doorward_announce()
"""

DECIDE = """
CREATE OR REPLACE FUNCTION doorward_decide(
    _sids text[], _revoke boolean, _roles text, _scopes text, _at bigint
) RETURNS SETOF text LANGUAGE sql AS $$
    WITH met AS (
        UPDATE doorward_sessions
        SET version = version + 1, ver = ver + 1, revoked_at = CASE WHEN _revoke THEN _at END,
            roles = coalesce(_roles, roles), scopes = coalesce(_scopes, scopes)
        WHERE sid = ANY(_sids) AND revoked_at IS NULL
        RETURNING sid, ver
    ), told AS (
        INSERT INTO doorward_changes (kind, id, ver, revoked, at)
        SELECT 'session', sid, ver, _revoke, _at FROM met
    )
    SELECT sid FROM met;
$$
"""

CHANGE_ONE = """
CREATE OR REPLACE FUNCTION doorward_change_one(
    _sid text, _revoke boolean, _roles text, _scopes text, _at bigint
) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM doorward_lock(subject) FROM doorward_sessions WHERE sid = _sid;
    -- keeps children from being added, until this is committed
    PERFORM FROM doorward_sessions
        WHERE sid = _sid AND revoked_at IS NULL AND (_revoke OR audience = '') FOR UPDATE;
    IF FOUND THEN
        RETURN QUERY SELECT doorward_decide(
            ARRAY(
                SELECT sid FROM doorward_sessions
                WHERE sid = _sid OR (_revoke AND parent_sid = _sid)
            ),
            _revoke, _roles, _scopes, _at
        );
    END IF;
END $$
"""

CHANGE_ALL = """
CREATE OR REPLACE FUNCTION doorward_change_all(
    _subject text, _keep text, _revoke boolean, _roles text, _scopes text, _at bigint
) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    _met text[];
BEGIN
    PERFORM doorward_lock(_subject);
    PERFORM FROM doorward_sessions
        WHERE subject = _subject AND sid IS DISTINCT FROM _keep AND revoked_at IS NULL
            AND (_revoke OR audience = '')
        ORDER BY sid FOR UPDATE;
    _met := ARRAY(
        SELECT sid FROM doorward_sessions
        WHERE subject = _subject AND sid IS DISTINCT FROM _keep AND revoked_at IS NULL
            AND (_revoke OR audience = '')
    );
    IF _revoke THEN
        _met := _met || ARRAY(
            SELECT sid FROM doorward_sessions
            WHERE parent_sid = ANY(_met)
                AND NOT (sid IS NOT DISTINCT FROM _keep AND subject = _subject)
        );
    END IF;
    RETURN QUERY SELECT doorward_decide(_met, _revoke, _roles, _scopes, _at);
    INSERT INTO doorward_marks (subject, at) VALUES (_subject, _at)
        ON CONFLICT (subject) DO UPDATE SET xid = excluded.xid, at = excluded.at;
END $$
"""

COUNTS = """
CREATE OR REPLACE FUNCTION doorward_counts(_new doorward_sessions, _row doorward_sessions)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (_row.audience <> '') = (_new.audience <> '')
        AND (_new.audience = '' OR _row.client_id = _new.client_id);
$$
"""
"""See `rows.is_counted`."""

MAKE_ROOM = """
CREATE OR REPLACE FUNCTION doorward_give_room(
    _new doorward_sessions, _spared text[], _at bigint, _most bigint, _end_oldest boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _live text[];
    _ended text[] := '{}';
    _left bigint;
    _sid text;
BEGIN
    _left := (
        SELECT count(*) FROM doorward_sessions AS each
        WHERE subject = _new.subject AND revoked_at IS NULL AND ends_at > _at
            AND doorward_counts(_new, each)
    );
    IF _left < _most THEN
        RETURN true;  -- while the subject is locked, rows may die but none are born
    END IF;
    PERFORM FROM doorward_sessions AS each
        WHERE subject = _new.subject AND revoked_at IS NULL AND ends_at > _at
            AND doorward_counts(_new, each)
        ORDER BY sid FOR UPDATE;
    _live := ARRAY(
        SELECT sid FROM doorward_sessions AS each
        WHERE subject = _new.subject AND revoked_at IS NULL AND ends_at > _at
            AND doorward_counts(_new, each)
        ORDER BY created_at, xid NULLS FIRST, sid
    );
    _left := cardinality(_live);
    IF _end_oldest THEN
        FOREACH _sid IN ARRAY _live LOOP
            EXIT WHEN _left < _most;
            CONTINUE WHEN _sid = ANY(_spared) OR _sid = ANY(_ended);
            _ended := _ended || _sid || ARRAY(
                SELECT sid FROM doorward_sessions WHERE parent_sid = _sid
            );
            _left := (SELECT count(*) FROM unnest(_live) AS each WHERE each <> ALL(_ended));
        END LOOP;
    END IF;
    IF _left >= _most THEN
        RETURN false;
    END IF;
    PERFORM doorward_decide(_ended, true, NULL, NULL, _at);
    RETURN true;
END $$
"""
"""It has another name than in earlier versions, so that a call of theirs which is under way finds
its own."""

INSERT = """
CREATE OR REPLACE FUNCTION doorward_insert(
    _row json, _place text, _mark pg_snapshot, _at bigint, _most bigint, _end_oldest boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    _new doorward_sessions := json_populate_record(NULL::doorward_sessions, _row);
    _spared text[] := '{}';
BEGIN
    _new.audience := coalesce(_new.audience, '');  -- nodes of an earlier version send none
    PERFORM doorward_lock(_new.subject);
    IF _place <> doorward_place()
        OR EXISTS (
            SELECT FROM doorward_marks
            WHERE subject = _new.subject AND NOT pg_visible_in_snapshot(xid, _mark)
        )
        OR EXISTS (
            SELECT FROM doorward_meta
            WHERE marks_purged_up_to >= pg_snapshot_xmin(_mark)
                AND NOT pg_visible_in_snapshot(marks_purged_by, _mark)
        )
    THEN
        RETURN 'superseded';
    END IF;
    IF _new.parent_sid IS NOT NULL THEN
        -- whoever ends the parent waits for this child, or this waits and then sees it dead
        SELECT ARRAY[sid, parent_sid] INTO _spared FROM doorward_sessions
            WHERE sid = _new.parent_sid AND revoked_at IS NULL AND ends_at > _at FOR KEY SHARE;
        IF NOT FOUND THEN
            RETURN 'orphaned';
        END IF;
    END IF;
    IF _most IS NOT NULL
        AND NOT doorward_give_room(_new, _spared, _at, _most, _end_oldest)
    THEN
        RETURN 'full';
    END IF;
    -- taken while the subject is locked: of its logins they are in order
    _new.xid := pg_current_xact_id();
    INSERT INTO doorward_sessions SELECT _new.*;
    RETURN 'done';
END $$
"""

HIT = """
CREATE OR REPLACE FUNCTION doorward_hit(_key text, _window bigint, _most bigint, _at bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO doorward_limits AS found (key, ends_at, hits)
        SELECT _key, _at + _window, 1 WHERE _most > 0
        ON CONFLICT (key) DO UPDATE SET
            hits = CASE WHEN found.ends_at > _at THEN found.hits + 1 ELSE 1 END,
            ends_at = CASE WHEN found.ends_at > _at
                THEN least(found.ends_at, excluded.ends_at) ELSE excluded.ends_at END
        WHERE found.hits < _most OR found.ends_at <= _at;
    IF FOUND THEN
        RETURN 0;
    END IF;
    UPDATE doorward_limits SET ends_at = _at + _window
        WHERE key = _key AND ends_at > _at + _window;
    RETURN coalesce(
        (SELECT ends_at - _at FROM doorward_limits WHERE key = _key AND ends_at > _at), _window
    );
END $$
"""

FUNCTIONS = (
    LOCK,
    PLACE,
    ANNOUNCE,
    ANNOUNCES,
    DECIDE,
    CHANGE_ONE,
    CHANGE_ALL,
    COUNTS,
    MAKE_ROOM,
    INSERT,
    HIT,
)
