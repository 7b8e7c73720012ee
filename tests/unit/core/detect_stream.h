/*
 * What the tests of the detector share: one domain in virtual time, fed with a seeded Poisson
 * stream.
 */
#ifndef DETECT_STREAM_H
#define DETECT_STREAM_H

#include "daemon/core/detect.h"

#include <inttypes.h>
#include <math.h>

#define DAY 86400
#define START INT64_C(1767571200) /* a Monday */

struct stream {
	struct detect detect;
	struct finding finding;
	uint64_t seed;
	int64_t time;
	unsigned period, alarms;
};

static inline double
uniform(struct stream *stream)
{
	uint64_t z = stream->seed += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static inline double
poisson(struct stream *stream, double mean)
{
	double product = uniform(stream), least, count = 0;

	for (; mean > 500; mean -= 500)
		count += poisson(stream, 500);
	for (least = exp(-mean); product > least; count++)
		product *= uniform(stream);
	return count;
}

static inline struct stream
open_stream(uint64_t seed, unsigned period, const struct detect_rules *rules)
{
	struct stream stream = { .seed = seed, .time = START, .period = period };

	detect_init(&stream.detect, rules);
	return stream;
}

static inline void
one(struct stream *stream, double count, bool silent)
{
	struct detect_in in = { .period = stream->period, .count = count, .silent = silent };

	stream->time += stream->period;
	in.time = stream->time;
	detect_step(&stream->detect, &in, &stream->finding);
	stream->alarms += stream->finding.changed && stream->finding.surge;
}

static inline void
run(struct stream *stream, double a_minute, int64_t seconds)
{
	for (int64_t end = stream->time + seconds; stream->time < end;)
		one(stream, poisson(stream, a_minute / 60 * stream->period), false);
}

/* Seconds until the state is `surge`, or -1 when `most` have passed. */
static inline int64_t
wait_for(struct stream *stream, double a_minute, bool surge, int64_t most)
{
	int64_t began = stream->time;

	while (stream->time < began + most) {
		run(stream, a_minute, stream->period);
		if (stream->finding.surge == surge)
			return stream->time - began;
	}
	return -1;
}

#endif
