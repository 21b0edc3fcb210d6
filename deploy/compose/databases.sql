-- A database for each service: an owner, which migrates it, and a role that serves, which reads and writes its rows and changes no table
-- (deploy/engines has the same). Neither reaches another database. The folder PASSWORDS has a file for each role, called like it.
\set ON_ERROR_STOP on
\set folder `echo "$PASSWORDS"`
CREATE TEMPORARY TABLE services AS
    SELECT name, name || '_owner' AS owner, pg_read_file(:'folder' || '/' || name) AS password,
           pg_read_file(:'folder' || '/' || name || '_owner') AS owner_password
    FROM unnest(ARRAY['organization', 'employment', 'invitation', 'notification', 'records']) AS name;
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', owner, owner_password) FROM services \gexec
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L IN ROLE pg_read_all_data, pg_write_all_data', name, password) FROM services \gexec
SELECT format('CREATE DATABASE %I OWNER %I', name, owner) FROM services \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', name, name) FROM services \gexec
