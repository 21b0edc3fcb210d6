-- A database and its owner for each service.
CREATE ROLE organization LOGIN PASSWORD 'organization';
CREATE DATABASE organization OWNER organization;
CREATE ROLE employment LOGIN PASSWORD 'employment';
CREATE DATABASE employment OWNER employment;
CREATE ROLE invitation LOGIN PASSWORD 'invitation';
CREATE DATABASE invitation OWNER invitation;
CREATE ROLE notification LOGIN PASSWORD 'notification';
CREATE DATABASE notification OWNER notification;
CREATE ROLE records LOGIN PASSWORD 'records';
CREATE DATABASE records OWNER records;
