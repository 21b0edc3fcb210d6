-- Which invitation a learner is shown by follows from the rows of invitations whenever it is asked: of any number that wait, at any number
-- of addresses, one that can be answered. Nothing of it is written into the learner any more, but for the version before.

COMMENT ON COLUMN learners.address_given IS 'The address that they accepted by last, as it was given; of an address that was invited more than once, as it was given last; empty of whom nobody invited.';
COMMENT ON COLUMN learners.waiting_invitation_id IS 'Of an address that was invited more than once: its latest invitation. For the version before, which showed it.';

CREATE OR REPLACE FUNCTION invite_learners() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    again record;
BEGIN
    -- In the order of the addresses, as transactions invite that invite many: none of two waits for the other's learner. A person's is
    -- not written at all, who may have several addresses.
    FOR again IN
        SELECT made.organization_id, made.invitation_id, made.address_given, former.invitation_id AS former_id,
               former.create_time, former.learner_id
        FROM made
        CROSS JOIN LATERAL (
            SELECT f.invitation_id, f.create_time, f.learner_id FROM invitations f
            WHERE f.organization_id::text || ' ' || f.address_canonical = made.organization_id::text || ' ' || made.address_canonical
              AND f.invitation_id IS DISTINCT FROM made.invitation_id
            ORDER BY f.create_time DESC, f.invitation_id DESC LIMIT 1) AS former
        ORDER BY made.address_canonical COLLATE "C"
    LOOP
        IF again.learner_id IS NULL THEN
            INSERT INTO learners (organization_id, learner_id, create_time, address_given, waiting_invitation_id)
            VALUES (again.organization_id, again.former_id, again.create_time, again.address_given, again.invitation_id);
            UPDATE invitations SET learner_id = again.former_id
            WHERE organization_id = again.organization_id AND invitation_id IN (again.former_id, again.invitation_id);
        ELSE
            UPDATE learners SET waiting_invitation_id = again.invitation_id, address_given = again.address_given
            WHERE organization_id = again.organization_id AND learner_id = again.learner_id AND person_id IS NULL;
            UPDATE invitations SET learner_id = again.learner_id
            WHERE organization_id = again.organization_id AND invitation_id = again.invitation_id;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- As before, but for what was noted of waiting invitations of persons: nobody locks the learner of somebody else any more.
CREATE OR REPLACE FUNCTION answer_learner() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    own    learners;
    is_new boolean := false;
    gained uuid[];
BEGIN
    IF NEW.person_id IS NULL THEN
        UPDATE learners SET waiting_invitation_id = NEW.invitation_id, address_given = NEW.address_given
        WHERE organization_id = NEW.organization_id AND learner_id = NEW.learner_id AND person_id IS NULL;
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
          AND i.organization_id::text || ' ' || i.address_canonical = NEW.organization_id::text || ' ' || NEW.address_canonical
          AND i.learner_id IS NOT DISTINCT FROM OLD.learner_id AND i.invitation_id IS DISTINCT FROM NEW.invitation_id;
        DELETE FROM learners
        WHERE organization_id = NEW.organization_id AND learner_id = OLD.learner_id AND person_id IS NULL;
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
        SET is_active = true, accepted_invitation_id = NEW.invitation_id, waiting_invitation_id = NULL,
            address_given = NEW.address_given, display_name = coalesce(nullif(NEW.person_display_name, ''), display_name),
            -- What the employment has come to follows by its event.
            group_ids = CASE WHEN is_active THEN ARRAY(SELECT unnest(own.group_ids) UNION SELECT unnest(gained)) ELSE gained END,
            location_id = CASE WHEN is_active THEN coalesce(location_id, NEW.location_id) ELSE NEW.location_id END
        WHERE organization_id = NEW.organization_id AND learner_id = own.learner_id;
    END IF;
    RETURN NEW;
END
$$;
