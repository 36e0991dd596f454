/* What the files of `wiredrill from-pcap` share. */
#ifndef SIM_CLI_FROM_PCAP_H
#define SIM_CLI_FROM_PCAP_H

#include "sim/base/text.h"
#include "sim/cli/cli.h"
#include "sim/language/script.h"

/* The host under test, as the capture knows it. */
struct captured_host {
    uint8_t mac[6];
    uint32_t ipv4; /* 0: it has none in the capture */
};

/* A connection, or a pair of UDP ports: the host under test's end is `local`. */
struct captured_flow {
    uint32_t local_ip, remote_ip;
    uint16_t local_port, remote_port;
    bool have_isn[2],
        twice[2]; /* by side (0 the host under test): its SYN was seen, with several */
    uint32_t isn[2];
};

struct conversion {
    const char *path;
    struct pcap_file file;
    int64_t start_ns; /* what times count from */
    struct captured_host host;
    bool *sent; /* which frames the host sent, when a run has told; NULL: by their source */
    struct captured_flow *flow;
    size_t flows;
    struct text out; /* the script */
    struct pool *pool;
    struct layer_set *layers;
};

/* A TCP segment of a frame, its octets in place. */
struct captured_segment {
    uint32_t source, destination, seq, ack, text_len;
    uint16_t sport, dport, window;
    uint8_t flags;
    const uint8_t *text, *options;
    uint32_t options_len;
};

bool captured_segment(const struct pcap_frame *f, struct captured_segment *out);
bool captured_out(const struct conversion *c, size_t frame);
/* The flow of that frame's segment; NULL: it has none. */
struct captured_flow *captured_flow_of(const struct conversion *c, const struct captured_segment *g,
                                       bool out);
/* -1 after saying what is wrong: no memory. */
int captured_flows(struct conversion *c);
int64_t captured_time(const struct conversion *c, size_t frame);

/* --- from_pcap_line.c --- */
void print_frame_line(struct conversion *c, size_t frame);
void print_frame_time(struct text *t, int64_t ns);
/* All frames, and what is to be done before the nth. */
struct action {
    int64_t at_ns;
    size_t before; /* the frame that it stands in front of */
    char *text;    /* lines, each with its time; malloc'ed */
};
void print_timeline(struct conversion *c, struct action *action, size_t actions);

/* --- from_pcap_calls.c: calls by a script. -1 after saying what is wrong. --- */
int convert_with_calls(struct conversion *c, const struct options *o);

/* --- from_pcap_guess.c: calls as the capture suggests them --- */
int convert_with_guesses(struct conversion *c);

struct guesses {
    struct conversion *c;
    struct action *action;
    size_t actions, room;
    int64_t latency_ns; /* of the link: from a peer's frame to what the host makes of it */
};

/* A line at that time (-1: without one) in front of that frame; which action it is. */
__attribute__((format(printf, 4, 5))) size_t guess_act(struct guesses *g, int64_t at_ns,
                                                       size_t before, const char *format, ...);
/* In front of the first frame of that time or later, and behind `frame`. */
size_t guess_place(const struct conversion *c, size_t frame, int64_t at_ns);
/* A sockaddr, as scripts write it. */
void guess_endpoint(char out[96], uint32_t ip, uint16_t port);

/* --- from_pcap_datagram.c: UDP's sockets, a DHCP client --- */
void guess_datagrams(struct guesses *g);

#endif
