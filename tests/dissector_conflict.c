/*
 * Two versions of the same bytes, through the front door: which are told, and what of
 * them is kept.
 */
#include "tests/dialogue_build.h"

static void
the_same_bytes_twice_are_no_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "220 mx.example.net ESMTP\r\n");
	feed(&p);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	p.payload.len = 9;
	feed(&p);
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_true(told[0].s.complete);
}

static void
other_bytes_in_the_same_range_are_a_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p, forged;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "250-mx\r\n250 STARTTLS\r\n");
	forged = p;
	forged.payload = BYTES("250-mx\r\n250 XXXXXXXX\r\n");
	forged.ttl = 99;
	forged.ip_id = 7;
	feed(&forged);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflict_count, 1);
	assert_int_equal(told[0].s.conflicts[0].from, SIDE_SERVER);
	assert_int_equal(told[0].s.conflicts[0].place, PLACE_EHLO);
	assert_int_equal(told[0].s.conflicts[0].first.ttl, 99);
	assert_int_equal(told[0].s.conflicts[0].first.ip_id, 7);
	assert_int_equal(told[0].s.conflicts[0].second.ttl, 57);
	assert_string_equal(told[0].first, "250-mx\r\n250 XXXXXXXX\r\n");
	assert_string_equal(told[0].second, "250-mx\r\n250 STARTTLS\r\n");
	/* The first version counts, as for a receiver. */
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
}

static void
a_keep_alive_byte_is_no_conflict(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet p;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, "Z");
	p.seq--;
	feed(&p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_true(told[0].s.complete);
}

/* Two versions of the greeting, first one then the other; the client acknowledges len bytes. */
static enum acted
acted_on(const char *first, const char *second, size_t len)
{
	struct dialogue g = dialogue(40000);
	struct packet a, b;

	connect_ends(&g);
	a = packet_of(&g, SIDE_SERVER, TCP_ACK, first);
	b = a;
	b.payload = bytes_text(second);
	feed(&a);
	feed(&b);
	g.seq[SIDE_SERVER] += (uint32_t)len;
	client(&g, "QUIT\r\n");
	dissector_finish(dissector);
	assert_int_equal(told[told_count - 1].s.conflict_count, 1);
	assert_int_equal(told[told_count - 1].s.conflicts[0].place, PLACE_GREETING);
	return told[told_count - 1].s.conflicts[0].acted;
}

static void
an_end_that_stops_behind_the_shorter_version_acted_on_it(void **state)
{
	const char *shorter = "220 mx ESMTP or so\r\n";
	const char *longer = "220 mx.example.net ESMTP, really\r\n";

	(void)state;
	assert_int_equal(acted_on(shorter, longer, strlen(shorter)), ACTED_FIRST);
	assert_int_equal(acted_on(longer, shorter, strlen(shorter)), ACTED_SECOND);
	/* The front of the one and the end of the other give the same number. */
	assert_int_equal(acted_on(shorter, longer, strlen(longer)), ACTED_UNKNOWN);
	assert_int_equal(acted_on(longer, shorter, strlen(longer)), ACTED_UNKNOWN);
}

static void
a_version_acknowledged_before_the_other_came_was_acted_on(void **state)
{
	struct dialogue g = dialogue(40000);
	struct packet a, b;

	(void)state;
	connect_ends(&g);
	a = packet_of(&g, SIDE_SERVER, TCP_ACK, "220 mx one\r\n");
	b = a;
	b.payload = BYTES("220 mx two\r\n");
	feed(&a);
	count_sent(&g, SIDE_SERVER, &a);
	say(&g, SIDE_CLIENT, TCP_ACK, NULL);
	feed(&b);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(told[0].s.conflicts[0].acted, ACTED_FIRST);
}

static void
a_corrupt_segment_is_dropped_where_checksums_are_right(void **state)
{
	struct dialogue g = dialogue(40000);
	static struct wire w;
	struct packet p;
	struct captured in;

	(void)state;
	connect_ends(&g);
	server(&g, "220 mx.example.net ESMTP\r\n");
	client(&g, "EHLO out.example.org\r\n");
	p = packet_of(&g, SIDE_SERVER, TCP_ACK, REPLY);
	wire_make(&p, &w);
	w.bytes[w.len - 5] ^= 1;
	in = (struct captured){p.time, LINKTYPE_RAW, (uint32_t)w.len, {w.bytes, w.len}};
	dissector_feed(dissector, &in);
	feed(&p);
	count_sent(&g, SIDE_SERVER, &p);
	client(&g, "QUIT\r\n");
	close_ends(&g);
	assert_int_equal(dissector_counts(dissector).checksum_wrong, 1);
	assert_int_equal(told[0].s.conflicts_total, 0);
	assert_int_equal(told[0].s.smtp.offered, FACT_NO);
}

#define GREETED "S220 mx.example.net ESMTP\r\n", "CEHLO out.example.org\r\n"
#define OFFERED GREETED, "S250-mx\r\n250 HELP\r\n"
#define MAILED  OFFERED, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n"

/* Two versions of the same bytes, the second without the first `skip` bytes. */
static const struct {
	const char *name;
	const char *before[10]; /* side, text */
	enum side from;
	size_t skip;
	const char *first, *second;
	const char *shown_first, *shown_second;
} versions[] = {
    {"greeting",
     {NULL},
     SIDE_SERVER,
     0,
     "220 mx.a.example ESMTP\r\n",
     "220 mx.b.example ESMTP\r\n",
     "220 mx.a.example ESMTP\r\n",
     "220 mx.b.example ESMTP\r\n"},
    {"keyword alone",
     {GREETED},
     SIDE_SERVER,
     12,
     "250-mx\r\n250 STARTTLS\r\n",
     "XXXXXXXX\r\n",
     "STARTTLS\r\n",
     "XXXXXXXX\r\n"},
    {"keyword of another's making",
     {GREETED},
     SIDE_SERVER,
     0,
     "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 AUXTTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
     "250-mx\r\n250-SIZE 1000\r\n250 AUXTTTLS\r\n"},
    {"inside a keyword",
     {GREETED},
     SIDE_SERVER,
     13,
     "250-mx\r\n250 STARTTLS\r\n",
     "IZE 100\r\n",
     "TARTTLS\r\n",
     "IZE 100\r\n"},
    {"STARTTLS refused or not",
     {OFFERED, "CSTARTTLS\r\n"},
     SIDE_SERVER,
     0,
     "454 TLS not available\r\n",
     "220 2.0.0 Ready for TLS\r\n",
     "454 TLS not available\r\n",
     "220 x.x.x Ready for TLS"},
    {"STARTTLS masked",
     {OFFERED},
     SIDE_CLIENT,
     0,
     "STARTTLS\r\n",
     "XXXXXXXX\r\n",
     "STARTTLS\r\n",
     "XXXXXXXX\r\n"},
    {"EHLO",
     {"S220 mx ESMTP\r\n"},
     SIDE_CLIENT,
     0,
     "EHLO out.a.example\r\n",
     "EHLO out.b.example\r\n",
     "EHLO out.a.example\r\n",
     "EHLO out.b.example\r\n"},
    {"reply that names somebody",
     {MAILED, "CRCPT TO:<x@b.example>\r\n"},
     SIDE_SERVER,
     0,
     "550 5.1.1 secret unknown\r\n",
     "550 5.1.1 sesame unknown\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"reply behind EHLO's in one segment",
     {GREETED},
     SIDE_SERVER,
     17,
     "250-mx\r\n250 HELP\r\n250 2.1.5 secret\r\n",
     "\n250 2.1.5 sesame\r\n",
     "\n250 2.1.5 xxxxxx\r\n",
     "\n250 2.1.5 xxxxxx\r\n"},
    {"inside a local part",
     {MAILED, "CRCPT TO:<\""},
     SIDE_CLIENT,
     0,
     "secret is here\"@b.example>\r\n",
     "sesame is here\"@b.example>\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"chunk behind its BDAT",
     {MAILED},
     SIDE_CLIENT,
     0,
     "BDAT 22 LAST\r\nQUIT secret\r\nsecret\r\n",
     "BDAT 22 LAST\r\nQUIT sesame\r\nsesame\r\n",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"chunk behind STARTTLS and BDAT",
     {OFFERED},
     SIDE_CLIENT,
     0,
     "STARTTLS\r\nBDAT 16\r\nsecret\r\nsecret\r\n",
     "XXXXXXXX\r\nBDAT 16\r\nsesame\r\nsesame\r\n",
     "STARTTLS\r\nBDAT xx\r\nxxxxxx\r\nxxxxxx\r\n",
     "XXXXXXXX\r\nxxxxxxx\r\nxxxxxx\r\nxxxxxx\r\n"},
    {"local part whose address is none in the other version",
     {OFFERED, "CSTARTTLS\r\n"},
     SIDE_SERVER,
     0,
     "454 not for secret@b.example\r\n",
     "454 not for secretAb.example\r\n",
     "454 not for xxxxxx@b.example\r\n",
     "454 not for xxxxxxAb.example\r\n"},
    {"secret without its AUTH",
     {OFFERED, "CAUTH PLAIN "},
     SIDE_CLIENT,
     0,
     "secret\r\n",
     "sesame\r\n",
     "xxxxxxxx",
     "xxxxxxxx"},
    {"message text",
     {MAILED, "CDATA\r\n", "S354 go\r\n"},
     SIDE_CLIENT,
     0,
     "EHLO secret\r\n.\r\n",
     "EHLO sesame\r\n.\r\n",
     "",
     ""},
};

static void
versions_show_no_secret_and_no_more_than_can_be_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct dialogue g = dialogue((uint16_t)(41000 + i));
		const struct told *t = &told[i];
		struct packet p;

		connect_ends(&g);
		for (size_t k = 0; k < 10 && versions[i].before[k]; k++)
			say(&g, versions[i].before[k][0] == 'C' ? SIDE_CLIENT : SIDE_SERVER,
			    TCP_ACK | TCP_PSH, versions[i].before[k] + 1);
		p = packet_of(&g, versions[i].from, TCP_ACK, versions[i].second);
		p.seq += (uint32_t)versions[i].skip;
		say(&g, versions[i].from, TCP_ACK | TCP_PSH, versions[i].first);
		feed(&p);
		close_ends(&g);
		dissector_finish(dissector);
		assert_int_equal(told_count, i + 1);
		assert_not_shown(t, versions[i].name, "secret");
		assert_not_shown(t, versions[i].name, "sesame");
		if (strcmp(t->first, versions[i].shown_first) != 0 ||
		    strncmp(t->second, versions[i].shown_second,
			    strlen(versions[i].shown_second)) != 0)
			fail_msg("%s: shown \"%s\" and \"%s\"", versions[i].name, t->first,
				 t->second);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_same_bytes_twice_are_no_conflict),
	    CASE(other_bytes_in_the_same_range_are_a_conflict),
	    CASE(a_keep_alive_byte_is_no_conflict),
	    CASE(an_end_that_stops_behind_the_shorter_version_acted_on_it),
	    CASE(a_version_acknowledged_before_the_other_came_was_acted_on),
	    CASE(a_corrupt_segment_is_dropped_where_checksums_are_right),
	    CASE(versions_show_no_secret_and_no_more_than_can_be_judged),
	};

	return cmocka_run_group_tests_name("conflict", tests, NULL, NULL);
}
