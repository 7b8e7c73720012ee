#include "daemon/standing.h"

#include "daemon/engine.h"
#include "daemon/sys/service.h"

/* "2 domains (1 split), 3 sources", then what is wrong. */
static void
describe(const struct engine *engine, struct text *text)
{
	unsigned away = 0;

	for (unsigned i = 0; i < engine->domain_count; i++)
		away += engine->domains[i]->decide.state != DECIDE_NORMAL;
	text_add(text, "%u domain%s", engine->domain_count, engine->domain_count == 1 ? "" : "s");
	if (away)
		text_add(text, " (%u split or on the way)", away);
	text_add(text, ", %u source%s", engine->input_count, engine->input_count == 1 ? "" : "s");
	if (engine->degraded[0])
		text_add(text, "; %s", engine->degraded);
}

void
standing_tell(struct engine *engine)
{
	char line[SNAPSHOT_TEXT];
	struct text text = TEXT(line);

	describe(engine, &text);
	if (engine->ready)
		service_status(line);
	else
		service_ready(line);
	engine->ready = true;
	service_alive();
}
