-- What registry staff looked at, written before they are answered. Rows are only ever added. No foreign key: they may look
-- for an organization that does not exist.
CREATE TABLE staff_reads (
    organization_id    uuid        NOT NULL,
    staff_read_id      uuid        NOT NULL,
    staff_person_id    uuid        NOT NULL,
    staff_display_name text        NOT NULL,
    method             text        NOT NULL,
    subject            text        NOT NULL,
    person_id          uuid,
    reason             text        NOT NULL,
    read_time          timestamptz NOT NULL,
    CONSTRAINT staff_reads_pkey PRIMARY KEY (organization_id, staff_read_id)
);

-- What was looked at about one person.
CREATE INDEX staff_reads_of_person ON staff_reads (person_id, staff_read_id) WHERE person_id IS NOT NULL;

COMMENT ON TABLE staff_reads IS 'Every look of registry staff at what is personal, with the reason that they stated';
COMMENT ON COLUMN staff_reads.organization_id IS 'The organization that was looked at; the tenant key';
COMMENT ON COLUMN staff_reads.staff_read_id IS 'UUIDv7, given by the edge: newest first is the order of this id';
COMMENT ON COLUMN staff_reads.staff_person_id IS 'Who looked';
COMMENT ON COLUMN staff_reads.staff_display_name IS 'Their name at the time; may be empty';
COMMENT ON COLUMN staff_reads.method IS 'What they called: package.Service/Method';
COMMENT ON COLUMN staff_reads.subject IS 'The resource name that they asked about';
COMMENT ON COLUMN staff_reads.person_id IS 'The person that it is about, as far as their employment here is known; NULL for several or nobody';
COMMENT ON COLUMN staff_reads.reason IS 'The reason that they stated';
COMMENT ON COLUMN staff_reads.read_time IS 'When';
