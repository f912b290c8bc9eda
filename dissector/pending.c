/* The commands that wait for their replies; see pending.h. */
#include "dissector/pending.h"

#define KIND_SHIFT 12

static uint16_t
run_make(enum await kind, uint16_t n)
{
	return (uint16_t)((unsigned int)kind << KIND_SHIFT | n);
}

static enum await
run_kind(uint16_t run)
{
	return (enum await)(run >> KIND_SHIFT);
}

static uint16_t
run_length(uint16_t run)
{
	return run & PENDING_RUN_MAX;
}

bool
pending_push(struct pending *p, enum await kind)
{
	uint16_t *last = &p->runs[(p->first + p->count + PENDING_RUNS_MAX - 1) % PENDING_RUNS_MAX];

	if (p->count > 0 && run_kind(*last) == kind && run_length(*last) < PENDING_RUN_MAX) {
		++*last;
		return true;
	}
	if (p->count == PENDING_RUNS_MAX)
		return false;
	p->runs[(p->first + p->count) % PENDING_RUNS_MAX] = run_make(kind, 1);
	p->count++;
	return true;
}

bool
pending_put_front(struct pending *p, enum await kind, uint16_t n)
{
	if (n == 0)
		return true;
	if (p->count == PENDING_RUNS_MAX || n > PENDING_RUN_MAX)
		return false;
	p->first = (uint8_t)((p->first + PENDING_RUNS_MAX - 1) % PENDING_RUNS_MAX);
	p->runs[p->first] = run_make(kind, n);
	p->count++;
	return true;
}

enum await
pending_head(const struct pending *p)
{
	return p->count > 0 ? run_kind(p->runs[p->first]) : AWAIT_NOTHING;
}

bool
pending_has(const struct pending *p, enum await kind)
{
	for (unsigned int i = 0; i < p->count; i++)
		if (run_kind(p->runs[(p->first + i) % PENDING_RUNS_MAX]) == kind)
			return true;
	return false;
}

void
pending_pop(struct pending *p)
{
	if (p->count == 0)
		return;
	if (run_length(p->runs[p->first]) > 1)
		p->runs[p->first]--;
	else
		pending_pop_run(p);
}

void
pending_pop_run(struct pending *p)
{
	if (p->count == 0)
		return;
	p->first = (uint8_t)((p->first + 1) % PENDING_RUNS_MAX);
	p->count--;
}

void
pending_clear(struct pending *p)
{
	p->first = p->count = 0;
}
