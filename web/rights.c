#include "web/rights.h"

#include "web/problem.h"

/* The row of this peer; a row that is old or the oldest begins anew. */
static struct rights_failure *
row_of(struct rights *rights, const struct request *request)
{
	struct rights_failure *row = &rights->failures[0];

	for (unsigned i = 0; i < RIGHTS_PEERS; i++) {
		struct rights_failure *one = &rights->failures[i];

		if (strcmp(one->peer, request->peer->name) == 0) {
			row = one;
			break;
		}
		if (one->since < row->since)
			row = one;
	}
	if (strcmp(row->peer, request->peer->name) != 0 || request->now < row->since ||
	    request->now - row->since >= RIGHTS_WINDOW) {
		*row = (struct rights_failure){ .since = request->now };
		span_copy(span_of(request->peer->name), row->peer, sizeof(row->peer));
	}
	return row;
}

static bool
refuse(struct rights *rights, const struct request *request, const char *sentence, bool *tell_out,
       struct reply *reply)
{
	struct rights_failure *row = row_of(rights, request);

	if (row->count >= RIGHTS_FAILURES) {
		reply->retry_after = (unsigned)(row->since + RIGHTS_WINDOW - request->now);
		return problem_set(reply, 429, "too many refused tries from %s; %u s must pass",
				   request->peer->name, reply->retry_after);
	}
	row->count++;
	*tell_out = true;
	reply->challenge = true;
	return problem_set(reply, 401, "%s", sentence);
}

/* RFC 6750, section 2.1. */
static bool
bearer(struct span field, struct span *token_out)
{
	struct span scheme = { field.at, field.len < 7 ? field.len : 7 };

	if (!span_equal_nocase(scheme, SPAN("Bearer ")))
		return false;
	field = span_after(field, 7);
	while (field.len && field.at[0] == ' ')
		field = span_after(field, 1);
	*token_out = field;
	return field.len > 0;
}

const char *
rights_origin(const struct rights *rights, const struct request *request)
{
	for (unsigned i = 0; i < rights->origins.count && !request->peer->local; i++)
		if (span_equal(request->origin, span_of(rights->origins.origin[i])))
			return rights->origins.origin[i];
	return NULL;
}

/* A browser names the page that a change comes from; pages of others may not change anything. */
static bool
own_origin(const struct request *request)
{
	struct span origin = request->origin;

	if (!origin.len)
		return true;
	if (span_begins(origin, SPAN("http://")))
		origin = span_after(origin, 7);
	else if (span_begins(origin, SPAN("https://")))
		origin = span_after(origin, 8);
	else
		return false;
	return span_equal_nocase(origin, request->host);
}

static enum role
role_for(enum rights_need need)
{
	switch (need) {
	case RIGHTS_CHANGE:
		return ROLE_OPERATE;
	case RIGHTS_PUSH:
		return ROLE_PUSH;
	case RIGHTS_READ:
	case RIGHTS_NONE:
		break;
	}
	return ROLE_READ;
}

static bool
check_token(const struct token *token, enum rights_need need, bool *tell_out, struct reply *reply)
{
	enum role wanted = role_for(need);

	if (tokens_allow(token->role, wanted))
		return true;
	*tell_out = true;
	return problem_set(reply, 403, "the token '%s' has the role %s, this wants %s", token->name,
			   tokens_role_name(token->role), tokens_role_name(wanted));
}

bool
rights_check(struct rights *rights, const struct request *request, enum rights_need need,
	     const struct token **who_out, bool *tell_out, struct reply *reply)
{
	const struct peer *peer = request->peer;
	struct span text = { "", 0 };

	*who_out = NULL;
	*tell_out = false;
	if (need == RIGHTS_NONE || (need == RIGHTS_READ && (peer->local || peer->loopback)))
		return true;
	if (need != RIGHTS_READ && !own_origin(request) && !rights_origin(rights, request)) {
		*tell_out = true;
		return problem_set(reply, 403,
				   "changes are not taken from pages of another origin");
	}
	if (request->authorization.len) {
		if (!bearer(request->authorization, &text))
			return refuse(rights, request, "wanted `Authorization: Bearer TOKEN`",
				      tell_out, reply);
		*who_out = tokens_find(&rights->tokens, text);
		if (!*who_out)
			return refuse(rights, request, "this token is not known", tell_out, reply);
		return check_token(*who_out, need, tell_out, reply);
	}
	if (peer->local && peer->trusted)
		return true;
	if (peer->local) {
		*tell_out = true;
		return problem_set(reply, 403,
				   "over this socket only root and the daemon's own user may "
				   "change things; %s needs a token",
				   peer->name);
	}
	return refuse(rights, request,
		      need == RIGHTS_CHANGE ? "changes over TCP want a token with the role operate"
		      : need == RIGHTS_PUSH ? "counters over TCP want a token with the role push"
					    : "from other machines this wants a token",
		      tell_out, reply);
}
