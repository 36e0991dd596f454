/* What a TCP end can be told to do against the standards. See peer_lies.h. */
#ifndef SIM_HOSTS_TCP_END_LIES_H
#define SIM_HOSTS_TCP_END_LIES_H

#include "sim/hosts/peer_lies.h"

struct tcp_end;

/* Kinds of segment, for lies that hold for one: deaf "syn", reset 1 "fin". */
enum tcp_end_kind {
    END_SYN,
    END_SYN_ACK,
    END_ACK, /* nothing but */
    END_DATA,
    END_FIN, /* with data or without */
    END_RST,
};

/* X(NAME, "name", kind of argument, "help") */
#define TCP_END_LIES(X)                                                                            \
    X(DEAF, "deaf", VALUE_NONE, "does not see segments that come")                                 \
    X(MUTE, "mute", VALUE_NONE, "does not send segments that it should")                           \
    X(RESET, "reset", VALUE_NONE, "answers a segment with RST and forgets the connection")         \
    X(NO_ACK, "no-ack", VALUE_NONE, "takes octets, and never acknowledges them")                   \
    X(ACK_AHEAD, "ack-ahead", PEER_LIE_NUMBER(UINT32_MAX),                                         \
      "acknowledges so many octets more than came")                                                \
    X(ACK_BEHIND, "ack-behind", PEER_LIE_NUMBER(UINT32_MAX), "acknowledges so many octets less")   \
    X(SEQ_AHEAD, "seq-ahead", PEER_LIE_NUMBER(UINT32_MAX),                                         \
      "the sequence number is so much further on")                                                 \
    X(SEQ_BEHIND, "seq-behind", PEER_LIE_NUMBER(UINT32_MAX), "it is so much further back")         \
    X(SHRINK, "shrink", PEER_LIE_NUMBER(UINT32_MAX),                                               \
      "offers so many octets less than before: takes back what was offered")                       \
    X(WINDOW_FIELD, "window-field", PEER_LIE_NUMBER(65535), "the window field, whatever is free")  \
    X(PAST_WINDOW, "past-window", PEER_LIE_NUMBER(UINT32_MAX),                                     \
      "sends so many octets more than the window allows")                                          \
    X(SPLIT, "split", PEER_LIE_NUMBER(65535), "segments of at most so many octets")                \
    X(MERGE, "merge", PEER_LIE_TIME(60), "holds octets so long, to send them with later ones")     \
    X(REORDER, "reorder", PEER_LIE_NUMBER(TCP_END_BATCH),                                          \
      "of so many segments that could leave together the last leaves first")                       \
    X(DUPLICATE, "duplicate", PEER_LIE_NUMBER(1000), "sends so many copies more")                  \
    X(OVERLAP, "overlap", PEER_LIE_NUMBER(65535),                                                  \
      "a segment begins with the last octets of the one before")                                   \
    X(OTHER_OCTETS, "other-octets", VALUE_NONE, "a retransmission carries other octets")           \
    X(BAD_SUM, "bad-sum", VALUE_NONE, "the checksum is wrong")                                     \
    X(FLAGS, "flags", PEER_LIE_NUMBER(255), "these flags: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK ...") \
    X(URGENT, "urgent", PEER_LIE_NUMBER(65535), "URG, with this pointer")                          \
    X(OPTIONS, "options", VALUE_BYTES, "these octets of options; zeros to a multiple of four")     \
    X(OFFSET, "data-offset", PEER_LIE_NUMBER(15), "the data offset, whatever the header has")      \
    X(NO_FIN, "no-fin", VALUE_NONE, "never closes its side")

enum { TCP_END_BATCH = 8 };

#define TCP_END_LIE_ENUM(id, name, argument, help) TCP_END_LIE_##id,
#define TCP_END_LIE_ATTR(id, name, argument, help) {name, VALUE_LIST, help},
enum tcp_end_lie { TCP_END_LIES(TCP_END_LIE_ENUM) TCP_END_LIES_COUNT };

/* The table, for attributes and calls. */
struct peer_lies tcp_end_lies(struct tcp_end *end);
/* Does it hold for a segment of this kind? Counts it when it does. */
bool tcp_end_lies_now(struct tcp_end *end, enum tcp_end_lie lie, enum tcp_end_kind kind);

#endif
