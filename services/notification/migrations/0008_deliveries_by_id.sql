-- no-transaction
-- Serves reports of mail that came back, whose return path has no room for the organization beside the delivery and a signature. Built
-- while others read and write.
CREATE INDEX CONCURRENTLY IF NOT EXISTS deliveries_by_id ON deliveries (delivery_id);
