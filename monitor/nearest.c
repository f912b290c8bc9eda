/* Words that are nearly others, by Levenshtein's distance; see nearest.h. */
#include "monitor/nearest.h"

#include <string.h>

#define WORD_MAX 32 /* longer words are near to none */

/* How many letters must be put in, left out or changed; both at most WORD_MAX long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	const size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			const size_t above = row[j + 1];
			size_t least = diagonal + (a[i] != b[j]);

			if (above + 1 < least)
				least = above + 1;
			if (row[j] + 1 < least)
				least = row[j] + 1;
			diagonal = above;
			row[j + 1] = least;
		}
	}
	return row[width];
}

bool
nearest_is_nearer(const char *typed, const char *word, size_t *least)
{
	size_t d;

	if (*least == 0)
		*least = strlen(typed) / 3 + 2;
	if (strlen(typed) > WORD_MAX || strlen(word) > WORD_MAX)
		return false;
	d = distance(typed, word);
	if (d >= *least)
		return false;
	*least = d;
	return true;
}

const char *
nearest_word(const char *typed, const char *(*words)(size_t i))
{
	const char *nearest = NULL, *word;
	size_t least = 0;

	for (size_t i = 0; (word = words(i)) != NULL; i++)
		if (nearest_is_nearer(typed, word, &least))
			nearest = word;
	return nearest;
}
