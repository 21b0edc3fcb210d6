-- A public page on which people ask to join an organization.
CREATE TABLE join_pages (
    organization_id uuid        NOT NULL REFERENCES organizations,
    version         bigint      NOT NULL,
    is_enabled      boolean     NOT NULL,
    slug            text,
    allowed_domains text[]      NOT NULL,
    enabled_by      uuid,
    update_time     timestamptz NOT NULL,
    CONSTRAINT join_pages_pkey PRIMARY KEY (organization_id),
    CONSTRAINT join_pages_enabled CHECK (NOT is_enabled OR (slug IS NOT NULL AND enabled_by IS NOT NULL))
);

COMMENT ON TABLE join_pages IS 'The settings of join pages; an organization without a row has set none';
COMMENT ON COLUMN join_pages.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN join_pages.version IS 'Raised with every change; from 1';
COMMENT ON COLUMN join_pages.is_enabled IS 'Whether the page is wanted. It is there only while the organization has what it needs, too';
COMMENT ON COLUMN join_pages.slug IS 'What stands in the address of the page; null before one was chosen';
COMMENT ON COLUMN join_pages.allowed_domains IS 'Domains of addresses that may join, in ASCII; with *. before it everything below; empty: any';
COMMENT ON COLUMN join_pages.enabled_by IS 'Who enabled the page last: whoever joins by it is their invitee. Null before somebody did';
COMMENT ON COLUMN join_pages.update_time IS 'When the settings were changed last';

-- Unique everywhere, and for ever: a link that was given out leads nowhere rather than to somebody else.
CREATE TABLE join_page_slugs (
    slug            text NOT NULL,
    organization_id uuid NOT NULL REFERENCES organizations,
    replace_time    timestamptz,
    CONSTRAINT join_page_slugs_pkey PRIMARY KEY (slug)
);

COMMENT ON TABLE join_page_slugs IS 'Every slug that an organization has or had';
COMMENT ON COLUMN join_page_slugs.slug IS 'The slug';
COMMENT ON COLUMN join_page_slugs.organization_id IS 'Whose it is, for ever';
COMMENT ON COLUMN join_page_slugs.replace_time IS 'Since when the organization has another one; null for the one it has';
