-- The tables of SessionManager.AspNetCore.PostgreSql, for those who set CreateSchema to false.
-- Replace "public" and session_manager where Schema and TableName say otherwise.

-- A row for each session. A touch changes no indexed column and finds room in its page, so that neither the
-- table nor an index grows by it.
CREATE TABLE "public"."session_manager" (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version <> 0),
    last_seen_at bigint NOT NULL CHECK (last_seen_at BETWEEN -62135596800000 AND 253402300799999),
    started_at bigint NOT NULL CHECK (started_at BETWEEN -62135596800000 AND 253402300799999),
    keep_until bigint NOT NULL,
    format smallint NOT NULL,
    is_tombstone boolean NOT NULL,
    user_id bytea,
    header bytea NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- The user id may be longer than an index takes.
CREATE INDEX "session_manager_by_user" ON "public"."session_manager" (sha256(user_id)) WHERE user_id IS NOT NULL;
CREATE INDEX "session_manager_by_start" ON "public"."session_manager" (started_at, id) WHERE NOT is_tombstone;

-- A row for each value. A key that is too long for the index is 0xFF and its SHA-256.
CREATE TABLE "public"."session_manager_values" (
    id uuid NOT NULL,
    key bytea NOT NULL,
    value bytea NOT NULL,
    long_key bytea,
    PRIMARY KEY (id, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- One row: the version of these tables, and the time of the last housekeeping.
CREATE TABLE "public"."session_manager_schema" (
    version integer NOT NULL,
    cleaned_at bigint NOT NULL
);
INSERT INTO "public"."session_manager_schema" (version, cleaned_at) VALUES (1, 0);
