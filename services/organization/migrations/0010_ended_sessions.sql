-- Sessions of the edge's pages that were ended before their time. They are nobody's data: the edge seals sessions into cookies, and
-- all its replicas ask here. A row goes when its session would have ended by itself.
CREATE TABLE ended_sessions (
    session_digest bytea       NOT NULL,
    end_time       timestamptz NOT NULL,
    CONSTRAINT ended_sessions_pkey PRIMARY KEY (session_digest),
    CONSTRAINT ended_sessions_digest CHECK (octet_length(session_digest) = 32)
);

-- What is over is deleted whenever another session ends.
CREATE INDEX ended_sessions_end ON ended_sessions (end_time);

COMMENT ON TABLE ended_sessions IS 'Sessions of the edge''s pages that somebody has signed out of';
COMMENT ON COLUMN ended_sessions.session_digest IS 'SHA-256 of the session''s id';
COMMENT ON COLUMN ended_sessions.end_time IS 'When the session would have ended by itself; the row is deleted afterwards';
