#include "daemon/core/doubles.h"

#include "daemon/core/hash.h"

#define COMPARED 300 /* bytes: the copy for the reject log has more lines behind the first */
#define LEARNED                                                                                    \
	1000 /* then both numbers are halved, so that a change of the setting is noticed           \
	      */

static void
learn(struct doubles *doubles, uint32_t *number)
{
	if (++*number < LEARNED)
		return;
	doubles->doubled /= 2;
	doubles->single /= 2;
}

bool
doubles_again(struct doubles *doubles, uint32_t pid, struct span text)
{
	uint64_t hash =
		hash_span((struct span){ text.at, text.len < COMPARED ? text.len : COMPARED }, pid);
	unsigned at = pid % DOUBLES_SLOTS;

	if (doubles->slot[at].waiting && doubles->slot[at].pid == pid) {
		if (doubles->slot[at].text == hash) {
			doubles->slot[at].waiting = false;
			learn(doubles, &doubles->doubled);
			return doubles->doubled >= doubles->single;
		}
		learn(doubles, &doubles->single);
	}
	doubles->slot[at].text = hash;
	doubles->slot[at].pid = pid;
	doubles->slot[at].waiting = true;
	return false;
}
