-- Every time that an organization rejected a claim: nothing that was said is lost when the person corrects it.
CREATE TABLE employment_rejections (
    organization_id uuid        NOT NULL,
    employment_id   uuid        NOT NULL,
    version         bigint      NOT NULL,
    reason          text        NOT NULL CONSTRAINT employment_rejections_reason
        CHECK (reason IN ('NOT_EMPLOYED', 'OTHER_SITE', 'POSITION', 'DATES', 'OTHER')),
    comment         text        NOT NULL,
    person_id       uuid        NOT NULL,
    reject_time     timestamptz NOT NULL,
    CONSTRAINT employment_rejections_pkey PRIMARY KEY (organization_id, employment_id, version),
    CONSTRAINT employment_rejections_employment FOREIGN KEY (organization_id, employment_id)
        REFERENCES employments (organization_id, employment_id)
);

COMMENT ON TABLE employment_rejections IS 'Every rejection of a claim, for ever';
COMMENT ON COLUMN employment_rejections.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN employment_rejections.employment_id IS 'The employment';
COMMENT ON COLUMN employment_rejections.version IS 'The version of the employment that the rejection made: their order';
COMMENT ON COLUMN employment_rejections.reason IS 'Why, as one of the words of the contract';
COMMENT ON COLUMN employment_rejections.comment IS 'What the organization said beside it; may be empty';
COMMENT ON COLUMN employment_rejections.person_id IS 'Who rejected it';
COMMENT ON COLUMN employment_rejections.reject_time IS 'When';
