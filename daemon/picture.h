/*
 * Fills the snapshot that people see, at the end of a tick.
 */
#ifndef PICTURE_H
#define PICTURE_H

struct engine;

void picture_take(struct engine *engine);

#endif
