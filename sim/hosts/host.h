/*
 * A host is anything on a link: a scripted peer, a router, libslirp, and the host under test, which
 * is one implementation among others. It has a port on each link that it stands on, a state in the
 * arena, and two callbacks: a frame came, a deadline passed.
 *
 * To write a new kind see docs/peer-host.md: one .c file with a `const struct host_kind`, one line
 * in kinds.c.
 */
#ifndef SIM_HOSTS_HOST_H
#define SIM_HOSTS_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/attribute.h"
#include "sim/base/why.h"
#include "sim/packet/packet.h"
#include "sim/wire/link.h"
#include "sim/world/world.h"

struct host;

enum host_flag {
    HOST_FOREIGN = 1, /* keeps state outside the arena: its world cannot be saved */
    HOST_RAW = 2,     /* only the script moves it: `<` lines enter the link by its port */
    HOST_UNDER_TEST = 4,
    HOST_STACK = 8, /* a struct sut moves it: it makes calls, with descriptors of its own */
};

/* An attribute that a kind knows. Attributes of a port (mac, ip, on) are common to all kinds and
 * not listed. */
struct attr_spec {
    const char *name;
    enum value_kind kind; /* what its value must be; VALUE_NONE: a flag; VALUE_LIST: one value or a
                             list, of any kind; VALUE_ANY: any kind */
    const char *help;
};

/* A host's attributes with their variables resolved; kept for the life of the case. */
struct attrs {
    const struct attribute *attribute;
    uint32_t count;
    const struct attribute **blamed; /* where init may say which one is wrong; NULL: nowhere */
};

struct host_kind {
    const char *name; /* "dhcp-server", as scripts say */
    const char *help;
    size_t state_size; /* zeroed, from the arena */
    unsigned flags;
    const struct attr_spec *attrs; /* ends with a NULL name; NULL: none */
    /* Ports and addresses are set. 0, or -1 with a sentence. Runs before time 0. */
    int (*init)(struct host *h, const struct attrs *a, struct why *why);
    void (*frame)(struct host *h, int port, struct frame *f, int64_t now_ns);
    void (*due)(struct host *h, int64_t now_ns);                        /* may be NULL */
    void (*carrier)(struct host *h, int port, bool up, int64_t now_ns); /* may be NULL */
    /* For assertions, state("srv", "leases"): 0, or -1 when it does not know `what`. May be NULL.
     */
    int (*query)(struct host *h, const char *what, struct value *out);
    /* A script's call on this host, `@srv forget("10.0.2.15")`: -1 with a sentence when it does not
     * know it. May be NULL. */
    int (*call)(struct host *h, const char *name, const struct value *argument, uint32_t arguments,
                struct why *why);
    void (*stop)(struct host *h); /* may be NULL */
    /* Of foreign code, whose frames may change with it: a golden made with another version is not
     * compared. May be NULL; NULL: it is not foreign. */
    const char *(*version)(const struct host *h);
};

struct host_port {
    struct link *link;
    int number; /* the link's number for it */
    uint8_t mac[6];
    bool has_ipv4;
    uint32_t ipv4; /* host order */
    int prefix;
    uint16_t mtu;
    struct host *host;
    const char *name; /* the interface under test's name; else the host's */
};

struct host {
    struct owner owner; /* first: an owner is its host */
    struct world *world;
    const struct host_kind *kind;
    const char *name;
    uint32_t index; /* in the order of the script */
    struct host_port *port;
    uint32_t ports, port_room;
    struct random_stream random;
    void *state;
};

/* Kinds by name; the registry is kinds.c. */
extern const struct host_kind *const host_kinds[];
const struct host_kind *host_kind_by_name(const char *name);
/* The Debian package without which this build lacks the kind; NULL when there is no such kind at
 * all. */
const char *host_kind_package(const char *name);

/* One more port, empty; those before it may move. For who builds the host. */
struct host_port *host_add_port(struct host *h);

/* --- for kinds --- */
/* A frame to fill and send: one reference, which host_send takes. */
struct frame *host_frame(struct host *h, uint32_t len);
void host_send(struct host *h, int port, struct frame *f);
/* Sets the host's one deadline; NEVER takes it back. */
void host_due(struct host *h, int64_t due_ns);
int64_t host_now(const struct host *h);
uint64_t host_random(struct host *h);
void *host_alloc(struct host *h, size_t size);

/* What a kind's query knows of numbers; a NULL name ends it. */
struct host_number {
    const char *name;
    int64_t number;
};
/* The query's answer: 0, or -1 when none of them is `what`. */
int host_answer(const struct host_number *known, const char *what, struct value *out);

/* Attributes: the kth of that name, or NULL. */
const struct attribute *attr_find(const struct attrs *a, const char *name, uint32_t k);
bool attr_flag(const struct attrs *a, const char *name);
int64_t attr_number(const struct attrs *a, const char *name,
                    int64_t otherwise); /* numbers, times (ns), IPv4 addresses */
const char *attr_text(const struct attrs *a, const char *name, const char *otherwise);

/* --- attributes that are checked: 0, or -1 with a sentence and the attribute to blame --- */
/* -1: what init returns, when a sentence is in `why` and it is about this attribute. */
int attr_blame(const struct attrs *a, const struct attribute *which);
__attribute__((format(printf, 4, 5))) int attr_refuse(const struct attrs *a,
                                                      const struct attribute *which,
                                                      struct why *why, const char *format, ...);
/* A number from `least` to `most`; *out stays as it is without the attribute. */
int attr_range(const struct attrs *a, const char *name, int64_t least, int64_t most, int64_t *out,
               struct why *why);
/* A time that is not negative, in ns; a bare number is in seconds. */
int attr_duration(const struct attrs *a, const char *name, int64_t *out, struct why *why);
/* IPv4 addresses, each of one host, at most `room` in all attributes of the name. */
int attr_addresses(const struct attrs *a, const char *name, uint32_t *out, uint32_t room,
                   uint32_t *count, struct why *why);
/* An address that one host can have: not 0.0.0.0/8, 127.0.0.0/8, a group or a broadcast. */
bool address_of_one(uint32_t address);
/* The same in its network: not its number, nor its broadcast address (RFC 1122 3.2.1.3). */
bool address_of_one_in(uint32_t address, int prefix);

#endif
