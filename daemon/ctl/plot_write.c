#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/ctl/plot_own.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 1200
#define HEIGHT 660
#define LEFT 76
#define RIGHT 1176
#define COUNTS_TOP 84.0
#define COUNTS_BOTTOM 400.0
#define EVIDENCE_TOP 444.0
#define EVIDENCE_BOTTOM 590.0
#define TICKS 11      /* on the axis of time, at most */
#define LABEL_ROOM 64 /* between labels of surges */
#define TITLE 256

#define INK "#1f2933"
#define SOFT "#5b6875"
#define GRID "#e4e8ec"
#define SHADE "#fbdcd9"
#define ALARM "#b3261e"
#define SPAN_FILL "#a9c7e8"
#define MEAN "#1c5d99"
#define BAND "#7a9a3a"

struct scale {
	const struct plot *plot;
	FILE *file;
	double counts_most, evidence_most;
};

static double
x_at(const struct scale *scale, double column)
{
	return LEFT + (RIGHT - LEFT) * column / scale->plot->used;
}

static double
x_mid(const struct scale *scale, unsigned column)
{
	return x_at(scale, column + 0.5);
}

/* By the logarithm of 1 + rate: nought has a place, and so have surges. */
static double
y_count(const struct scale *scale, double rate)
{
	double part = log10(1 + fmax(0, rate)) / log10(1 + scale->counts_most);

	return COUNTS_BOTTOM - (COUNTS_BOTTOM - COUNTS_TOP) * fmin(part, 1);
}

static double
y_evidence(const struct scale *scale, double nats)
{
	return EVIDENCE_BOTTOM -
	       (EVIDENCE_BOTTOM - EVIDENCE_TOP) * fmin(fmax(0, nats) / scale->evidence_most, 1);
}

static struct scale
scale_of(const struct plot *plot, FILE *file)
{
	struct scale scale = { plot, file, 10, 0 };

	for (unsigned i = 0; i < plot->used; i++) {
		const struct plot_column *column = &plot->column[i];

		scale.counts_most = fmax(scale.counts_most, column->greatest);
		if (column->known)
			scale.counts_most = fmax(scale.counts_most, column->upper / column->known);
		scale.evidence_most =
			fmax(scale.evidence_most, fmax(column->evidence, column->threshold * 1.5));
	}
	scale.counts_most *= 1.2;
	scale.evidence_most = fmax(scale.evidence_most * 1.08, 1);
	return scale;
}

static void
label(FILE *file, double x, double y, const char *how, const char *text)
{
	fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, how, text);
}

static void
line(FILE *file, double x1, double y1, double x2, double y2, const char *how)
{
	fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2,
		y2, how);
}

static void
draw_count_axis(const struct scale *scale)
{
	FILE *file = scale->file;
	double rate = 0;

	while (rate <= scale->counts_most) {
		char text[32];
		double y = y_count(scale, rate);

		snprintf(text, sizeof(text), "%.0f", rate);
		line(file, LEFT, y, RIGHT, y, "stroke=\"" GRID "\"");
		label(file, LEFT - 8, y + 4, "text-anchor=\"end\"", text);
		rate = rate < 1 ? 1 : rate * 10;
	}
	label(file, LEFT, COUNTS_TOP - 10, "class=\"h\"",
	      "bounces a minute (scale: logarithm of 1 + rate)");
}

static void
draw_evidence_axis(const struct scale *scale)
{
	FILE *file = scale->file;
	double step = 1;

	while (scale->evidence_most / step > 5)
		step *= scale->evidence_most / step > 20 ? 10 : 2;
	for (int i = 0; i * step <= scale->evidence_most; i++) {
		char text[32];
		double nats = i * step;
		double y = y_evidence(scale, nats);

		snprintf(text, sizeof(text), "%.0f", nats);
		line(file, LEFT, y, RIGHT, y, "stroke=\"" GRID "\"");
		label(file, LEFT - 8, y + 4, "text-anchor=\"end\"", text);
	}
	label(file, LEFT, EVIDENCE_TOP - 10, "class=\"h\"",
	      "evidence in nats (a surge also needs enough bounces above the expected)");
}

static int64_t
time_step(int64_t seconds)
{
	static const int64_t steps[] = { 10,	 60,	  300,	   900,	    3600,
					 10800,	 21600,	  43200,   86400,   172800,
					 604800, 1209600, 2592000, 7776000, 31536000 };
	size_t i = 0;

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && seconds / steps[i] > TICKS)
		i++;
	return seconds / steps[i] > TICKS ? seconds / TICKS + 1 : steps[i];
}

static void
draw_time_axis(const struct scale *scale)
{
	const struct plot *plot = scale->plot;
	int64_t span = plot->width * plot->used, step = time_step(span);
	int64_t at = plot->start + (step - plot->start % step) % step;
	char text[64], day[32], last[32] = "";

	for (; at <= plot->start + span; at += step) {
		double x = x_at(scale, (double)(at - plot->start) / (double)plot->width);
		struct when_civil civil = when_civil(at);
		double below = EVIDENCE_BOTTOM + 18;

		snprintf(day, sizeof(day), "%04d-%02u-%02u", civil.year, civil.month, civil.day);
		line(scale->file, x, COUNTS_TOP, x, COUNTS_BOTTOM, "stroke=\"" GRID "\"");
		line(scale->file, x, EVIDENCE_TOP, x, EVIDENCE_BOTTOM, "stroke=\"" GRID "\"");
		if (step % 86400 != 0) {
			snprintf(text, sizeof(text), "%02u:%02u", civil.hour, civil.minute);
			label(scale->file, x, below, "text-anchor=\"middle\"", text);
			below += 16;
		}
		if (strcmp(day, last) != 0)
			label(scale->file, fmin(x, RIGHT - 20), below, "text-anchor=\"middle\"",
			      day);
		memcpy(last, day, sizeof(last));
	}
	label(scale->file, RIGHT, HEIGHT - 16, "text-anchor=\"end\"", "UTC");
}

/* Columns with a surge are shaded in both panels; what was not seen is hatched. */
static void
draw_states(const struct scale *scale)
{
	const struct plot *plot = scale->plot;

	for (unsigned i = 0; i < plot->used;) {
		bool surge = plot->column[i].surge, seen = plot->column[i].ticks > 0;
		unsigned end = i;
		double x, width;

		while (end < plot->used && plot->column[end].surge == surge &&
		       (plot->column[end].ticks > 0) == seen)
			end++;
		x = x_at(scale, i);
		width = fmax(x_at(scale, end) - x, surge ? 1 : 0);
		if (surge || !seen)
			fprintf(scale->file,
				"<path class=\"%s\" d=\"M%.1f %.1fh%.1fV%.1fh-%.1fZM%.1f "
				"%.1fh%.1fV%.1f"
				"h-%.1fZ\"/>\n",
				seen ? "surge" : "unseen", x, COUNTS_TOP, width, COUNTS_BOTTOM,
				width, x, EVIDENCE_TOP, width, EVIDENCE_BOTTOM, width);
		i = end;
	}
}

static void
draw_alarms(const struct scale *scale)
{
	const struct plot *plot = scale->plot;
	double last = -LABEL_ROOM;

	for (unsigned i = 0; i < plot->used; i++) {
		double x = x_at(scale, i);

		if (!plot->column[i].began)
			continue;
		line(scale->file, x, COUNTS_TOP, x, COUNTS_BOTTOM, "stroke=\"" ALARM "\"");
		line(scale->file, x, EVIDENCE_TOP, x, EVIDENCE_BOTTOM, "stroke=\"" ALARM "\"");
		if (x - last < LABEL_ROOM)
			continue;
		label(scale->file, x > RIGHT - LABEL_ROOM ? x - 4 : x + 4, COUNTS_TOP + 14,
		      x > RIGHT - LABEL_ROOM ? "class=\"a\" text-anchor=\"end\"" : "class=\"a\"",
		      "surge");
		last = x;
	}
}

enum curve { CURVE_MEAN, CURVE_EXPECTED, CURVE_UPPER, CURVE_EVIDENCE };

/* False: the column does not have it. */
static bool
curve_y(const struct scale *scale, unsigned i, enum curve curve, double *y_out)
{
	const struct plot_column *column = &scale->plot->column[i];

	switch (curve) {
	case CURVE_MEAN:
		*y_out = y_count(scale,
				 column->seconds > 0 ? column->count * 60 / column->seconds : 0);
		return column->ticks > 0;
	case CURVE_EXPECTED:
		*y_out = y_count(scale, column->known ? column->expected / column->known : 0);
		break;
	case CURVE_UPPER:
		*y_out = y_count(scale, column->known ? column->upper / column->known : 0);
		break;
	case CURVE_EVIDENCE:
		*y_out = y_evidence(scale, column->evidence);
		break;
	}
	return column->known > 0;
}

static void
draw_curve(const struct scale *scale, enum curve curve, const char *class)
{
	bool pen = false;
	double y;

	fprintf(scale->file, "<path class=\"%s\" d=\"", class);
	for (unsigned i = 0; i < scale->plot->used; i++) {
		bool there = curve_y(scale, i, curve, &y);

		if (there)
			fprintf(scale->file, "%c%.1f %.1f", pen ? 'L' : 'M', x_mid(scale, i), y);
		pen = there;
	}
	fputs("\"/>\n", scale->file);
}

/* From the least to the greatest tick of each column. */
static void
draw_range(const struct scale *scale)
{
	double half = (RIGHT - LEFT) / 2.0 / scale->plot->used;

	fputs("<path class=\"range\" d=\"", scale->file);
	for (unsigned i = 0; i < scale->plot->used; i++) {
		const struct plot_column *column = &scale->plot->column[i];
		double x = x_at(scale, i);

		if (column->ticks > 1)
			fprintf(scale->file, "M%.1f %.1fH%.1fV%.1fH%.1fZ", x,
				y_count(scale, column->greatest), x + 2 * half,
				y_count(scale, column->least), x);
	}
	fputs("\"/>\n", scale->file);
}

static void
draw_threshold(const struct scale *scale)
{
	double threshold = 0, y;
	char text[64];

	for (unsigned i = 0; i < scale->plot->used; i++)
		threshold = fmax(threshold, scale->plot->column[i].threshold);
	if (threshold <= 0)
		return;
	y = y_evidence(scale, threshold);
	line(scale->file, LEFT, y, RIGHT, y, "class=\"threshold\"");
	snprintf(text, sizeof(text), "threshold %.0f", threshold);
	label(scale->file, RIGHT - 4, y - 5, "class=\"a\" text-anchor=\"end\"", text);
}

static void
draw_legend(FILE *file)
{
	static const struct {
		int x;
		const char *class, *text;
	} rows[] = {
		{ 470, "mean", "mean" },	 { 550, "range", "least to greatest tick" },
		{ 730, "expected", "expected" }, { 830, "ordinary", "upper edge of the ordinary" },
		{ 1056, "surge", "surge" },	 { 1120, "unseen", "no data" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool curve = strcmp(rows[i].class, "mean") == 0 ||
			     strcmp(rows[i].class, "expected") == 0 ||
			     strcmp(rows[i].class, "ordinary") == 0;

		fprintf(file,
			curve ? "<path class=\"%s\" d=\"M%d 46h16\"/>\n"
			      : "<path class=\"%s\" d=\"M%d 40h16v11h-16Z\"/>\n",
			rows[i].class, rows[i].x - 20);
		label(file, rows[i].x, 50, "", rows[i].text);
	}
}

static void
draw_head(const struct scale *scale, const char *name)
{
	const struct plot *plot = scale->plot;
	char from[WHEN_TEXT], to[WHEN_TEXT], width[WHEN_TEXT], clean[TITLE];
	struct text text = TEXT(clean);

	text_add_scrubbed(&text, span_of(name));
	when_rfc3339(plot->start * WHEN_SECOND_US, from);
	when_rfc3339((plot->start + plot->width * plot->used) * WHEN_SECOND_US, to);
	when_duration(plot->width, width);
	fputs("<text x=\"24\" y=\"30\" class=\"t\">Backtest of ", scale->file);
	for (const char *at = clean; *at; at++)
		if (*at == '<' || *at == '>' || *at == '&')
			fprintf(scale->file, "&#%d;", *at);
		else
			putc(*at, scale->file);
	fputs("</text>\n", scale->file);
	fprintf(scale->file, "<text x=\"24\" y=\"%d\">%s to %s, a column is %s</text>\n",
		HEIGHT - 16, from, to, width);
}

static const char style[] =
	"text{font:12px 'Liberation Sans',Helvetica,Arial,sans-serif;fill:" SOFT "}"
	".t{font-size:17px;font-weight:bold;fill:" INK "}.h{font-weight:bold;fill:" INK "}"
	".a{fill:" ALARM "}path{stroke:none}"
	".surge{fill:" SHADE "}.unseen{fill:url(#hatch)}"
	".ordinary{fill:none;stroke:" BAND ";stroke-dasharray:2 3}"
	".range{fill:" SPAN_FILL ";fill-opacity:.6}"
	".mean{fill:none;stroke:" MEAN ";stroke-width:1.4;stroke-linejoin:round}"
	".expected{fill:none;stroke:" BAND ";stroke-width:1.8}"
	".evidence{fill:none;stroke:" INK ";stroke-width:1.4;stroke-linejoin:round}"
	".threshold{stroke:" ALARM ";stroke-dasharray:6 4}";

bool
plot_write(const struct plot *plot, const char *name, FILE *file)
{
	struct scale scale = scale_of(plot, file);

	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\">\n<style>%s</style>\n"
		"<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\"><path d=\"M0 6L6 0\" style=\"stroke:#b8c0c8\"/>"
		"</pattern></defs>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT, style, WIDTH, HEIGHT);
	draw_head(&scale, name);
	draw_legend(file);
	if (plot->used == 0) {
		label(file, LEFT, COUNTS_TOP + 40, "class=\"h\"", "nothing was read");
	} else {
		draw_states(&scale);
		draw_count_axis(&scale);
		draw_evidence_axis(&scale);
		draw_time_axis(&scale);
		draw_range(&scale);
		draw_curve(&scale, CURVE_UPPER, "ordinary");
		draw_curve(&scale, CURVE_EXPECTED, "expected");
		draw_curve(&scale, CURVE_MEAN, "mean");
		draw_curve(&scale, CURVE_EVIDENCE, "evidence");
		draw_threshold(&scale);
		draw_alarms(&scale);
	}
	fputs("</svg>\n", file);
	return fflush(file) == 0 && !ferror(file);
}
