/*
 * The settings: one row each. The row drives reading, checking, defaults, the sample file and the
 * list of what a reload changed. A new setting is a field in config.h and a row in config_table.c.
 */
#ifndef CONF_CONFIG_TABLE_H
#define CONF_CONFIG_TABLE_H

#include "daemon/conf/config.h"

enum config_section {
	CONFIG_TOP,
	CONFIG_SERVER,
	CONFIG_DOMAIN,
	CONFIG_SOURCE,
	CONFIG_COUNTER,
	CONFIG_HOOK,
	CONFIG_SECTIONS
};

enum config_type {
	CONFIG_TYPE_SECTION,	 /* a list of maps with settings of their own */
	CONFIG_TYPE_WORD,	 /* a name that people chose */
	CONFIG_TYPE_PATH,	 /* absolute */
	CONFIG_TYPE_ARGUMENT,	 /* any text; the first of a list is an absolute path */
	CONFIG_TYPE_NAME,	 /* a DNS name, kept absolute */
	CONFIG_TYPE_HOST,	 /* a host name, kept absolute */
	CONFIG_TYPE_MAIL_DOMAIN, /* a DNS name, kept without the final dot */
	CONFIG_TYPE_OWN_ADDRESS, /* an IP address without a port */
	CONFIG_TYPE_ADDRESS,	 /* an IP address, a port may follow (else `least`, or 53) */
	CONFIG_TYPE_LISTEN,	 /* an IP address with port, or unix:/path */
	CONFIG_TYPE_ORIGIN,	 /* of a page: scheme://host[:port] */
	CONFIG_TYPE_DURATION,
	CONFIG_TYPE_SIZE,
	CONFIG_TYPE_COUNT,
	CONFIG_TYPE_RIGHTS, /* of a file, octal: who reads and writes; the owner does */
	CONFIG_TYPE_DECIMAL,
	CONFIG_TYPE_FLAG,
	CONFIG_TYPE_MODE,
	CONFIG_TYPE_CONDITION, /* text; config_condition.c judges it */
	CONFIG_TYPE_THRESHOLD, /* count/window */
	CONFIG_TYPE_FORMAT,
	CONFIG_TYPE_JOURNAL, /* yes, or an absolute path */
	CONFIG_TYPE_MATCH,   /* FIELD=VALUE */
	CONFIG_TYPE_SET,     /* a ready set of counters */
	CONFIG_TYPE_OID,     /* name=OID */
	CONFIG_TYPE_PLACE,   /* HOST=ADDRESS, a port may follow (else `least`) */
	CONFIG_TYPE_MX,	     /* TTL, then preference and name of each record */
	CONFIG_TYPE_ZONE,
	CONFIG_TYPE_URL,    /* of a webhook; its path is not shown */
	CONFIG_TYPE_NOTICE, /* what a webhook is sent */
	CONFIG_TYPE_EVENT,  /* a list of journal kinds in one unsigned of bits */
	CONFIG_TYPE_LATER,  /* a setting of the design that this version does not have */
	CONFIG_TYPES
};

struct config_setting {
	enum config_section section;
	const char *name;
	enum config_type type;
	bool required;
	bool at_start;	     /* read at the start alone: a reload says that it needs a restart */
	size_t offset;	     /* of the value (of its first, for a list) in the section's struct */
	size_t size;	     /* of the value, of one entry for a list */
	unsigned entries;    /* of a list, the most; 0: one value */
	bool alone;	     /* a list of one may be written as a value */
	size_t count_offset; /* of a list's unsigned count */
	enum config_section inner; /* a section's */
	int64_t least, most;	   /* range of durations, sizes, counts and decimals */
	const char *preset;	   /* default as text, a list's parted by ", "; NULL: nothing */
	const char *sample;	   /* YAML for the sample file, where that is not the default */
	const char *instead;	   /* of which setting it takes the place (LATER: which to use) */
	const char *sentence;
};

extern const struct config_setting config_table[];
extern const unsigned config_table_rows;

/* "servers", as the file calls it; "" for the top. */
const char *config_table_section(enum config_section section);

/* The section's row of that name, or NULL. */
const struct config_setting *config_table_find(enum config_section section, struct span name);

/* Fills a section's struct with the defaults. */
void config_table_preset(enum config_section section, void *base);

/* The place of a value (of its entry `index`, for a list) in a section's struct. */
void *config_table_value(const struct config_setting *row, void *base, unsigned index);
const void *config_table_see(const struct config_setting *row, const void *base, unsigned index);

/* How many entries the list has now; 1 for one value. CONFIG_TYPE_EVENT counts as one value. */
unsigned config_table_count(const struct config_setting *row, const void *base);
void config_table_set_count(const struct config_setting *row, void *base, unsigned count);

#endif
