/* What the files of `wiredrill replay` share. */
#ifndef SIM_CLI_REPLAY_INSIDE_H
#define SIM_CLI_REPLAY_INSIDE_H

#include "sim/cli/cli.h"
#include "sim/cli/json.h"

enum { REASONS = 512 };

struct fate_row {
    enum sut_fate fate;
    const char *reason;
    uint64_t frames, cut; /* of these, those that the capture itself had cut */
};

/* What became of one frame. */
struct told_frame {
    enum sut_fate fate;
    const char *reason; /* NULL: nobody said */
};

struct ledger {
    const struct pcap_file *file;
    struct told_frame *frame; /* of each that the file has */
    uint64_t fed, by_fate[4], cut, partial;
    struct fingerprint s;
    bool silent; /* the stack does not say what becomes of what it takes */
    struct fate_row row[REASONS];
    int rows;
    struct pool *pool;
};

struct target {
    uint8_t mac[6];
    uint32_t ipv4;
    bool rewrite;
    const char *text; /* IPv4 address */
};

/* Records that are no frame of a link: without a byte (the format allows it), or longer than any
 * frame here. */
struct passed_over {
    size_t empty, giant;
};

/* What became of all, and with --verbose and --json of each. `r`: the run that fed them. */
void replay_tell(const char *path, const struct ledger *l, const struct run *r,
                 const struct options *o, const struct target *t, struct passed_over over,
                 struct json_lines *const json[2]);

#endif
