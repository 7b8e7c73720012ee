#include "daemon/preflight.h"
#include "daemon/probe/policy.h"
#include "daemon/probe/smtp.h"

#define SMTP_TIMEOUT_MS 30000

/* An exchanger must have addresses of its own: RFC 2181, section 10.3. */
static void
check_address(struct preflight *preflight, const char *host)
{
	struct findings *findings = &preflight->findings;
	struct lookup_answer a, aaaa;
	enum lookup_outcome four = lookup_ask(preflight->lookup, host, LOOKUP_A, &a);
	enum lookup_outcome six = lookup_ask(preflight->lookup, host, LOOKUP_AAAA, &aaaa);

	if (a.cname || aaaa.cname)
		findings_add(findings, FINDINGS_FAIL, "address",
			     "%s is an alias (CNAME); an MX must name a host (RFC 2181, 10.3)",
			     host);
	else if (four == LOOKUP_FOUND || six == LOOKUP_FOUND)
		findings_add(findings, FINDINGS_OK, "address", "%s is %s", host,
			     four == LOOKUP_FOUND ? a.text[0] : aaaa.text[0]);
	else if (four == LOOKUP_FAILED || six == LOOKUP_FAILED)
		findings_add(findings, FINDINGS_WARN, "address", "%s: the resolver does not say",
			     host);
	else
		findings_add(findings, FINDINGS_FAIL, "address", "%s has no address", host);
}

static void
check_smtp(struct preflight *preflight, unsigned i)
{
	const char *host = preflight->normal.records[i].exchange;
	struct findings *findings = &preflight->findings;
	struct smtp_wish wish = { .host = host,
				  .address = config_probe_at(preflight->hand.config, host),
				  .rcpt = preflight->rcpt,
				  .tls = true,
				  .timeout_ms = SMTP_TIMEOUT_MS };
	struct smtp_result result;
	bool kept = !config_drops(preflight->hand.domain, host);
	enum findings_verdict bad = kept ? FINDINGS_FAIL : FINDINGS_WARN;

	smtp_probe(&wish, &result);
	findings_add(findings, result.verdict == SMTP_ANSWERS ? FINDINGS_OK : bad, "smtp",
		     "%s%s %s", host, kept ? " (kept)" : "", result.sentence);
	preflight->answers[i] = result.verdict == SMTP_ANSWERS;
	preflight->tls[i] = result.tls;
	preflight->verified[i] = result.tls_verified;
	if (!preflight->answers[i])
		return;
	if (!result.tls)
		findings_add(findings, FINDINGS_WARN, "starttls", "%s %s", host,
			     result.starttls ? "offers STARTTLS, but it does not work"
					     : "does not offer STARTTLS");
	else
		findings_add(findings, FINDINGS_OK, "starttls", "%s: %s", host,
			     result.tls_verified ? "certificate verified"
						 : "certificate not verified");
	if (preflight->rcpt)
		findings_add(findings, result.rcpt_code / 100 == 2 ? FINDINGS_OK : bad, "rcpt",
			     "%s %s", host, result.rcpt_sentence);
}

/* RFC 8461, section 4.2: senders deliver only by TLS with a certificate that they can verify. */
static void
judge_certificate(struct preflight *preflight, const struct sts_policy *policy, unsigned i)
{
	const char *host = preflight->normal.records[i].exchange;
	bool kept = !config_drops(preflight->hand.domain, host);

	if (policy->mode == STS_ENFORCE && preflight->answers[i] && !preflight->verified[i])
		findings_add(&preflight->findings, kept ? FINDINGS_FAIL : FINDINGS_WARN, "mta-sts",
			     "the policy (enforce) wants a certificate that verifies, and %s has "
			     "none: senders that honour it deliver nothing there%s",
			     host, kept ? ", so a split would stop their mail" : "");
}

/* After a split all mail goes to the kept ones: a policy that does not name them stops it. */
static void
judge_policy(struct preflight *preflight, const struct sts_policy *policy)
{
	const struct mx_set *normal = &preflight->normal;
	struct findings *findings = &preflight->findings;

	for (unsigned i = 0; i < normal->count; i++) {
		const char *host = normal->records[i].exchange;
		bool enforced = policy->mode == STS_ENFORCE;

		if (policy->mode == STS_NONE || sts_allows(policy, span_of(host)))
			findings_add(findings, FINDINGS_OK, "mta-sts", "policy (%s) allows %s",
				     sts_mode_name(policy->mode), host);
		else
			findings_add(findings, enforced ? FINDINGS_FAIL : FINDINGS_WARN, "mta-sts",
				     "the policy (%s) does not name %s: senders that honour it "
				     "deliver nothing there%s",
				     sts_mode_name(policy->mode), host,
				     config_drops(preflight->hand.domain, host)
					     ? ""
					     : ", so a split would stop "
					       "their mail");
		judge_certificate(preflight, policy, i);
	}
}

static void
check_sts(struct preflight *preflight)
{
	struct findings *findings = &preflight->findings;
	struct sts_policy policy;
	struct lookup_answer answer;
	char name[CONFIG_NAME + 16];
	struct text text = TEXT(name);
	struct err err = { 0 };
	bool announced = false;

	if (preflight->policy) {
		if (policy_read(preflight->policy, &policy, &err))
			judge_policy(preflight, &policy);
		else
			findings_add(findings, FINDINGS_FAIL, "mta-sts", "%s", err.text);
		return;
	}
	text_add(&text, "_mta-sts.%s", preflight->hand.domain->name);
	if (lookup_ask(preflight->lookup, name, LOOKUP_TXT, &answer) == LOOKUP_FAILED) {
		findings_add(findings, FINDINGS_WARN, "mta-sts", "%s: the resolver does not say",
			     name);
		return;
	}
	for (unsigned i = 0; i < answer.count; i++)
		announced = announced || sts_announced(span_of(answer.text[i]));
	if (!announced)
		findings_add(findings, FINDINGS_OK, "mta-sts", "no policy is announced");
	else if (policy_fetch(preflight->hand.domain->name, &policy, &err))
		judge_policy(preflight, &policy);
	else
		findings_add(findings, FINDINGS_FAIL, "mta-sts",
			     "a policy is announced and cannot be had: %s", err.text);
}

/* RFC 7672, section 2.2: where there are TLSA records, senders deliver only by TLS. */
static void
judge_tlsa(struct preflight *preflight, unsigned i)
{
	const char *host = preflight->normal.records[i].exchange;
	bool kept = !config_drops(preflight->hand.domain, host);

	if (preflight->answers[i] && !preflight->tls[i])
		findings_add(&preflight->findings, kept ? FINDINGS_FAIL : FINDINGS_WARN, "dane",
			     "%s has TLSA records and no STARTTLS that works: senders that honour "
			     "DANE deliver nothing there%s",
			     host, kept ? ", so a split would stop their mail" : "");
}

/* DANE (RFC 7672): a TLSA at one exchanger and none at the other. */
static void
check_dane(struct preflight *preflight)
{
	const struct mx_set *normal = &preflight->normal;
	unsigned with = 0, asked = 0;

	for (unsigned i = 0; i < normal->count; i++) {
		struct lookup_answer answer;
		char name[CONFIG_NAME + 16];
		struct text text = TEXT(name);
		enum lookup_outcome outcome;

		text_add(&text, "_25._tcp.%s", normal->records[i].exchange);
		outcome = lookup_ask(preflight->lookup, name, LOOKUP_TLSA, &answer);
		asked += outcome != LOOKUP_FAILED;
		with += outcome == LOOKUP_FOUND;
		if (outcome == LOOKUP_FOUND)
			judge_tlsa(preflight, i);
	}
	if (asked < normal->count)
		findings_add(&preflight->findings, FINDINGS_WARN, "dane",
			     "the resolver does not say who has TLSA records");
	else if (with && with < normal->count)
		findings_add(&preflight->findings, FINDINGS_WARN, "dane",
			     "%u of %u exchangers have TLSA records: mail to the others is not "
			     "protected by DANE",
			     with, normal->count);
	else
		findings_add(&preflight->findings, FINDINGS_OK, "dane",
			     with ? "all exchangers have TLSA records (whether they fit the "
				    "certificates is not checked here)"
				  : "no exchanger has TLSA records");
}

/* What a split does is measured in the logs of all exchangers. */
static void
check_source(struct preflight *preflight, const char *host)
{
	const struct config *config = preflight->hand.config;

	for (unsigned i = 0; i < config->source_count; i++)
		if (strcmp(config->sources[i].mta, host) == 0) {
			findings_add(&preflight->findings, FINDINGS_OK, "source",
				     "%s is read by %s", host, config->sources[i].name);
			return;
		}
	findings_add(&preflight->findings, FINDINGS_WARN, "source", "%s has no source: %s", host,
		     config_drops(preflight->hand.domain, host)
			     ? "no surge can be seen there"
			     : "after a split nobody sees whether the surge is over");
}

void
preflight_mail(struct preflight *preflight)
{
	const struct mx_set *normal = &preflight->normal;

	for (unsigned i = 0; i < normal->count; i++) {
		const char *host = normal->records[i].exchange;

		if (preflight->lookup)
			check_address(preflight, host);
		check_smtp(preflight, i);
		check_source(preflight, host);
	}
	if (preflight->lookup || preflight->policy)
		check_sts(preflight);
	if (preflight->lookup)
		check_dane(preflight);
	if (preflight->hand.domain->mode != MODE_AUTO)
		findings_add(&preflight->findings, FINDINGS_WARN, "mode",
			     "mode is %s: nothing would be done without an order",
			     order_mode_name(preflight->hand.domain->mode));
}
