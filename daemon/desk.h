/*
 * The desk where people's questions and orders arrive from the web part: the snapshot, the journal,
 * an override.
 */
#ifndef DESK_H
#define DESK_H

#include "web/web.h"

struct engine;

struct web_deps desk_deps(struct engine *engine);

#endif
