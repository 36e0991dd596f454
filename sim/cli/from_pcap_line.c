/*
 * A captured frame as a packet line: `>` for what the host under test sent, `<` for the rest, with
 * sequence numbers from the two SYNs where the capture has them. What the printed line would not
 * make again to the octet stands as it is, in hex.
 */
#include "sim/cli/from_pcap.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/language/lexer.h"

enum { TEXT_LEAST = 16384, TCP_SYN = 2, TCP_ACK = 16, FRAME_ROOM = 70000 };

void print_frame_time(struct text *t, int64_t ns)
{
    char digits[16];
    int len = snprintf(digits, sizeof digits, "%09" PRId64, ns % 1000000000);
    while (len > 0 && digits[len - 1] == '0')
        digits[--len] = 0;
    text_add(t, "%" PRId64 "%s%s ", ns / 1000000000, len ? "." : "", digits);
}

/* --- numbers that count from a SYN --- */

/* Replaces the first `from` behind *at in the line; what does not fit stays. */
static void replace(char *line, size_t room, const char *from, const char *to)
{
    char *found = strstr(line, from);
    size_t a = strlen(from), b = strlen(to), rest = found ? strlen(found + a) + 1 : 0;
    if (!found || strlen(line) - a + b >= room)
        return;
    memmove(found + b, found + a, rest);
    memcpy(found, to, b);
}

static void relate_blocks(char *line, size_t room, uint32_t isn)
{
    char *at = strstr(line, "sack ");
    char made[256] = "sack", *end = at ? at + 4 : NULL;
    size_t len = 4;
    uint32_t left, right;
    int used;
    while (end && sscanf(end, " %" SCNu32 ":%" SCNu32 "%n", &left, &right, &used) == 2) {
        len += (size_t)snprintf(made + len, sizeof made - len, " %" PRIu32 ":%" PRIu32, left - isn,
                                right - isn);
        end += used;
    }
    if (!at || end == at + 4)
        return;
    char old[256];
    snprintf(old, sizeof old, "%.*s", (int)(end - at), at);
    replace(line, room, old, made);
}

/* A payload that is the pattern by its place in the stream need not be written. */
static void relate_payload(const struct captured_segment *g, uint32_t place, char *line)
{
    char *data = strstr(line, " data ");
    if (data && g->text_len && packet_pattern_run(g->text, g->text_len, place) == g->text_len)
        *data = 0;
}

/* "SEQ:END(LEN)! ack N": from the ISNs. An injected SYN's own number is its ISN. */
static void relate(const struct conversion *c, size_t frame, char *line, size_t room)
{
    struct captured_segment g;
    bool out = captured_out(c, frame);
    if (!captured_segment(&c->file.frame[frame], &g))
        return;
    const struct captured_flow *f = captured_flow_of(c, &g, out);
    int from = out ? 0 : 1, to = !from;
    bool known = f && f->have_isn[from] && !f->twice[0] && !f->twice[1] &&
                 (f->have_isn[to] || !(g.flags & TCP_ACK));
    if (!known || !strstr(line, ")!"))
        return;
    char old[64], made[64];
    uint32_t base = g.flags & TCP_SYN && !out ? 0 : f->isn[from];
    snprintf(old, sizeof old, "%" PRIu32 ":%" PRIu32 "(%" PRIu32 ")!", g.seq, g.seq + g.text_len,
             g.text_len);
    snprintf(made, sizeof made, "%" PRIu32 ":%" PRIu32 "(%" PRIu32 ")", g.seq - base,
             g.seq + g.text_len - base, g.text_len);
    if (!strstr(line, old))
        return;
    replace(line, room, old, made);
    relate_payload(&g, g.seq - f->isn[from] - 1, line);
    if (!(g.flags & TCP_ACK))
        return;
    snprintf(old, sizeof old, " ack %" PRIu32, g.ack);
    snprintf(made, sizeof made, " ack %" PRIu32, g.ack - f->isn[to]);
    replace(line, room, old, made);
    relate_blocks(line, room, f->isn[to]);
}

/* --- a line that says the frame, or its octets --- */

static bool nothing(void *self, const char *name, struct value *out)
{
    (void)self, (void)name, (void)out;
    return false;
}

static bool nobody(void *self, const char *name, struct packet_addresses *out)
{
    (void)self, (void)name, (void)out;
    return false;
}

/* Read back it must make the same octets; of `>` lines, that it is read. */
static bool says_it(struct conversion *c, const struct pcap_frame *f, bool out, const char *line)
{
    static uint8_t built[FRAME_ROOM];
    struct word *words;
    struct diagnostic d;
    struct why why = {{0}};
    const struct packet_context context = {.lookup = nothing, .host = nobody};
    int count = words_of(c->pool, c->path, line, &words, &d);
    struct packet_spec *spec =
        count < 0 ? NULL
                  : packet_compile(c->layers, c->pool, out ? '>' : '<', words, (size_t)count, &d);
    if (!spec || packet_unplayed(spec))
        return false;
    if (out)
        return packet_matches(spec, &context, f->bytes, f->len);
    int len = packet_build(spec, &context, built, sizeof built, &why);
    return len == (int)f->len && memcmp(built, f->bytes, f->len) == 0;
}

/* A host chooses identifications by itself: ` id N` of what it sent is left open. */
static void open_identification(char *line)
{
    char *ip = strstr(line, " ip "), *id = ip ? strstr(ip, " id ") : NULL,
         *end = id ? id + 4 : NULL;
    if (!id)
        return;
    end += strspn(end, "0123456789");
    memmove(id, end, strlen(end) + 1);
}

static void print_hex(struct text *t, const struct pcap_frame *f)
{
    text_add(t, "hex ");
    for (uint32_t k = 0; k < f->len; k++)
        text_add(t, "%02x", f->bytes[k]);
}

void print_frame_line(struct conversion *c, size_t frame)
{
    const struct pcap_frame *f = &c->file.frame[frame];
    bool out = captured_out(c, frame);
    size_t room = TEXT_LEAST + (size_t)f->len * 4;
    char *line = malloc(room);
    print_frame_time(&c->out, captured_time(c, frame));
    text_add(&c->out, "%c ", out ? '>' : '<');
    if (line)
        packet_text(c->layers, f->bytes, f->len, 1, line, (int)room);
    if (line && says_it(c, f, out, line)) {
        relate(c, frame, line, room);
        if (out)
            open_identification(line);
        text_add(&c->out, "%s\n", line);
    } else {
        print_hex(&c->out, f);
        text_add(&c->out, "\n");
    }
    free(line);
}

void print_timeline(struct conversion *c, struct action *action, size_t actions)
{
    size_t next = 0;
    for (size_t f = 0; f <= c->file.count; f++) {
        for (; next < actions && action[next].before <= f; next++) {
            text_add(&c->out, "%s", action[next].text ? action[next].text : "");
            free(action[next].text);
        }
        if (f < c->file.count)
            print_frame_line(c, f);
    }
}
