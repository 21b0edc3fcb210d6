-- What the server says of a message that it does not take is kept in words, without addresses.
COMMENT ON COLUMN deliveries.server_reply IS 'Latest reply of the mail server: code and enhanced status, and of a refusal its words, in which no address stands.';
