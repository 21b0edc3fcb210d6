-- A slug is held by who may open a page, and let go by who is closed. Profiles that were never approved give back what they kept.
UPDATE join_pages p
SET slug = NULL, is_enabled = FALSE, version = p.version + 1
FROM organizations o
WHERE o.organization_id = p.organization_id AND (o.approve_time IS NULL OR o.state = 'CLOSED') AND p.slug IS NOT NULL;

DELETE FROM join_page_slugs s
USING organizations o
WHERE o.organization_id = s.organization_id AND o.approve_time IS NULL;

UPDATE join_page_slugs s
SET replace_time = coalesce(o.close_time, now())
FROM organizations o
WHERE o.organization_id = s.organization_id AND o.state = 'CLOSED' AND s.replace_time IS NULL;

-- Serves how many an organization has.
CREATE INDEX join_page_slugs_of_organization ON join_page_slugs (organization_id);

COMMENT ON TABLE join_page_slugs IS 'Every slug that an organization has or had, but for those of closed ones that others took since';
COMMENT ON COLUMN join_page_slugs.organization_id IS 'Whose it is, for ever, unless they are closed';
COMMENT ON COLUMN join_page_slugs.replace_time IS 'Since when the organization has another one, or is closed; null for the one it has';
