/*
 * The configuration file as a tree of plain nodes: every one has its place, every scalar is text.
 *
 * Anchors, aliases, tags and merge keys are refused (no billion laughs: a node stands where it is
 * written), as are more than one document, deep nesting and text that is not UTF-8.
 */
#ifndef CONF_CONFIG_TREE_H
#define CONF_CONFIG_TREE_H

#include "daemon/base/span.h"

struct config_problems;

struct config_place {
	int line, col; /* from 1 */
};

enum config_node_kind {
	CONFIG_NODE_SCALAR,
	CONFIG_NODE_LIST,
	CONFIG_NODE_MAP, /* children: key, value, key, value... */
};

struct config_node {
	enum config_node_kind kind;
	struct config_place place;
	struct span text; /* of a scalar; lives as long as the node */
	unsigned count;	  /* children */
	struct config_node *first, *last, *next;
	struct config_node *parent;
};

/*
 * Reads the whole text. NULL when anything is wrong with it: `problems` got at least one.
 * Free with config_tree_free.
 */
struct config_node *config_tree_read(struct span text, struct config_problems *problems);
void config_tree_free(struct config_node *root); /* takes NULL */

/* The value of the first such key, or NULL. Takes NULL and other kinds. */
const struct config_node *config_tree_value(const struct config_node *map, const char *key);

/* The entry of a list, or NULL. Takes NULL and other kinds. */
const struct config_node *config_tree_entry(const struct config_node *list, unsigned index);

#endif
