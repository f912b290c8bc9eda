/*
 * The word that somebody meant who typed another.
 *
 * Pure: compares text, owns nothing.
 */
#ifndef MONITOR_NEAREST_H
#define MONITOR_NEAREST_H

#include <stddef.h>

/*
 * The word of a list that is nearest to what was typed, for "did you mean";
 * NULL where none is near. words yields the i-th word, NULL at the end.
 */
const char *nearest_word(const char *typed, const char *(*words)(size_t i));

#endif
