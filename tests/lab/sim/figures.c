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

void
figures_mail(struct figures *figures, double at, int mta, double delay, double split)
{
	struct figures_step *step = step_of(figures, at);

	if (split >= 0)
		figures->split_mail[mta]++;
	if (split >= 0 && split < 3600)
		figures->first_hour[mta]++;
	if (!step)
		return;
	step->mail[mta]++;
	step->delay += delay;
	if (figures->mails == figures->room) {
		figures->room = figures->room ? 2 * figures->room : 65536;
		figures->delays = realloc(figures->delays, figures->room * sizeof(double));
		if (!figures->delays) {
			fputs("sim: out of memory\n", stderr);
			exit(71);
		}
	}
	figures->delays[figures->mails++] = delay;
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
quantile(const struct figures *figures, double q)
{
	size_t at = (size_t)(q * (double)figures->mails);

	if (figures->mails == 0)
		return 0;
	return figures->delays[at < figures->mails ? at : figures->mails - 1];
}

static double
later_than(const struct figures *figures, double seconds)
{
	size_t late = 0;

	for (size_t i = 0; i < figures->mails; i++)
		late += figures->delays[i] > seconds;
	return figures->mails ? (double)late / (double)figures->mails : 0;
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
	double sum = 0;

	if (figures->mails)
		qsort(figures->delays, figures->mails, sizeof(double), compare);
	for (size_t i = 0; i < figures->mails; i++)
		sum += figures->delays[i];
	fprintf(to,
		"{\"mails\":%zu,\"mean\":%.2f,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"most\":%.2f",
		figures->mails, figures->mails ? sum / (double)figures->mails : 0,
		quantile(figures, 0.5), quantile(figures, 0.9), quantile(figures, 0.99),
		quantile(figures, 1));
	fprintf(to, ",\"later_5s\":%.4f,\"later_1m\":%.4f,\"later_1h\":%.4f",
		later_than(figures, 5), later_than(figures, 60), later_than(figures, 3600));
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
	if (guard->split_at > 0) {
		print_shares(to, "survival_seen", figures->kept);
		print_shares(to, "survival_formula", figures->formula);
		print_shares(to, "survival_capped_1d", figures->said);
		fprintf(to, ",\"regulars\":%u", figures->regulars);
	}
	if (series)
		print_series(figures, to);
	fputs("}\n", to);
}
