/*
 * The judge: frames and calls in, verdicts out. It sees every frame at every port of a world, keeps
 * those that a line must speak for, and compares them with what lines expect (expect.c). It never
 * sees the script's text, and never asks the judged what is right: whose address is whose it has
 * from the script, by way of who plays it, and from what it saw on the wire (address.c).
 */
#ifndef SIM_JUDGE_JUDGE_H
#define SIM_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/place.h"
#include "sim/judge/flow.h"
#include "sim/judge/verdict.h"
#include "sim/packet/packet.h"
#include "sim/wire/link.h"
#include "sim/world/names.h"

enum station {
    STATION_UNDER_TEST, /* a frame of its own needs a line */
    STATION_PEER,       /* its frames may be observed */
    STATION_SCRIPT,     /* sends what `<` lines say */
};

struct judge_link;
struct expectation;

enum { JUDGE_PORTS = 256 };

/* Numbers, hashed: all but 0. */
struct hash_set {
    uint64_t *key;
    uint32_t keys, room; /* a power of two */
};

/* Options that a DHCP client says in every message. */
enum { DHCP_KEPT = 4 };
struct kept_option {
    bool there;
    uint8_t len, value[255];
};

/* A host's port on a link. */
struct judge_port {
    const char *name; /* "eth0", "srv" */
    struct judge_link *link;
    int number; /* the link's for it */
    enum station station;
    const struct host *host; /* whose it is: never looked into */
    uint8_t mac[6];
    bool has_ipv4; /* the address by which a line names it */
    bool leased;   /* and a server granted it */
    bool asks;     /* a server for it: by a REQUEST that is not answered yet */
    uint32_t ipv4;
    int64_t asked_xid, asked_server; /* 0: any */
    struct seen_queue *watched;      /* a peer's frames that lines may observe; NULL: none does */
    int prefix;                      /* of its net, for broadcasts; 0: not known */
    struct kept_option *dhcp_option; /* DHCP_KEPT of its first message; NULL: none went out */
};

/* A frame that no line has spoken for yet. */
struct seen {
    struct frame *frame;
    struct frame *answered; /* the last one that had come the other way; NULL: none */
    struct judge_port *from;
    int64_t time_ns;
    uint32_t record;       /* its place in the capture of the link */
    uint64_t number;       /* frames are numbered as they came */
    uint32_t sent;         /* of the frames of hosts under test, from 1; 0: a peer's */
    struct breach *breach; /* of the baseline */
    uint32_t breaches;
    struct flow_base base; /* whose segment it is */
    const char *custom;    /* why it needs no line, where none expects it; NULL: it needs one */
    struct seen *next;
};

/* The oldest first. */
struct seen_queue {
    struct seen *first, *last;
};

/* Frames of a kind that needs no line. */
struct judge_ignore {
    const struct packet_spec *packet;
    const struct judge_port *at; /* NULL: any port of the host under test */
    struct place place;
    int64_t until_ns; /* -1: to the end */
    uint32_t applied;
};

/* What lines refer to and frames are told with; filled by who plays. */
struct judge_names {
    void *self;
    bool (*lookup)(void *self, const char *name, struct value *out);
    void (*bind)(void *self, const char *name, const struct value *value);
    bool (*host)(void *self, const char *name, struct packet_addresses *out);
};

struct judge {
    struct world *world;
    struct names notes; /* what frames are noted with, each text once */
    struct verdict *verdict;
    const struct layer_set *layers;
    struct judge_names names;
    struct owner *player; /* woken at the instant of a frame that needs a line */
    struct judge_link *link;
    uint32_t links;
    struct seen_queue ours; /* frames of the hosts under test that no line has spoken for */
    struct judge_ignore *ignore;
    uint32_t ignores;
    bool disturbed; /* links do what no line shows: see baseline_looks_back */
    bool unlined;   /* no frame needs a line: the baseline alone holds, but for what */
    const struct packet_spec **excuse; /* these lines state of frames of their kind */
    uint32_t excuses, excuse_room;
    bool conventions; /* what breaks a convention fails, too */
    /* TCP's connections */
    struct flows flows;
    bool script_space;    /* a SYN's numbers are as the script writes them: packetdrill's way */
    bool stamps_are_free; /* the host's timestamps are not judged */
    bool relaxed;         /* lines forgive what no standard fixes */
    bool any_size;        /* segments that together are one line's may be of any size */
    /* for the rules of the baseline */
    struct memory *memory;
    uint32_t *own; /* addresses of the host under test */
    uint32_t owned, own_room;
    struct hash_set said;              /* addresses that hosts have and calls named */
    uint32_t ttl;                      /* the default */
    uint64_t said_ttl[4], said_tos[4]; /* a bit for each value that the script's calls set */
    int64_t arp_interval_ns;           /* between requests for one address */
    bool said_df;                      /* some call or knob asked for DF */
    bool no_discovery;                 /* a knob has path MTUs of TCP not discovered */
    bool too_long;                     /* a router has said so: DF may be given up */
    uint32_t rcvbuf;                   /* that a knob gives connections; 0: nobody knows */
    bool said_broadcast;               /* DHCP asks for broadcast answers */
    bool calls_heard;                  /* the script's calls are told */
    uint32_t said_pattern;             /* octets of the pattern that a call asked for, at most */
    uint32_t sockets;                  /* made so far */
    bool ports_open;                   /* services of the stack open sockets of their own */
    uint16_t port[JUDGE_PORTS];        /* from which datagrams came */
    uint32_t ports;
    uint64_t frames;
    uint32_t sent; /* frames of hosts under test */
    /* A line took the frame; of names.self */
    void (*mark)(void *self, const struct seen *s, const struct expectation *line);
};

void judge_init(struct judge *j, struct world *w, uint32_t links);
struct judge_port *judge_add_port(struct judge *j, uint32_t link, const struct judge_port *port);
struct judge_port *judge_port_of(const struct judge *j, uint32_t link, int number);
uint32_t judge_link_of(const struct judge *j, const struct judge_port *p);
/* Some line observes the peer's frames: those that leave by `p` are kept for it, in one queue with
 * those by `first`, the first port of the same peer. */
void judge_watch(struct judge *j, struct judge_port *p, struct judge_port *first);

/* A frame enters a link; `record` is its place in the link's capture. */
void judge_frame(struct judge *j, uint32_t link, int number, struct frame *f, enum link_event event,
                 uint32_t record, int64_t now_ns);
/* The last frame that the host under test sent on the link, which a `<` line there answers; NULL:
 * none. */
const struct frame *judge_last_out(const struct judge *j, uint32_t link);

/* The connection whose segment came or left last on the link; NULL: none. */
struct flow *judge_flow(const struct judge *j, uint32_t link);
/* A line refers to variables and hosts; addresses of the ends are the caller's to add. */
void judge_context(const struct judge *j, struct packet_context *c);
/* What the port is known to be. */
void judge_addresses(const struct judge_port *p, struct packet_addresses *out);
/* The script gave it an address, or took it away. */
void judge_given(struct judge *j, struct judge_port *p, uint32_t ipv4, int prefix);
void judge_taken(struct judge *j, struct judge_port *p, uint32_t ipv4);
/* Someone on the link has that hardware address: the script says so. */
void judge_heard_mac(struct judge *j, uint32_t link, const uint8_t mac[6]);
/* The script names an address to which something may go. */
void judge_said_ipv4(struct judge *j, uint32_t ipv4);
/* A call handed octets over for sending: they stay where they are. */
void judge_said_octets(struct judge *j, const uint8_t *octets, uint32_t len);
/* A call asked for a name; a copy is kept. */
void judge_said_name(struct judge *j, const char *name);
/* Datagrams may leave with that TTL, that TOS: a call of the script asked for it. */
void judge_said_ttl(struct judge *j, uint8_t ttl);
void judge_said_tos(struct judge *j, uint8_t tos);

/* --- lines --- */

/* One line that expects a frame. */
struct expectation {
    const struct packet_spec *packet;
    const struct judge_port *at; /* by which it must leave */
    struct place place;
    int64_t from_ns, to_ns;
    bool optional; /* no frame need come: one that is another's ends the wait */
    bool joins;    /* its payload may come in several segments */
    uint32_t joined,
        joined_unit; /* octets of its payload that came, and in segments of which size */
    bool any_time;   /* to_ns is how long anybody waits: when nothing is due any more, none comes */
};

/* Lines that are played together: one, or those of an all { }, in any order. */
struct expect_block {
    struct expectation *line;
    uint32_t lines;
    /* the judge's */
    struct expect_frame *frame; /* those that a line may have taken */
    uint32_t frames, room;
    int32_t *frame_of;   /* of each line; -1: none yet */
    int32_t *reached_by; /* in a search: the frame that could take the line */
    uint32_t *fit;       /* the lines that the newest frame fits */
    int64_t last_ns;     /* when the last of its frames came */
};

enum judged { JUDGED_WAITS, JUDGED_DONE, JUDGED_FAILED, JUDGED_ABSENT };

/* ABSENT: its only line is optional, and none came for it; the block is gone. */
struct expect_block *judge_block(struct judge *j, uint32_t lines);
/* Gives the frames that came to the block's lines. WAITS: look again at *at_ns, or sooner when a
 * frame comes. DONE: every line has its frame, the last came at *at_ns, variables are bound and the
 * block is gone. */
enum judged judge_expect(struct judge *j, struct expect_block *b, int64_t now_ns, int64_t *at_ns);
/* Which of the block's lines the next frame fits, the first that does; it stays where it is, and
 * the block is gone. */
enum judged judge_choose(struct judge *j, struct expect_block *b, int64_t now_ns, int64_t *at_ns,
                         uint32_t *which);
/* Fails when a frame of the host under test came before time_ns and no line took it; true then. */
bool judge_unexpected(struct judge *j, const struct place *place, int64_t time_ns);
/* Ignores that never applied fail. */
void judge_finish(struct judge *j);

#endif
