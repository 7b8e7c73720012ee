/*
 * Local parts that this site gave to its own mail, so that an answer to it can be told from one to
 * forged mail: what they look like, since the keys are the mail filter's. A stranger may write such
 * an address, but seldom has a reason to: forged senders are addresses that were found somewhere.
 *
 *   BATV   prvs=KDDDSSSSSS=user, older prvs=user/KDDDSSSSSS (draft-levine-smtp-batv-01, section
 *          3.1: one digit of the key, three of the day, six hexadecimal), Barracuda's
 * btv1==..==user SRS    SRS0=HHH=TT=domain=user, SRS1=HHH=domain==... with `=`, `+` or `-` behind
 * the digit
 */
#ifndef CORE_PARSE_TAG_H
#define CORE_PARSE_TAG_H

#include "daemon/base/span.h"

/* Does this address, in any case of letters, carry a tag? */
bool parse_tag(struct span address);

#endif
