/*
 * The DHCP server among the peers (RFC 2131 section 4.3). dhcp_server.c is the host: queries and
 * calls; dhcp_server_config.c reads its attributes. dhcp_server_policy.c decides what is answered,
 * dhcp_server_lease.c knows the addresses, dhcp_server_message.c reads and writes messages, and
 * dhcp_server_lies.c spoils them.
 */
#ifndef SIM_HOSTS_DHCP_SERVER_H
#define SIM_HOSTS_DHCP_SERVER_H

#include "sim/hosts/peer_ip.h"
#include "sim/hosts/peer_lies.h"

enum {
    DHCP_BINDINGS = 256,
    DHCP_RESERVED = 16,
    DHCP_SERVERS = 8,  /* addresses in one option */
    DHCP_KEY = 64,     /* of a client identifier */
    DHCP_FILE = 128,   /* of the file field */
    DHCP_OPTIONS = 48, /* in a reply */
    DHCP_ROOM = 4096,  /* bytes of a reply */
    DHCP_SERVER_PORT = 67,
    DHCP_CLIENT_PORT = 68,
};

#define DHCP_INFINITE 0xffffffffu

/* RFC 2132 9.6, and FORCERENEW of RFC 3203 */
enum dhcp_type {
    DHCP_NONE,
    DHCP_DISCOVER,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM,
    DHCP_FORCERENEW,
    DHCP_TYPES
};
extern const char *const dhcpd_type_name[DHCP_TYPES + 1];

/* RFC 2132: the options that the server itself reads or writes */
enum dhcp_code {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_HOST_NAME = 12,
    OPTION_DOMAIN = 15,
    OPTION_MTU = 26,
    OPTION_BROADCAST = 28,
    OPTION_NTP = 42,
    OPTION_REQUESTED = 50,
    OPTION_LEASE = 51,
    OPTION_OVERLOAD = 52,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_WANTED = 55,
    OPTION_MESSAGE = 56,
    OPTION_T1 = 58,
    OPTION_T2 = 59,
    OPTION_CLIENT = 61,
    OPTION_RELAY = 82,
    OPTION_END = 255,
};

/* What a client sent; all of it copied, so that it can be kept. */
struct dhcp_message {
    uint8_t type, htype, hlen;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, giaddr;
    uint8_t chaddr[16];
    bool has_requested, has_server, has_lease;
    uint32_t requested, server, lease_s;
    uint8_t client[DHCP_KEY], client_len; /* option 61 */
    uint8_t relay[255], relay_len;        /* option 82: what a relay agent says (RFC 3046) */
    /* What names the client: option 61, else type and hardware address. */
    uint8_t key[DHCP_KEY], key_len;
    char host_name[64];
    bool broadcast; /* it came to an IP broadcast address */
    int port;
    uint32_t source;
};

/* RFC 2131 2 and 3: false when it is no client's message, with the reason. */
bool dhcpd_message_read(struct dhcp_message *m, const struct peer_packet *p, const char **why);

enum dhcp_place { IN_OPTIONS, IN_FILE, IN_SNAME };

struct dhcp_option {
    uint8_t code, len;
    enum dhcp_place place;
    uint8_t data[255];
};

/* A reply before it is bytes. What the lies change beyond the fields is at the end. */
struct dhcp_reply {
    uint8_t type, op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr;
    uint8_t chaddr[16];
    const char *file; /* NULL: none */
    struct dhcp_option option[DHCP_OPTIONS];
    uint32_t options;
    /* where it goes */
    uint32_t src, dst;
    uint16_t sport, dport;
    uint8_t to_mac[6];
    bool has_to_mac;
    int port;
    int64_t delay_ns;
    /* lies */
    uint32_t own_address; /* the server's, for those who need it */
    uint32_t lease_s;     /* as in option 51 */
    bool no_cookie, wrong_cookie, no_end;
    const uint8_t *tail; /* bytes behind the last option, in END's place */
    uint32_t tail_len;
    uint32_t length; /* of the message; 0: as it comes, at least 300 octets (RFC 1542 2.1) */
    uint32_t copies; /* how often more it is sent */
    int overload;    /* 1 file, 2 sname, 3 both; 0: no */
};

struct dhcp_option *dhcpd_option(struct dhcp_reply *r, uint8_t code); /* NULL: it has none */
void dhcpd_put(struct dhcp_reply *r, uint8_t code, const void *data, uint32_t len);
void dhcpd_put32(struct dhcp_reply *r, uint8_t code, uint32_t v);
void dhcpd_put_addresses(struct dhcp_reply *r, uint8_t code, const uint32_t *address,
                         uint32_t count);
void dhcpd_remove(struct dhcp_reply *r, uint8_t code);
/* The bytes, at most DHCP_ROOM; returns the length. */
uint32_t dhcpd_reply_write(const struct dhcp_reply *r, uint8_t *out);

enum dhcp_binding_state {
    BINDING_FREE,
    BINDING_OFFERED,
    BINDING_LEASED,
    BINDING_RELEASED,
    BINDING_DECLINED
};

struct dhcp_binding {
    uint32_t address; /* 0: unused slot */
    enum dhcp_binding_state state;
    int64_t until_ns; /* offered, leased: NEVER for an infinite one */
    uint8_t key[DHCP_KEY], key_len;
    uint8_t mac[6];
};

struct dhcp_reserved {
    uint8_t mac[6];
    uint32_t address;
};

/* An option of the script's own: `option 121 "..."`. */
struct dhcp_extra {
    uint8_t code, len;
    const uint8_t *data;
};

struct dhcp_config {
    uint32_t first, last;         /* the pool */
    uint32_t lease_s, t1_s, t2_s; /* t1, t2 0: not sent */
    uint32_t router[DHCP_SERVERS], dns[DHCP_SERVERS], ntp[DHCP_SERVERS];
    uint32_t routers, dnses, ntps;
    const char *domain;
    uint32_t next_server; /* siaddr */
    const char *boot_file;
    uint16_t mtu;
    uint32_t mask, server_id;
    bool authoritative; /* NAKs what it has no record of */
    bool echo_client;   /* RFC 6842: gives option 61 back */
    struct dhcp_reserved reserved[DHCP_RESERVED];
    uint32_t reserveds;
    struct dhcp_extra extra[16];
    uint32_t extras;
};

/* --- attributes: dhcp_server_config.c --- */
/* -1 with a sentence when they make no sense. */
int dhcpd_configure(const struct host *h, const struct attrs *a, struct dhcp_config *c,
                    struct why *why);
/* One address, or the first and the last. */
int dhcpd_pool(const struct value *v, uint32_t count, struct dhcp_config *c, struct why *why);
/* A time of whole seconds, a bare number in seconds, or `infinite`. */
bool dhcpd_seconds(const struct value *v, uint32_t *out);

/* --- leases: dhcp_server_lease.c --- */
struct dhcp_server;
bool dhcpd_in_pool(const struct dhcp_server *s, const struct dhcp_message *m, uint32_t address);
struct dhcp_binding *dhcpd_binding_of(struct dhcp_server *s, uint32_t address);
/* The client's own: leased or offered and not run out; NULL when there is none. */
struct dhcp_binding *dhcpd_client_binding(struct dhcp_server *s, const struct dhcp_message *m,
                                          int64_t now_ns);
/* Some binding that names the client, whatever became of it: "a record of this client" (RFC
 * 2131 4.3.2). */
struct dhcp_binding *dhcpd_client_record(struct dhcp_server *s, const struct dhcp_message *m);
bool dhcpd_is_free(struct dhcp_server *s, const struct dhcp_message *m, uint32_t address,
                   int64_t now_ns);
/* RFC 2131 4.3.1's four choices; 0: the pool is empty. */
uint32_t dhcpd_choose(struct dhcp_server *s, const struct dhcp_message *m, int64_t now_ns);
/* Offers or leases the address to the client; NULL when the table is full. */
struct dhcp_binding *dhcpd_bind(struct dhcp_server *s, const struct dhcp_message *m,
                                uint32_t address, enum dhcp_binding_state state, int64_t until_ns);
uint32_t dhcpd_leases(const struct dhcp_server *s, int64_t now_ns);
const char *dhcpd_binding_word(const struct dhcp_binding *b, int64_t now_ns);

/* --- lies: dhcp_server_lies.c --- */
/* X(NAME, "name", kind of argument, function that spoils a reply or NULL, "help") */
#define DHCP_LIES(X)                                                                               \
    X(SILENT, "silent", VALUE_NONE, NULL,                                                          \
      "does not answer; \"discover\", \"request\", ...: messages of that type")                    \
    X(NAK, "nak", VALUE_NONE, NULL, "NAK instead of ACK")                                          \
    X(RAPID, "rapid-ack", VALUE_NONE, NULL, "ACK to a DISCOVER")                                   \
    X(DELAY, "delay", PEER_LIE_TIME(PEER_LIE_LATEST_S), dhcp_lie_delay, "answers so much later")   \
    X(DUPLICATE, "duplicate", PEER_LIE_NUMBER(1000), dhcp_lie_duplicate,                           \
      "sends so many copies more")                                                                 \
    X(BROADCAST, "broadcast", VALUE_NONE, dhcp_lie_broadcast,                                      \
      "replies by broadcast, whatever the flag says")                                              \
    X(UNICAST, "unicast", VALUE_NONE, dhcp_lie_unicast,                                            \
      "replies to yiaddr and chaddr, whatever the flag says")                                      \
    X(WRONG_OP, "wrong-op", VALUE_NONE, dhcp_lie_op, "op is BOOTREQUEST")                          \
    X(HTYPE, "htype", PEER_LIE_NUMBER(255), dhcp_lie_htype, "hardware type")                       \
    X(HLEN, "hlen", PEER_LIE_NUMBER(255), dhcp_lie_hlen, "hardware address length")                \
    X(WRONG_XID, "wrong-xid", VALUE_NONE, dhcp_lie_xid, "xid is the client's + 1")                 \
    X(WRONG_CHADDR, "wrong-chaddr", VALUE_NONE, dhcp_lie_chaddr, "chaddr's last octet differs")    \
    X(YIADDR, "yiaddr", VALUE_IPV4, dhcp_lie_yiaddr, "yiaddr")                                     \
    X(TYPE, "type", PEER_LIE_NUMBER(255), dhcp_lie_type, "option 53's value")                      \
    X(NO_TYPE, "no-type", VALUE_NONE, dhcp_lie_no_type, "option 53 is absent")                     \
    X(WRONG_SERVER, "wrong-server-id", VALUE_NONE, dhcp_lie_server,                                \
      "option 54 is the server's address + 1")                                                     \
    X(NO_SERVER, "no-server-id", VALUE_NONE, dhcp_lie_no_server, "option 54 is absent")            \
    X(SHORT_SERVER, "short-server-id", VALUE_NONE, dhcp_lie_short_server,                          \
      "option 54 has three octets")                                                                \
    X(NO_LEASE, "no-lease", VALUE_NONE, dhcp_lie_no_lease, "option 51 is absent")                  \
    X(ZERO_LEASE, "zero-lease", VALUE_NONE, dhcp_lie_zero_lease, "option 51 is 0")                 \
    X(SHORT_LEASE, "short-lease", VALUE_NONE, dhcp_lie_short_lease, "option 51 has two octets")    \
    X(T1_LATE, "t1-after-t2", VALUE_NONE, dhcp_lie_t1, "T1 is 3/4 of the lease, T2 1/2")           \
    X(T2_LATE, "t2-after-lease", VALUE_NONE, dhcp_lie_t2, "T2 is twice the lease")                 \
    X(CLIENT_ID, "wrong-client-id", VALUE_NONE, dhcp_lie_client, "option 61 is somebody else's")   \
    X(NO_COOKIE, "no-cookie", VALUE_NONE, dhcp_lie_no_cookie, "the magic cookie is absent")        \
    X(WRONG_COOKIE, "wrong-cookie", VALUE_NONE, dhcp_lie_cookie,                                   \
      "the magic cookie's last octet differs")                                                     \
    X(NO_END, "no-end", VALUE_NONE, dhcp_lie_no_end,                                               \
      "the message stops behind the last option, without END")                                     \
    X(PAST_END, "option-past-end", VALUE_NONE, dhcp_lie_past_end,                                  \
      "the last option's length leads past the message's end")                                     \
    X(CUT_OPTION, "option-cut", VALUE_NONE, dhcp_lie_cut_option,                                   \
      "the message stops behind an option's code")                                                 \
    X(OVERLOAD, "overload", PEER_LIE_NUMBER(255), dhcp_lie_overload,                               \
      "1: options in file, 2: in sname, 3: in both; else only option 52 says so")                  \
    X(SPLIT, "split", PEER_LIE_NUMBER(254), dhcp_lie_split,                                        \
      "the option of this code in two parts (RFC 3396)")                                           \
    X(LENGTH, "length", PEER_LIE_NUMBER(DHCP_ROOM), dhcp_lie_length,                               \
      "the message is cut or padded to so many octets")                                            \
    X(TO_PORT, "to-port", PEER_LIE_NUMBER(65535), dhcp_lie_to_port, "UDP destination port")        \
    X(FROM_PORT, "from-port", PEER_LIE_NUMBER(65535), dhcp_lie_from_port, "UDP source port")       \
    X(FROM, "from", VALUE_IPV4, dhcp_lie_from, "IP source address")

#define DHCP_LIE_ENUM(id, name, argument, spoil, help) LIE_##id,
enum dhcp_lie { DHCP_LIES(DHCP_LIE_ENUM) DHCP_LIE_COUNT };
struct peer_lies dhcpd_lies(struct dhcp_server *s);

/* --- the server --- */
struct dhcp_server {
    struct peer_ip ip;
    struct dhcp_config config;
    struct peer_lie lie[DHCP_LIE_COUNT];
    struct dhcp_binding binding[DHCP_BINDINGS];
    uint64_t count[DHCP_TYPES]; /* messages received and sent, by type */
    uint64_t ignored;           /* messages that were no client's */
    const char *last_ignored;   /* why; "" before the first */
    uint64_t violations;        /* of RFC 2131's table 4 and 5 by clients */
    const char *last_violation;
    const char *last_state;   /* of the client that sent the last REQUEST */
    struct dhcp_message last; /* the last message */
    bool has_last;
    struct dhcp_reply sent; /* the last reply, for again() */
    bool has_sent;
};

/* Deals with one message: dhcp_server_policy.c. */
void dhcpd_receive(struct host *h, const struct dhcp_message *m);
/* Builds, spoils and sends a reply of this type, not asked for when `m` is old. */
void dhcpd_answer(struct host *h, const struct dhcp_message *m, enum dhcp_type type,
                  uint32_t yiaddr);
void dhcpd_send(struct host *h, const struct dhcp_reply *r);

#endif
