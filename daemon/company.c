#include "daemon/company.h"

#include "daemon/core/contacts.h"
#include "daemon/engine.h"
#include "daemon/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define SAVE_EVERY 300 /* seconds; a crash forgets who came since then, no more */
#define NAME 16
#define YOUNG "young"

struct company {
	struct contacts contacts;
	int64_t saved, saving; /* seconds; of the transaction that runs, 0: nothing of it there */
	uint32_t young_saved;  /* bits that were set, */
	int64_t young_since;   /* and since when it is young */
};

static struct known *
known_of(struct company *company, unsigned set)
{
	return set ? &company->contacts.asked : &company->contacts.clients;
}

static void
name_of(unsigned set, unsigned filter, char out[NAME])
{
	snprintf(out, NAME, "%s-%u", set ? "asked" : "clients", filter);
}

static bool
get(struct engine *engine, const char *name, struct known_filter *filter, bool *bad,
    struct err *err)
{
	char bytes[sizeof(struct known_filter)];
	size_t length = 0;

	if (!store_state_get(engine->store, "", name, bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !known_filter_load(filter, (struct span){ bytes, length }))
		*bad = true;
	return true;
}

static bool
restore(struct engine *engine, struct company *company, bool *bad, struct err *err)
{
	char bytes[256], name[NAME];
	size_t length = 0;

	if (!store_state_get(engine->store, "", "contacts", bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !contacts_load(&company->contacts, (struct span){ bytes, length }))
		*bad = true;
	if (length == 0 || *bad)
		return true;
	for (unsigned set = 0; set < 2; set++) {
		for (unsigned i = 0; i < KNOWN_FILTERS; i++) {
			name_of(set, i, name);
			if (!get(engine, name, &known_of(company, set)->filter[i], bad, err))
				return false;
		}
		known_resume(known_of(company, set), engine->started);
	}
	return get(engine, YOUNG, &company->contacts.young, bad, err);
}

static bool
begin(struct company *company, int64_t now, struct err *err)
{
	uint64_t secret[2];

	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		return err_set(err, ERR_SYSTEM, "the kernel gives no random bytes");
	contacts_init(&company->contacts, secret, now);
	return true;
}

bool
company_open(struct engine *engine, struct err *err)
{
	struct company *company = calloc(1, sizeof(*company));
	int64_t now = engine->started;
	bool bad = false;

	if (!company)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (!begin(company, now, err) || !restore(engine, company, &bad, err))
		goto out;
	if (bad) {
		record(engine, JOURNAL_START, "", "",
		       "whom this site knows is stored in another version; it learns anew");
		if (!begin(company, now, err))
			goto out;
	}
	engine->company = company;
	return true;
out:
	free(company);
	return err_while(err, "whom this site knows");
}

void
company_free(struct company *company)
{
	free(company);
}

/* Names of the settings end with a dot, those of events do not. */
static bool
watch(struct input *input, const char *name, bool only)
{
	struct span span = span_of(name), by_default = span_of(input->config->default_domain);

	if (span.len > 1 && span_ends(span, SPAN(".")))
		span.len--;
	return witness_watch(input->witness, span,
			     by_default.len ? span_equal_nocase(span, by_default) : only);
}

bool
company_listen(struct company *company, const struct config *config, struct input *input,
	       struct err *err)
{
	input->witness = witness_new(config->domain_count, &company->contacts);
	if (!input->witness)
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (unsigned i = 0; i < config->domain_count; i++)
		if (!watch(input, config->domains[i].name, config->domain_count == 1))
			return err_set(err, ERR_BUG, "domain %s cannot be watched",
				       config->domains[i].name);
	return true;
}

bool
company_ripe(const struct company *company, int64_t now)
{
	return contacts_ripe(&company->contacts, now);
}

void
company_clock_set(struct company *company, int64_t seconds)
{
	contacts_clock_set(&company->contacts, seconds);
	company->saved = 0; /* what is stored is of before */
}

static bool
put(struct engine *engine, const char *name, const void *bytes, size_t length, struct err *err)
{
	return store_state_put(engine->store, "", name, (struct span){ bytes, length }, err);
}

static bool
put_filters(struct engine *engine, unsigned set, struct err *err)
{
	const struct known *known = known_of(engine->company, set);
	char name[NAME];

	for (unsigned i = 0; i < KNOWN_FILTERS; i++) {
		if (!known->changed[i])
			continue;
		name_of(set, i, name);
		if (!put(engine, name, &known->filter[i], sizeof(known->filter[i]), err))
			return false;
	}
	return true;
}

void
company_settle(struct engine *engine, int64_t now)
{
	bool surge = false;

	for (unsigned i = 0; i < engine->domain_count; i++)
		surge = surge || engine->domains[i]->finding.surge;
	contacts_settle(&engine->company->contacts, now, surge);
}

bool
company_save(struct engine *engine, int64_t now, struct err *err)
{
	struct company *company = engine->company;
	struct contacts *contacts = &company->contacts;

	company->saving = engine->closing || now - company->saved >= SAVE_EVERY ? now : 0;
	if (!company->saving)
		return true;
	if (contacts->head_changed &&
	    !put(engine, "contacts", &contacts->head, sizeof(contacts->head), err))
		return false;
	if (!put_filters(engine, 0, err) || !put_filters(engine, 1, err))
		return false;
	return (contacts->young.set == company->young_saved &&
		contacts->young.since == company->young_since) ||
	       put(engine, YOUNG, &contacts->young, sizeof(contacts->young), err);
}

void
company_saved(struct company *company)
{
	if (!company->saving)
		return;
	company->saved = company->saving;
	company->saving = 0;
	company->young_saved = company->contacts.young.set;
	company->young_since = company->contacts.young.since;
	company->contacts.head_changed = false;
	for (unsigned set = 0; set < 2; set++)
		memset(known_of(company, set)->changed, 0, sizeof(known_of(company, set)->changed));
}

bool
company_recall(struct domain *domain, struct err *err)
{
	char bytes[sizeof(struct clues) + 1024];
	size_t length = 0;

	clues_init(&domain->clues);
	if (!store_state_get(domain->engine->store, domain->display, "clues", bytes, sizeof(bytes),
			     &length, err))
		return false;
	if (length && !clues_load(&domain->clues, (struct span){ bytes, length }))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "the evidence of the last minutes is of another version; it begins anew");
	return true;
}

void
company_take(struct domain *domain, const struct input *input, int64_t now)
{
	const struct evidence *said = witness_said(input->witness, span_of(domain->display));

	if (said)
		clues_take(&domain->clues, said, now);
}

bool
company_keep(struct domain *domain, struct err *err)
{
	struct span bytes = { (const char *)&domain->clues, sizeof(domain->clues) };

	return store_state_put(domain->engine->store, domain->display, "clues", bytes, err);
}

void
company_tell(const struct domain *domain, char numbers[JOURNAL_TEXT])
{
	struct evidence recent = clues_recent(&domain->clues, domain->detected);

	record_evidence(&recent, numbers);
}
