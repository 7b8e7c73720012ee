#include "daemon/hearing.h"

#include "daemon/engine.h"

static bool
drops(const struct domain *domain, const char *mta)
{
	for (unsigned i = 0; i < domain->config->drop_count; i++)
		if (strcmp(domain->config->drop[i], mta) == 0)
			return true;
	return false;
}

static bool
keeps(const struct domain *domain, const char *mta)
{
	for (unsigned i = 0; i < domain->normal.count; i++)
		if (strcmp(domain->normal.records[i].exchange, mta) == 0)
			return true;
	return false;
}

bool
hearing_enough(const struct domain *domain, int64_t now)
{
	const struct engine *engine = domain->engine;
	bool split = domain->decide.state == DECIDE_SPLIT, dropped_heard = false;

	for (unsigned i = 0; i < engine->input_count; i++) {
		const struct input *input = engine->inputs[i];
		const char *mta = input->config->mta;
		bool silent = input_silent(input, now, engine->config->silent_after);

		if (drops(domain, mta))
			dropped_heard = dropped_heard || !silent;
		else if (!keeps(domain, mta))
			continue;
		if (split && silent)
			return false;
	}
	return dropped_heard;
}
