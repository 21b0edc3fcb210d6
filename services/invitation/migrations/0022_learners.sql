-- Learners: everybody whom an organization has invited or employs, each once. An address that was invited once, by nobody accepted, is
-- a learner by its invitation alone and has no row here: most are such, and nothing is written for them but the invitation.
ALTER TABLE invitations ADD COLUMN learner_id uuid;

COMMENT ON COLUMN invitations.learner_id IS 'The learner whom the invitation belongs to; NULL: it is one by itself. Set by triggers';

CREATE TABLE learners (
    organization_id        uuid        NOT NULL,
    learner_id             uuid        NOT NULL,
    create_time            timestamptz NOT NULL,
    person_id              uuid,
    display_name           text        NOT NULL DEFAULT '',
    address_given          text        NOT NULL DEFAULT '',
    is_active              boolean     NOT NULL DEFAULT false,
    accepted_invitation_id uuid,
    waiting_invitation_id  uuid,
    employment_id          uuid,
    employment_sequence    bigint      NOT NULL DEFAULT 0,
    is_employed            boolean     NOT NULL DEFAULT false,
    group_ids              uuid[]      NOT NULL DEFAULT '{}',
    location_id            uuid,
    -- What is included serves the counts.
    CONSTRAINT learners_pkey PRIMARY KEY (organization_id, learner_id) INCLUDE (is_active, person_id, waiting_invitation_id),
    CONSTRAINT learners_somebody CHECK (person_id IS NOT NULL OR waiting_invitation_id IS NOT NULL),
    CONSTRAINT learners_joined CHECK (
        person_id IS NOT NULL
        OR NOT (is_active OR is_employed) AND accepted_invitation_id IS NULL AND employment_id IS NULL)
);

COMMENT ON TABLE learners IS 'Everybody whom an organization has invited or employs, each once, but for addresses that were invited once and have not joined';
COMMENT ON COLUMN learners.organization_id IS 'The organization.';
COMMENT ON COLUMN learners.learner_id IS 'The id of what came first: of an invitation, or of an employment. Both are UUIDv7: newest first is the order of this id, and it never changes.';
COMMENT ON COLUMN learners.create_time IS 'When that began.';
COMMENT ON COLUMN learners.person_id IS 'Who it is, once they have joined; NULL of an address that was invited more than once.';
COMMENT ON COLUMN learners.display_name IS 'Their name, from their own token when they acted; empty before they joined, and where the token had none.';
COMMENT ON COLUMN learners.address_given IS 'The address that was invited last, as it was given; empty of whom nobody invited.';
COMMENT ON COLUMN learners.is_active IS 'Whether one of their invitations is ACTIVE, or is_employed.';
COMMENT ON COLUMN learners.accepted_invitation_id IS 'The invitation that they accepted last.';
COMMENT ON COLUMN learners.waiting_invitation_id IS 'Of those that they have not accepted, the one that could be answered last.';
COMMENT ON COLUMN learners.employment_id IS 'Their latest employment, as far as it was heard of.';
COMMENT ON COLUMN learners.employment_sequence IS 'Its version; only a newer one is applied. 0 before the first.';
COMMENT ON COLUMN learners.is_employed IS 'Whether it is open and was ever verified.';
COMMENT ON COLUMN learners.group_ids IS 'The groups of that employment; of somebody who has just accepted, those of the invitation.';
COMMENT ON COLUMN learners.location_id IS 'The location, as the groups; NULL when not said.';

-- What there is: persons who have accepted,
INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, address_given, is_active,
                      accepted_invitation_id, group_ids, location_id)
SELECT DISTINCT ON (i.organization_id, i.person_id)
       i.organization_id, first_value(i.invitation_id) OVER begun, first_value(i.create_time) OVER begun, i.person_id,
       i.person_display_name, i.address_given,
       bool_or(i.state = 'ACTIVE') OVER (PARTITION BY i.organization_id, i.person_id), i.invitation_id,
       ARRAY(SELECT g.group_id FROM invitation_groups g
             WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id), i.location_id
FROM invitations i WHERE i.person_id IS NOT NULL
WINDOW begun AS (PARTITION BY i.organization_id, i.person_id ORDER BY i.create_time, i.invitation_id)
ORDER BY i.organization_id, i.person_id, i.accept_time DESC, i.invitation_id DESC;

UPDATE invitations i SET learner_id = l.learner_id
FROM learners l WHERE l.organization_id = i.organization_id AND l.person_id = i.person_id;

-- what else was sent to an address that somebody has accepted by,
UPDATE invitations i SET learner_id = accepted.learner_id
FROM (SELECT DISTINCT ON (organization_id, address_canonical) organization_id, address_canonical, learner_id
      FROM invitations WHERE person_id IS NOT NULL
      ORDER BY organization_id, address_canonical, accept_time DESC, invitation_id DESC) AS accepted
WHERE i.person_id IS NULL AND i.organization_id = accepted.organization_id
  AND i.address_canonical = accepted.address_canonical;

UPDATE learners l SET waiting_invitation_id = i.invitation_id, address_given = i.address_given
FROM invitations i
WHERE i.organization_id = l.organization_id AND i.learner_id = l.learner_id AND i.state IN ('PROSPECT', 'PENDING');

-- and addresses that were invited more than once.
INSERT INTO learners (organization_id, learner_id, create_time, address_given, waiting_invitation_id)
SELECT DISTINCT ON (organization_id, address_canonical)
       organization_id, first_id, first_time, address_given, invitation_id
FROM (SELECT i.organization_id, i.address_canonical, i.address_given, i.invitation_id, i.create_time, i.state,
             first_value(i.invitation_id) OVER begun AS first_id, first_value(i.create_time) OVER begun AS first_time,
             count(*) OVER (PARTITION BY i.organization_id, i.address_canonical) AS times
      FROM invitations i WHERE i.learner_id IS NULL
      WINDOW begun AS (PARTITION BY i.organization_id, i.address_canonical ORDER BY i.create_time, i.invitation_id)) AS theirs
WHERE times > 1
ORDER BY organization_id, address_canonical, state IN ('PROSPECT', 'PENDING') DESC, create_time DESC, invitation_id DESC;

UPDATE invitations i SET learner_id = l.learner_id
FROM learners l JOIN invitations w ON w.organization_id = l.organization_id AND w.invitation_id = l.waiting_invitation_id
WHERE l.person_id IS NULL AND i.learner_id IS NULL
  AND i.organization_id = l.organization_id AND i.address_canonical = w.address_canonical;

-- Decides the race of two acts that make a person a learner.
CREATE UNIQUE INDEX learners_of_person ON learners (organization_id, person_id) WHERE person_id IS NOT NULL;
-- Serves the list in the order of names.
CREATE INDEX learners_by_name ON learners (organization_id, lower(left(display_name, 100)), learner_id)
    WHERE display_name <> '';
-- Serves the list: addresses that were invited once. What is included serves the counts.
CREATE INDEX invitations_alone ON invitations (organization_id, invitation_id) INCLUDE (state, expire_time)
    WHERE learner_id IS NULL;

-- The tables keep the list themselves: it follows from the rows of invitations alone, whichever verb writes them, also one of the
-- version before. And each statement of a function sees what was committed until then, which one statement that inserts and looks
-- around would not.

-- Of new invitations, those whose address was invited before: they belong together.
CREATE FUNCTION invite_learners() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    again record;
BEGIN
    FOR again IN
        SELECT made.organization_id, made.invitation_id, made.address_given, former.invitation_id AS former_id,
               former.create_time, former.learner_id
        FROM made
        CROSS JOIN LATERAL (
            SELECT f.invitation_id, f.create_time, f.learner_id FROM invitations f
            -- The first condition is the one of the index of mailboxes, and none of the others fits into an index: a plan that is made
            -- while the table is young would take one that begins with the organization, and read all of its invitations for ever.
            WHERE replace(split_part(split_part(f.address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(f.address_canonical, '@', 2)
                  = replace(split_part(split_part(made.address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(made.address_canonical, '@', 2)
              AND f.organization_id IS NOT DISTINCT FROM made.organization_id
              AND f.address_canonical IS NOT DISTINCT FROM made.address_canonical AND f.invitation_id <> made.invitation_id
            ORDER BY f.create_time DESC, f.invitation_id DESC LIMIT 1) AS former
    LOOP
        IF again.learner_id IS NULL THEN
            INSERT INTO learners (organization_id, learner_id, create_time, address_given, waiting_invitation_id)
            VALUES (again.organization_id, again.former_id, again.create_time, again.address_given, again.invitation_id);
            UPDATE invitations SET learner_id = again.former_id
            WHERE organization_id = again.organization_id AND invitation_id IN (again.former_id, again.invitation_id);
        ELSE
            UPDATE learners SET waiting_invitation_id = again.invitation_id, address_given = again.address_given
            WHERE organization_id = again.organization_id AND learner_id = again.learner_id;
            UPDATE invitations SET learner_id = again.learner_id
            WHERE organization_id = again.organization_id AND invitation_id = again.invitation_id;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER invitations_invite_learners AFTER INSERT ON invitations
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION invite_learners();

-- An invitation is accepted, archived, or can be answered again.
CREATE FUNCTION answer_learner() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    own    learners;
    is_new boolean := false;
    gained uuid[];
BEGIN
    IF NEW.person_id IS NULL THEN
        UPDATE learners SET waiting_invitation_id = NEW.invitation_id, address_given = NEW.address_given
        WHERE organization_id = NEW.organization_id AND learner_id = NEW.learner_id;
        RETURN NEW;
    END IF;
    gained := ARRAY(SELECT g.group_id FROM invitation_groups g
                    WHERE g.organization_id = NEW.organization_id AND g.invitation_id = NEW.invitation_id);
    -- Whoever makes a learner of the person waits here: it is done once.
    PERFORM pg_advisory_xact_lock(hashtextextended('learner ' || NEW.organization_id || NEW.person_id, 0));
    SELECT * INTO own FROM learners l
    WHERE l.organization_id = NEW.organization_id AND l.person_id = NEW.person_id FOR NO KEY UPDATE;
    IF own.learner_id IS NULL AND NEW.learner_id IS NOT NULL THEN
        -- The address becomes the person, if it is nobody's yet.
        UPDATE learners l SET person_id = NEW.person_id
        WHERE l.organization_id = NEW.organization_id AND l.learner_id = NEW.learner_id AND l.person_id IS NULL
        RETURNING * INTO own;
    END IF;
    IF own.learner_id IS NULL THEN
        INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, address_given, is_active,
                              accepted_invitation_id, group_ids, location_id)
        VALUES (NEW.organization_id, NEW.invitation_id, NEW.create_time, NEW.person_id, NEW.person_display_name,
                NEW.address_given, NEW.state = 'ACTIVE', NEW.invitation_id, gained, NEW.location_id)
        RETURNING * INTO own;
        is_new := true;
    END IF;
    IF OLD.learner_id <> own.learner_id THEN
        -- The address belonged to somebody else, who has it no more, or is another one of a person who is known.
        UPDATE invitations i SET learner_id = own.learner_id
        FROM learners l
        WHERE l.organization_id = NEW.organization_id AND l.learner_id = OLD.learner_id AND l.person_id IS NULL
          AND replace(split_part(split_part(i.address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(i.address_canonical, '@', 2)
              = replace(split_part(split_part(NEW.address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(NEW.address_canonical, '@', 2)
          AND i.organization_id IS NOT DISTINCT FROM NEW.organization_id AND i.learner_id = OLD.learner_id
          AND i.invitation_id <> NEW.invitation_id;
        DELETE FROM learners
        WHERE organization_id = NEW.organization_id AND learner_id = OLD.learner_id AND person_id IS NULL;
        UPDATE learners SET waiting_invitation_id = NULL
        WHERE organization_id = NEW.organization_id AND learner_id = OLD.learner_id
          AND waiting_invitation_id = NEW.invitation_id;
    END IF;
    NEW.learner_id := own.learner_id;
    IF is_new THEN
        NULL;
    ELSIF NEW.state = 'ARCHIVED' THEN
        UPDATE learners l SET is_active = l.is_employed OR EXISTS (
            SELECT FROM invitations i
            WHERE i.organization_id = NEW.organization_id AND i.person_id = NEW.person_id AND i.state = 'ACTIVE'
              AND i.invitation_id <> NEW.invitation_id)
        WHERE l.organization_id = NEW.organization_id AND l.learner_id = own.learner_id;
    ELSIF OLD.state = 'ARCHIVED' THEN
        UPDATE learners SET is_active = true
        WHERE organization_id = NEW.organization_id AND learner_id = own.learner_id;
    ELSE
        UPDATE learners
        SET is_active = true, accepted_invitation_id = NEW.invitation_id,
            waiting_invitation_id = nullif(waiting_invitation_id, NEW.invitation_id), address_given = NEW.address_given,
            display_name = coalesce(nullif(NEW.person_display_name, ''), display_name),
            -- What the employment has come to follows by its event.
            group_ids = CASE WHEN is_active THEN ARRAY(SELECT unnest(own.group_ids) UNION SELECT unnest(gained)) ELSE gained END,
            location_id = CASE WHEN is_active THEN coalesce(location_id, NEW.location_id) ELSE NEW.location_id END
        WHERE organization_id = NEW.organization_id AND learner_id = own.learner_id;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER invitations_answer_learner BEFORE UPDATE ON invitations
    FOR EACH ROW WHEN (
        NEW.state IS DISTINCT FROM OLD.state
        AND (NEW.state IN ('ACTIVE', 'ARCHIVED')
             OR (NEW.learner_id IS NOT NULL AND NEW.state IN ('PROSPECT', 'PENDING') AND OLD.state NOT IN ('PROSPECT', 'PENDING'))))
    EXECUTE FUNCTION answer_learner();
