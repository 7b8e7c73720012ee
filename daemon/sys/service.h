/*
 * What a service manager is told of this daemon: sd_notify(3)'s datagrams to NOTIFY_SOCKET, written
 * here, so that no library is needed. Where there is no such socket nothing happens, and nothing
 * that fails here matters to the daemon.
 */
#ifndef SYS_SERVICE_H
#define SYS_SERVICE_H

/* It answers. `status` is a line for people. Said again after a reload. */
void service_ready(const char *status);

/* A configuration is being read; ends with service_ready. */
void service_reloading(void);

void service_stopping(void);

/* The line for people, sent when it is another than before. */
void service_status(const char *status);

/*
 * The loop has turned. Where the manager keeps a watchdog (WATCHDOG_USEC, for this process) it is
 * fed, four times in its interval at most.
 */
void service_alive(void);

#endif
