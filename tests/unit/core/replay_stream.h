/*
 * The bounces of a replay: how many come in each second, and what the logs would tell of them.
 */
#ifndef REPLAY_STREAM_H
#define REPLAY_STREAM_H

#include "daemon/core/detect.h"
#include "tests/tools/scenario/draw.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define STREAM_SPREAD 0.2 /* `a` of a drawn minute: variance = mean + a mean^2 */

enum stream_kind { STREAM_UNTOLD, STREAM_OURS, STREAM_STRANGERS, STREAM_DICTIONARY };

struct stream {
	enum stream_kind kind;
	double rate, to; /* bounces a minute at `begin`, and from `end` on; evenly between them, */
	bool fades;	 /* or as a newsletter's, most at once */
	int64_t begin, end;
	double debt; /* have come, and were not yet seen */
};

struct streams {
	struct stream ordinary, further; /* further: beside it, without a day's rhythm */
	int64_t opens, closes;		 /* seconds of the day; the same: no day's rhythm */
	double night;			 /* so much of the rate comes while it is closed */
	uint64_t seed;			 /* of what is drawn; 0: they come evenly */
	double weight;			 /* of the ordinary ones of the drawn minute */
};

/* Bounces a minute. */
static inline double
stream_rate(const struct stream *stream, int64_t now)
{
	double done = now >= stream->end ? 1
					 : (double)(now - stream->begin) /
						   (double)(stream->end - stream->begin);

	if (done < 1 && stream->fades)
		return stream->rate * exp(-4 * done);
	return stream->rate + (stream->to - stream->rate) * done;
}

/* The share of the ordinary rate that comes at this hour. */
static inline double
streams_hour(const struct streams *s, int64_t now)
{
	int64_t second = (now % 86400 - s->opens + 86400) % 86400;

	return s->opens == s->closes || second < s->closes - s->opens ? 1 : s->night;
}

/* What the logs tell of `count` bounces; shares as in docs/detection.md, "The generator". */
static inline void
stream_mark(enum stream_kind kind, double count, struct evidence *out)
{
	static const struct {
		double unknown_users, new_clients, asked;
	} shares[] = {
		[STREAM_OURS] = { 0.05, 0.2, 0.6 },
		[STREAM_STRANGERS] = { 0.7, 0.7, 0.02 },
		[STREAM_DICTIONARY] = { 0.95, 0.02, 0.01 },
	};

	if (kind == STREAM_UNTOLD)
		return;
	out->known = 1U << EVIDENCE_UNKNOWN_USERS | 1U << EVIDENCE_CLIENTS | 1U << EVIDENCE_ASKED;
	out->with_client += count;
	out->unknown_users += count * shares[kind].unknown_users;
	out->new_clients += count * shares[kind].new_clients;
	out->asked += count * shares[kind].asked;
}

static inline void
stream_come(struct stream *stream, struct streams *s, double rate, bool silent,
	    struct detect_in *out)
{
	double seen;

	stream->debt += s->seed ? draw_poisson(&s->seed, rate / 60) : rate / 60;
	seen = silent ? 0 : floor(stream->debt);
	stream->debt -= seen;
	out->count += seen;
	stream_mark(stream->kind, seen, &out->evidence);
}

/* Adds this second's bounces, and those of the silence that is just over. */
static inline void
streams_come(struct streams *s, int64_t now, bool silent, struct detect_in *out)
{
	double ordinary = stream_rate(&s->ordinary, now) * streams_hour(s, now);

	if (s->seed && (now % 60 == 0 || !s->weight))
		s->weight = draw_gamma(&s->seed, 1 / STREAM_SPREAD) * STREAM_SPREAD;
	stream_come(&s->ordinary, s, s->seed ? ordinary * s->weight : ordinary, silent, out);
	stream_come(&s->further, s, stream_rate(&s->further, now), silent, out);
}

#endif
