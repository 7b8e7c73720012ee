#include "daemon/conf/config_problem.h"

#include <stdarg.h>
#include <stdlib.h>

#define SHOWN_BYTES 60

const char *
config_problem_show(struct span text, char out[CONFIG_PROBLEM_SHOWN])
{
	struct text shown = text_over(out, CONFIG_PROBLEM_SHOWN - 4);
	bool cut = text.len > SHOWN_BYTES;

	if (cut)
		text.len = SHOWN_BYTES;
	text_add(&shown, "\"");
	text_add_scrubbed(&shown, text);
	shown.room = CONFIG_PROBLEM_SHOWN;
	text_add(&shown, cut || shown.cut ? "...\"" : "\"");
	return out;
}

void
config_problem_add(struct config_problems *problems, struct config_place place, const char *format,
		   ...)
{
	struct config_problem *problem = &problems->list[problems->count];
	va_list args;

	if (problems->count == CONFIG_PROBLEMS) {
		problems->more = true;
		return;
	}
	problem->line = place.line;
	problem->col = place.col;
	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	problems->count++;
}

/* An insertion sort: few, nearly sorted, and equal places keep their order. */
void
config_problem_sort(struct config_problems *problems)
{
	struct config_problem *list = problems->list;

	for (unsigned i = 1; i < problems->count; i++)
		for (unsigned j = i; j > 0; j--) {
			struct config_problem swap = list[j];

			if (list[j - 1].line < swap.line ||
			    (list[j - 1].line == swap.line && list[j - 1].col <= swap.col))
				break;
			list[j] = list[j - 1];
			list[j - 1] = swap;
		}
}
