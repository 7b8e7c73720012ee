/*
 * How much a domain's past weighs, in all that the detector learns of it.
 */
#ifndef CORE_LEARN_H
#define CORE_LEARN_H

#define LEARN_LEAN 1800.0 /* seconds seen that weigh as much as what was believed before */
#define LEARN_OLD 86400.0 /* seconds seen after which they are trusted */
#define LEARN_REMEMBER (28 * 86400.0) /* seconds; time constant */

#endif
