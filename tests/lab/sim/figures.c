#include "tests/lab/sim/figures.h"

#include <math.h>
#include <stdlib.h>

static struct figures_step *
step_of(struct figures *figures, double at)
{
	double number = (at - figures->from) / figures->step;

	if (at < figures->from || at >= figures->until || number >= FIGURES_STEPS)
		return NULL;
	return &figures->steps[(unsigned)number];
}

static void
keep(struct delays *delays, double delay)
{
	if (delays->count == delays->room) {
		delays->room = delays->room ? 2 * delays->room : 65536;
		delays->at = realloc(delays->at, delays->room * sizeof(double));
		if (!delays->at) {
			fputs("sim: out of memory\n", stderr);
			exit(71);
		}
	}
	delays->at[delays->count++] = delay;
}

void
figures_mail(struct figures *figures, double at, int mta, double delay, double split,
	     double restored)
{
	struct figures_step *step = step_of(figures, at);

	if (split >= 0)
		figures->split_mail[mta]++;
	if (split >= 0 && split < 3600)
		figures->first_hour[mta]++;
	if (restored >= 0 && mta == 1) {
		figures->away++;
		figures->last_away = restored;
	}
	if (!step)
		return;
	step->mail[mta]++;
	step->delay += delay;
	keep(&figures->all, delay);
	if (mta == 0)
		keep(&figures->kept, delay);
}

void
figures_bounce(struct figures *figures, double at, int mta)
{
	struct figures_step *step = step_of(figures, at);

	if (step) {
		step->bounces[mta]++;
		figures->bounces[mta]++;
	}
}

void
figures_behind(struct figures *figures, double at, double seconds)
{
	struct figures_step *step = step_of(figures, at);

	if (step)
		step->behind = seconds;
}

static int
compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double
quantile(const struct delays *delays, double q)
{
	size_t at = (size_t)(q * (double)delays->count);

	if (delays->count == 0)
		return 0;
	return delays->at[at < delays->count ? at : delays->count - 1];
}

static double
later_than(const struct delays *delays, double seconds)
{
	size_t late = 0;

	for (size_t i = 0; i < delays->count; i++)
		late += delays->at[i] > seconds;
	return delays->count ? (double)late / (double)delays->count : 0;
}

static void
print_delays(struct delays *delays, FILE *to)
{
	double sum = 0;

	if (delays->count)
		qsort(delays->at, delays->count, sizeof(double), compare);
	for (size_t i = 0; i < delays->count; i++)
		sum += delays->at[i];
	fprintf(to,
		"\"mails\":%zu,\"mean\":%.2f,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"most\":%.2f",
		delays->count, delays->count ? sum / (double)delays->count : 0,
		quantile(delays, 0.5), quantile(delays, 0.9), quantile(delays, 0.99),
		quantile(delays, 1));
	fprintf(to, ",\"later_5s\":%.4f,\"later_1m\":%.4f,\"later_1h\":%.4f", later_than(delays, 5),
		later_than(delays, 60), later_than(delays, 3600));
}

static double
kept(const double mail[2])
{
	return mail[0] + mail[1] > 0 ? mail[0] / (mail[0] + mail[1]) : 1;
}

static void
print_since(FILE *to, const char *name, double at, double origin)
{
	if (at > 0)
		fprintf(to, ",\"%s\":%.0f", name, at - origin);
	else
		fprintf(to, ",\"%s\":null", name);
}

static void
print_shares(FILE *to, const char *name, const double share[SURVIVAL_HOURS])
{
	fprintf(to, ",\"%s\":[", name);
	for (int i = 0; i < SURVIVAL_HOURS; i++)
		fprintf(to, "%s%.4f", i ? "," : "", share[i]);
	fputc(']', to);
}

static void
print_series(const struct figures *figures, FILE *to)
{
	unsigned steps = (unsigned)fmin(ceil((figures->until - figures->from) / figures->step),
					FIGURES_STEPS);

	fprintf(to, ",\"step\":%.0f,\"series\":[", figures->step);
	for (unsigned i = 0; i < steps; i++) {
		const struct figures_step *s = &figures->steps[i];
		double mail = s->mail[0] + s->mail[1];

		fprintf(to, "%s[%.0f,%.0f,%.0f,%.0f,%.2f,%.0f]", i ? "," : "", s->bounces[0],
			s->bounces[1], s->mail[0], s->mail[1], mail > 0 ? s->delay / mail : 0,
			s->behind);
	}
	fputc(']', to);
}

void
figures_print(struct figures *figures, const struct guard *guard, double onset, double over,
	      bool series, FILE *to)
{
	fputc('{', to);
	print_delays(&figures->all, to);
	fputs(",\"at_mta1\":{", to);
	print_delays(&figures->kept, to);
	fputc('}', to);
	fprintf(to, ",\"kept\":%.4f,\"kept_first_hour\":%.4f", kept(figures->split_mail),
		kept(figures->first_hour));
	fprintf(to, ",\"bounces\":[%.0f,%.0f],\"gave_up\":%.0f", figures->bounces[0],
		figures->bounces[1], figures->turned);
	fprintf(to, ",\"handed\":%.0f,\"done\":%.0f,\"surges\":%u,\"splits\":%u", figures->handed,
		figures->done, guard->surges, guard->splits);
	print_since(to, "surge_after", guard->surge_at, onset);
	print_since(to, "split_after", guard->split_at, onset);
	print_since(to, "calm_after_end", guard->calm_at, over);
	print_since(to, "restored_after_end", guard->restored_at, over);
	fprintf(to, ",\"away\":%.0f,\"last_away\":%.0f", figures->away, figures->last_away);
	if (guard->split_at > 0) {
		print_shares(to, "survival_seen", figures->seen);
		print_shares(to, "survival_formula", figures->formula);
		print_shares(to, "survival_capped_1d", figures->said);
		fprintf(to, ",\"regulars\":%u", figures->regulars);
	}
	if (series)
		print_series(figures, to);
	fputs("}\n", to);
}

void
figures_free(struct figures *figures)
{
	free(figures->all.at);
	free(figures->kept.at);
}
