/*
 * What has been decided in a conversation so far, as one number: where it
 * changes there is something to tell before the end.
 */
#ifndef DISSECTOR_NEWS_H
#define DISSECTOR_NEWS_H

#include "dissector/conversation.h"

/* Equal as long as nothing was decided that a finding could rest on. */
uint64_t news_of(const struct conversation *c);

#endif
