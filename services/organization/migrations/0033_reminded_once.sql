-- An end of an access is told of once to each recipient, also when it was moved away and back.
DELETE FROM access_reminders AS later USING access_reminders AS first
WHERE later.organization_id = first.organization_id AND later.person_id = first.person_id
  AND later.recipient = first.recipient AND later.expire_time = first.expire_time
  AND later.reminder_id > first.reminder_id;
ALTER TABLE access_reminders
    ADD CONSTRAINT access_reminders_once UNIQUE (organization_id, person_id, recipient, expire_time);
