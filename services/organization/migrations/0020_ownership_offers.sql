-- The owner offers the ownership to an admin, who accepts or does not.
CREATE TABLE ownership_offers (
    organization_id    uuid        NOT NULL REFERENCES organizations,
    ownership_offer_id uuid        NOT NULL,
    person_id          uuid        NOT NULL,
    offered_by         uuid        NOT NULL,
    state              text        NOT NULL,
    version            bigint      NOT NULL,
    create_time        timestamptz NOT NULL,
    expire_time        timestamptz NOT NULL,
    end_time           timestamptz,
    CONSTRAINT ownership_offers_pkey PRIMARY KEY (organization_id, ownership_offer_id),
    CONSTRAINT ownership_offers_state CHECK (
        state IN ('OFFERED', 'ACCEPTED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'LAPSED'))
);

-- One open offer an organization. One that has expired goes on in its row until another one comes.
CREATE UNIQUE INDEX ownership_offers_one_open ON ownership_offers (organization_id) WHERE state = 'OFFERED';

COMMENT ON TABLE ownership_offers IS 'Offers of the ownership of an organization, whatever became of them';
COMMENT ON COLUMN ownership_offers.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN ownership_offers.ownership_offer_id IS 'UUIDv7 of the offer: newest first is the order of this id';
COMMENT ON COLUMN ownership_offers.person_id IS 'To whom: an admin';
COMMENT ON COLUMN ownership_offers.offered_by IS 'By whom: the owner of that time';
COMMENT ON COLUMN ownership_offers.state IS 'Where it stands: an OwnershipOfferState of the contract. OFFERED is over when expire_time has come';
COMMENT ON COLUMN ownership_offers.version IS 'Raised with every change';
COMMENT ON COLUMN ownership_offers.create_time IS 'When it was made';
COMMENT ON COLUMN ownership_offers.expire_time IS 'When it ends by itself, not later than the access of whom it is made to';
COMMENT ON COLUMN ownership_offers.end_time IS 'When it was answered, taken back or lost its ground';

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'REJECT_ORGANIZATION',
        'SUSPEND_ORGANIZATION', 'REINSTATE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION', 'MOVE_OWNERSHIP'));
