/*
 * One notice on its way: to a program on the loop, or to a webhook on a worker thread.
 */
#ifndef OUTBOX_SEND_H
#define OUTBOX_SEND_H

#include "daemon/outbox.h"
#include "daemon/store/store.h"

#define OUTBOX_SEND_POSTS 3 /* webhooks under way: others need the workers too */

/* Gives it to the hook; outbox_ended tells of the end, perhaps at once. */
void outbox_send(struct outbox_slot *slot, const struct config_hook *hook,
		 const struct store_outbox_item *item);

/* Says again what is firing, if anything is. */
void outbox_send_again(struct outbox_slot *slot, const struct config_hook *hook);

#endif
