/*
 * What one role may send another: types, caps, and the small bodies.
 *
 *     type (1 byte)  length of the body (3 bytes, network order)  body
 *
 * Pure: bytes in memory, no sockets (channel.h moves them). Every receiver
 * treats its sender as taken over: a length over the cap of its type is bad
 * before its bytes arrive, a body is read with the cursor and must be spent at
 * the end, and every number, choice and text in it is checked. What an encoder
 * here writes, its decoder here accepts: what is too long is cut when written.
 */
#ifndef MONITOR_ROLE_MESSAGE_H
#define MONITOR_ROLE_MESSAGE_H

#include "dissector/dissector.h"
#include "monitor/capture/expression.h"
#include "monitor/capture/live.h"
#include "monitor/record.h"
#include "monitor/role/packer.h"
#include "monitor/role/sandbox.h"

enum message {
	/* keeper to reader */
	MESSAGE_CONFIG = 1, /* first; the CA file's descriptor comes with it, where there is one */
	MESSAGE_CAPTURE,    /* read this: a descriptor comes with it */
	MESSAGE_FINISH,     /* no more captures */
	/* reader to keeper */
	MESSAGE_LAYERS,   /* first: what the sandbox came to */
	MESSAGE_OPENED,   /* the file is a capture */
	MESSAGE_SOURCE,   /* what tells this capture from others */
	MESSAGE_MINUTE,   /* one minute of it */
	MESSAGE_SESSION,  /* session_message.h */
	MESSAGE_PROGRESS, /* how far it has come */
	MESSAGE_ENDED,    /* the capture is read, or as much of it as can be */
	MESSAGE_COUNTS,   /* last, behind the last session */
	MESSAGE_NOTICE,   /* words: why the reader cannot start */
	/* keeper to reader, in answer to MESSAGE_OPENED where the configuration has a filter */
	MESSAGE_FILTER, /* the packets to read, in the link type that was opened */
	MESSAGE_SKIP,   /* none: there is no such filter for that link type */
	/* reader to keeper, of a live capture */
	MESSAGE_ABSENT, /* words: why the interface cannot be captured now; it may come back */
	MESSAGE_TALLY,  /* what it came to so far, about once a second */
	/* keeper to reader, before the configuration of a live capture */
	MESSAGE_BLACKBOX, /* its descriptor comes with it: blackbox.h */
	/* reader to keeper, while it starts */
	MESSAGE_REMARK, /* words: what is to be known, and is no failure */
	/* keeper to checker: checker_message.h */
	MESSAGE_CHECKER, /* first; the CA file's descriptor comes with it */
	MESSAGE_LOOKUP,  /* look this domain up */
	/* checker to keeper, beside MESSAGE_LAYERS and MESSAGE_NOTICE */
	MESSAGE_LEARNT,  /* what was learnt of a domain that was to be looked up */
	MESSAGE_NOT_NOW, /* it was not looked up, and why */
	/* keeper to courier: courier_message.h */
	MESSAGE_SINK,     /* one sink's settings; first, one behind the other */
	MESSAGE_COURIER,  /* those were all */
	MESSAGE_DELIVERY, /* send this */
	/* courier to keeper, beside MESSAGE_LAYERS and MESSAGE_NOTICE */
	MESSAGE_DELIVERED, /* what became of it */
	MESSAGE_OUTWORN,   /* what it opened at its start is of no use any more */
	/* keeper to exporter, which answers with MESSAGE_LAYERS or MESSAGE_NOTICE */
	MESSAGE_EXPORTER, /* first: where to serve */
	MESSAGE_METRICS   /* the text to serve from now on, as it is */
};
#define MESSAGES (MESSAGE_METRICS + 1)

#define MESSAGE_HEADER    4
#define MESSAGE_MAX       ((size_t)1536 << 10)  /* the longest of all, header included */
#define MESSAGE_WORDS_MAX 512                   /* bytes of free text in a message */
#define METRICS_TEXT_MAX  ((size_t)1 << 20)     /* bytes of what an exporter is to serve */
#define SOURCE_STEP       8                     /* characters of a source that each packet adds */
#define SOURCE_TEXT_MAX   (9 * SOURCE_STEP + 1) /* a source in hexadecimal, NUL included */
#define LAYERS_MAX        16                    /* sandbox layers that fit a message */

/* Longest body of this type; 0 for a number that is no type. */
size_t message_cap(unsigned type);

/* Begin a message; what it returns is message_end's, which writes the length. */
size_t message_begin(struct packer *p, enum message type);
void message_end(struct packer *p, size_t begun);

/*
 * The message at the front of *in: *type and *body, borrowed, and *in moves
 * behind it. GOT_BAD: an unknown type, or a length over its cap.
 */
enum got message_take(struct bytes *in, enum message *type, struct bytes *body);

/* What the reader needs to know before it closes itself in. */
struct reader_config {
	uint64_t budget;               /* bytes, for the dissector */
	uint32_t snaplen;              /* bytes of each packet that are looked at */
	bool has_ca;                   /* a descriptor of the CA file comes along */
	bool has_filter;               /* MESSAGE_FILTER answers each MESSAGE_OPENED */
	char user[SANDBOX_USER_MAX];   /* to become; empty: the usual one */
	char interface[LIVE_NAME_MAX]; /* to capture from; empty: captures come as descriptors */
	uint32_t buffer;               /* bytes of its ring */
	uint16_t group;                /* of the readers that share it */
	uint8_t readers;               /* how many do, at least 1 */
	uint8_t gate;                  /* enum gate_choice */
	uint32_t gate_flows;           /* marks that it holds at most, at least 1 */
	uint8_t service[65536];        /* enum service of each server port */
};

/* How the bulk of a session is kept away from the parser. */
enum gate_choice { GATE_AUTO, GATE_EBPF, GATE_NONE };

struct capture_opened {
	uint32_t linktype;
};

struct capture_source {
	char text[SOURCE_TEXT_MAX]; /* lower-case hexadecimal, SOURCE_STEP times 1 to 9 */
};

/* How a capture ended. */
enum capture_end {
	CAPTURE_WHOLE,
	CAPTURE_TRUNCATED, /* it ends in the middle of a packet, or of its compressed form */
	CAPTURE_DAMAGED,   /* something in it cannot be read; what came before was */
	CAPTURE_FOREIGN    /* it is no capture */
};

struct capture_ended {
	enum capture_end end;
	uint64_t packets, bytes; /* read; bytes as on the wire */
	struct bytes why;        /* words of a library, raw; empty where whole */
};

struct capture_progress {
	uint64_t consumed; /* bytes of the file, as it lies on disk */
	uint64_t packets;
};

/* What a live capture came to since its reader was started. */
struct live_tally {
	uint64_t packets, bytes; /* read; bytes as on the wire */
	uint64_t dropped;        /* packets lost before they could be read */
	uint64_t by_interface;   /* of these, those that the interface or its driver lost */
	uint64_t withheld;       /* packets that the gate found to need no reading */
	uint64_t untold;         /* sessions that could not be told: the keeper was too slow */
	uint64_t flows;          /* connections under way */
	uint64_t evicted;        /* flows given up for room */
};

#define EXPORTER_ADDRESS_MAX 108 /* bytes, NUL included: what a Unix socket's path may have */

/* What the exporter needs to know before it closes itself in. */
struct exporter_config {
	char address[EXPORTER_ADDRESS_MAX]; /* monitor/metrics/endpoint.h */
	char user[SANDBOX_USER_MAX];        /* to become; empty: the usual one */
};

/* How the layers of the sandbox came out. */
struct layer_states {
	size_t count;
	struct layer_state {
		uint8_t layer;  /* enum layer of sandbox.h; its user checks it */
		uint16_t error; /* errno that kept it away; 0: in force */
	} state[LAYERS_MAX];
};

/* Each appends one whole message. */
void message_put_empty(struct packer *p, enum message type);
void message_put_config(struct packer *p, const struct reader_config *c);
void message_put_layers(struct packer *p, const struct layer_states *l);
void message_put_opened(struct packer *p, const struct capture_opened *o);
void message_put_source(struct packer *p, const struct capture_source *s);
void message_put_minute(struct packer *p, const struct capture_minute *m);
void message_put_progress(struct packer *p, const struct capture_progress *c);
void message_put_ended(struct packer *p, const struct capture_ended *e);
void message_put_counts(struct packer *p, const struct dissector_counts *c);
/* type is MESSAGE_NOTICE, MESSAGE_ABSENT or MESSAGE_REMARK. */
void message_put_words(struct packer *p, enum message type, struct bytes words);
void message_put_tally(struct packer *p, const struct live_tally *t);
void message_put_filter(struct packer *p, const struct expression *e);
void message_put_exporter(struct packer *p, const struct exporter_config *c);
/* A text of at most METRICS_TEXT_MAX. */
void message_put_metrics(struct packer *p, struct bytes text);

/* Each reads one whole body; false where it is bad, and *out is then of no use. Views are borrowed.
 */
bool message_get_config(struct bytes body, struct reader_config *out);
bool message_get_layers(struct bytes body, struct layer_states *out);
bool message_get_opened(struct bytes body, struct capture_opened *out);
bool message_get_source(struct bytes body, struct capture_source *out);
bool message_get_minute(struct bytes body, struct capture_minute *out);
bool message_get_progress(struct bytes body, struct capture_progress *out);
bool message_get_ended(struct bytes body, struct capture_ended *out);
bool message_get_counts(struct bytes body, struct dissector_counts *out);
bool message_get_filter(struct bytes body, struct expression *out); /* a safe one */
bool message_get_tally(struct bytes body, struct live_tally *out);
bool message_get_exporter(struct bytes body, struct exporter_config *out);

#endif
