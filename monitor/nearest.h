/*
 * The word that somebody meant who typed another.
 *
 * Pure: compares text, owns nothing.
 */
#ifndef MONITOR_NEAREST_H
#define MONITOR_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The word of a list that is nearest to what was typed, for "did you mean";
 * NULL where none is near. words yields the i-th word, NULL at the end.
 */
const char *nearest_word(const char *typed, const char *(*words)(size_t i));

/*
 * Whether word is near, and nearer than all that came before it; *least is 0
 * before the first, and what it comes to is the callee's.
 */
bool nearest_is_nearer(const char *typed, const char *word, size_t *least);

#endif
