/*
 * What a peer can be told to do wrong: a table of lies a kind, each an attribute and a call of the
 * same name.
 *
 *     host dhcp-server srv ... wrong-xid 1            the next reply has another xid
 *     host dhcp-server srv ... no-server-id "offer"   every OFFER lacks option 54
 *     @srv silent(2, "request")                       the next two REQUESTs are not answered
 *     @srv silent(0)                                  from now on all are
 *
 * Nothing behind the name: always. A number: so often. A string or name: only messages of that
 * kind. A lie with an argument of its own (an address, a time, a number) takes it first: `delay 2s
 * 1 "offer"`.
 */
#ifndef SIM_HOSTS_PEER_LIES_H
#define SIM_HOSTS_PEER_LIES_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/hosts/host.h"

struct peer_lie {
    int64_t left;         /* how often still; -1: always; 0: not */
    uint32_t only;        /* bit k: messages of kind k; 0: any */
    bool given;           /* has an argument */
    int64_t number;       /* the argument: number, address, ns */
    const uint8_t *bytes; /* or a string */
    uint32_t len;
};

struct peer_lie_spec {
    const char *name;
    /* Spoils a reply, whose type the kind knows; NULL: the kind asks for it where it matters. */
    void (*spoil)(void *reply, const struct peer_lie *lie);
    enum value_kind
        argument; /* VALUE_NONE: takes none. VALUE_NUMBER, VALUE_TIME, VALUE_IPV4, VALUE_BYTES */
    int64_t most; /* of the argument, which is 0 or more; 0: it may be any */
};

/* For the tables of lies, X(NAME, "name", argument, spoil, "help"): an argument is a kind of value,
 * or one of these. */
#define PEER_LIE_NUMBER(most)  VALUE_NUMBER, (most)
#define PEER_LIE_TIME(seconds) VALUE_TIME, (seconds)*INT64_C(1000000000)
#define PEER_LIE_SPEC(n, s, ...)                                                                   \
    {                                                                                              \
        .name = n, .spoil = s, .argument = __VA_ARGS__                                             \
    }

enum { PEER_LIE_LATEST_S = 1000000000 }; /* that an answer may come later: some 30 years */

struct peer_lies {
    const struct peer_lie_spec *spec;
    uint32_t count;
    const char *const
        *message;         /* names of kinds of message; NULL at the end; NULL: there are none */
    struct peer_lie *lie; /* count of them, in the kind's state */
};

/* All that the attributes say; -1 with a sentence. */
int peer_lies_init(const struct peer_lies *lies, const struct attrs *a, struct why *why);
/* A script's call by a lie's name: 1 done, 0 no such lie, -1 with a sentence. */
int peer_lies_call(const struct peer_lies *lies, const char *name, const struct value *argument,
                   uint32_t arguments, struct why *why);
/* Does it hold for a message of this kind? Counts it when it does. */
bool peer_lie_now(struct peer_lie *lie, unsigned message);
/* Spoils a reply of this kind with every lie that holds, in the table's order. */
void peer_lies_spoil(const struct peer_lies *lies, unsigned message, void *reply);

#endif
