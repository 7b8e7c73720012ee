/*
 * How Exim writes a client: "H=name (helo) [192.0.2.1]:50101 I=[192.0.2.2]:25 U=ident P=esmtps
 * X=... CV=no DN="..." A=plain:user S=287 ...". Name and address are Exim's own; HELO, ident, the
 * names in a certificate are the client's. Only the last address in square brackets can be relied
 * on.
 */
#ifndef CORE_PARSE_EXIM_HOST_H
#define CORE_PARSE_EXIM_HOST_H

#include "daemon/base/err.h"
#include "daemon/base/scan.h"

struct parse_exim_host {
	struct span address;
	bool authenticated;
	bool loopback;
	bool ident; /* there was a U=, whose text may be anything */
};

/*
 * Eats what describes the client, up to what does not ("F=<", "S=", "rejected"): the blank before
 * that is left. "H=" is eaten already. False: not readable.
 */
MUST_USE bool parse_exim_host(struct scan *scan, struct parse_exim_host *out);

#endif
