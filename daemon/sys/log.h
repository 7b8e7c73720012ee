/*
 * What the daemon says on standard error: one line, one event, key=value.
 *
 *   2026-11-24T16:36:26.5Z notice update domain=example.jp message="split set published"
 *
 * Under systemd (JOURNAL_STREAM names standard error) the line begins with <N>, as sd-daemon(3)
 * has it, and carries no time. Values from outside are scrubbed and quoted; none is ever a format.
 * A reader that does not read cannot hold the daemon up: after LOG_WAIT_MS a line is dropped, and
 * the next one that gets through is preceded by their number.
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#define LOG_LINE                                                                                   \
	4096 /* bytes of a line at most, newline included: PIPE_BUF, written whole or not */
#define LOG_WAIT_MS 100

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/*
 * `what` is a word of our own ("update", "start"); an empty `domain` or `message` is left out.
 */
void log_event(enum log_level level, const char *what, const char *domain, const char *message);

/* The least important level that is still said; LOG_LEVEL_INFO until this is called. */
void log_threshold(enum log_level level);

#endif
