-- The logo that a join page shows: a picture that was made here of what was uploaded.
CREATE TABLE join_page_logos (
    organization_id uuid        NOT NULL REFERENCES organizations,
    png             bytea       NOT NULL,
    digest          text        NOT NULL,
    width           integer     NOT NULL,
    height          integer     NOT NULL,
    set_by          uuid        NOT NULL,
    set_time        timestamptz NOT NULL,
    CONSTRAINT join_page_logos_pkey PRIMARY KEY (organization_id),
    CONSTRAINT join_page_logos_size CHECK (octet_length(png) <= 229376)
);

COMMENT ON TABLE join_page_logos IS 'The logos of join pages; an organization without a row has none';
COMMENT ON COLUMN join_page_logos.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN join_page_logos.png IS 'The picture as it is served: written here, never the bytes that were uploaded';
COMMENT ON COLUMN join_page_logos.digest IS 'SHA-256 of the picture, in hexadecimal digits: its ETag, and what the history says of it';
COMMENT ON COLUMN join_page_logos.width IS 'In pixels';
COMMENT ON COLUMN join_page_logos.height IS 'In pixels';
COMMENT ON COLUMN join_page_logos.set_by IS 'Who set it last';
COMMENT ON COLUMN join_page_logos.set_time IS 'When it was set last';

CREATE TRIGGER join_page_logos_history AFTER INSERT OR UPDATE OR DELETE ON join_page_logos
    FOR EACH ROW EXECUTE FUNCTION keep_history('/joinPage/logo', 'digest', 'width', 'height', 'set_by');
