#include "daemon/ctl/ctl_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROWS 24 /* when the terminal does not say */

/* alternate screen, no cursor, lines that are too long are cut */
#define TAKE "\033[?1049h\033[?25l\033[?7l"
#define GIVE "\033[?7h\033[?25h\033[?1049l"

static struct termios before;
static sigset_t mask_before;
static bool is_open;
static volatile sig_atomic_t came[NSIG];

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static void
note(int number)
{
	came[number] = 1;
}

bool
ctl_screen_there(void)
{
	return isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1;
}

static bool
take(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0)
		return false;
	fputs(TAKE, stdout);
	return fflush(stdout) == 0;
}

static void
give(void)
{
	fputs(GIVE, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

bool
ctl_screen_open(void)
{
	struct sigaction action = { .sa_handler = note };
	sigset_t held;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	sigemptyset(&held);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&held, signals[i]);
	sigprocmask(SIG_BLOCK, &held, &mask_before); /* they come only while it waits */
	for (size_t i = 0; i < SIGNALS; i++) {
		came[signals[i]] = 0;
		sigaction(signals[i], &action, NULL);
	}
	is_open = take();
	return is_open;
}

void
ctl_screen_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	give();
	for (size_t i = 0; i < SIGNALS; i++)
		signal(signals[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

static unsigned
rows(void)
{
	struct winsize size = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : ROWS;
}

void
ctl_screen_draw(const char *text, size_t length, const char *last)
{
	unsigned room = rows() - 1;

	fputs("\033[H", stdout);
	for (unsigned row = 0; row < room && length; row++) {
		const char *newline = memchr(text, '\n', length);
		size_t line = newline ? (size_t)(newline - text) : length;

		fwrite(text, 1, line, stdout);
		fputs("\033[0m\033[K\r\n", stdout);
		line += newline != NULL;
		text += line;
		length -= line;
	}
	printf("\033[J\033[%u;1H\033[7m%s\033[0m", room + 1, last);
	fflush(stdout);
}

/* Stops the program as the key of the terminal wants it, and goes on with it. */
static void
stop(void)
{
	sigset_t one, old;

	give();
	signal(SIGTSTP, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &one, &old); /* here it stops */
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = note }, NULL);
	take();
}

static bool
look_at_signals(enum ctl_screen_event *event_out, int *signal_out)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		int number = signals[i];

		if (!came[number])
			continue;
		came[number] = 0;
		*event_out = number == SIGWINCH || number == SIGTSTP ? CTL_SCREEN_REDRAW
								     : CTL_SCREEN_END;
		if (number == SIGTSTP)
			stop();
		if (*event_out == CTL_SCREEN_END)
			*signal_out = number;
		return true;
	}
	return false;
}

enum ctl_screen_event
ctl_screen_wait(int wait_ms, char *key_out, int *signal_out)
{
	struct timespec wait = { wait_ms / 1000, wait_ms % 1000 * 1000000L };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	enum ctl_screen_event event;
	int ready = ppoll(&in, 1, &wait, &mask_before);

	*signal_out = 0;
	if (look_at_signals(&event, signal_out))
		return event;
	if (ready <= 0)
		return ready == 0 || errno == EINTR ? CTL_SCREEN_TIME : CTL_SCREEN_END;
	return read(STDIN_FILENO, key_out, 1) == 1 ? CTL_SCREEN_KEY : CTL_SCREEN_END;
}
