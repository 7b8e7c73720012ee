/*
 * How things stand, in a line for `systemctl status`; and that the loop turns.
 */
#ifndef STANDING_H
#define STANDING_H

struct engine;

/* After a pass: ready, the first time (the API answers by then); alive, each time. */
void standing_tell(struct engine *engine);

#endif
