/**
 * The PostgreSQL schema as Flyway migrations, and the leases under which work runs that must run once. Migrations are
 * run by whoever operates the database, never by a service: no service owns its tables.
 */
@NullMarked
package io.knowledgebase.schemas.database;

import org.jspecify.annotations.NullMarked;
