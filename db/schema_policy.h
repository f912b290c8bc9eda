/*
 * The step of the schema that holds domains' policies, for schema.c alone.
 */
#ifndef DB_SCHEMA_POLICY_H
#define DB_SCHEMA_POLICY_H

/* What is known of domains, their MX hosts, and how their policies changed; v_policies on it. */
extern const char schema_policy[];

#endif
