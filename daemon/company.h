/*
 * Whom this installation knows (core/contacts.h), kept in the store over restarts and reloads. The
 * secret that its hashes need is made once an installation and never leaves the database.
 */
#ifndef COMPANY_H
#define COMPANY_H

#include "daemon/base/err.h"
#include "daemon/core/journal.h"

#include <stdbool.h>
#include <stdint.h>

struct company;
struct config;
struct domain;
struct engine;
struct input;

/* Into engine->company, from the store. What is stored and not understood begins anew, and the
 * journal says so. */
MUST_USE bool company_open(struct engine *engine, struct err *err);
void company_free(struct company *company);

/* The input gives evidence from now on, of the domains of `config`. */
MUST_USE bool company_listen(struct company *company, const struct config *config,
			     struct input *input, struct err *err);

bool company_ripe(const struct company *company, int64_t now);
void company_clock_set(struct company *company, int64_t seconds);

/* Once a pass, after the domains have looked at it. */
void company_settle(struct engine *engine, int64_t now);

/*
 * Into the open transaction, at most every five minutes and at the end, what changed;
 * company_saved after its commit.
 */
MUST_USE bool company_save(struct engine *engine, int64_t now, struct err *err);
void company_saved(struct company *company);

/* The evidence of a domain (core/clues.h), from a source and over restarts. */
MUST_USE bool company_recall(struct domain *domain, struct err *err);
void company_take(struct domain *domain, const struct input *input, int64_t now);
MUST_USE bool company_keep(struct domain *domain, struct err *err);

/* Adds what was said of the last ten minutes to the numbers of an entry in the journal. */
void company_tell(const struct domain *domain, char numbers[JOURNAL_TEXT]);

#endif
