/*
 * A telnet server (RFC 854, 855): it offers the options that its attributes name, greets, takes
 * lines and answers them. An option is one of four states a side; what asks for the state that is
 * is not answered, so that no two can go on for ever (RFC 1143 7).
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/tcp_end.h"
#include "sim/hosts/telnet_stream.h"

enum { TELNET_PORT = 23, TELNET_LINE_MOST = 512, TELNET_KEPT = 1024 };

/* Of an option at one side. */
enum telnet_state { OPTION_NO, OPTION_YES, OPTION_ASKED_YES, OPTION_ASKED_NO };

#define TELNET_LIES(X)                                                                             \
    X(TWICE, "twice", VALUE_NONE, "sends each request of an option twice")                         \
    X(LOOP, "loop", VALUE_NONE, "answers every request, although nothing changes")                 \
    X(UNANSWERED, "unanswered", VALUE_NONE, "answers no request of an option")                     \
    X(ACCEPT, "accept-all", VALUE_NONE, "agrees to every option, whatever it is")                  \
    X(EARLY, "early-sub", VALUE_NONE, "asks for the terminal's name before it was agreed on")      \
    X(UNENDED, "unended-sub", VALUE_NONE, "a subnegotiation without its end")                      \
    X(BARE_CR, "bare-cr", VALUE_NONE, "its lines end in CR alone")

#define LIE_ENUM(id, name, argument, help) LIE_##id,
#define LIE_SPEC(id, name, argument, help) PEER_LIE_SPEC(name, NULL, argument),
#define LIE_ATTR(id, name, argument, help) {name, VALUE_LIST, help},
enum telnet_lie { TELNET_LIES(LIE_ENUM) TELNET_LIE_COUNT };
static const struct peer_lie_spec telnet_specs[] = {TELNET_LIES(LIE_SPEC)};

struct telnet_server {
    struct tcp_end end; /* first */
    const char *banner, *prompt;
    bool echo, go_ahead, terminal, window;
    const struct value *answers; /* lines and texts, in turn */
    uint32_t answer_count;
    struct peer_lie lie[TELNET_LIE_COUNT];
    /* of all connections, and of the last */
    uint64_t lines, commands, requests, interrupts;
    uint8_t us[256], them[256]; /* enum telnet_state */
    int last_command, width, height;
    char line[TELNET_LINE_MOST + 1], name[64], kept[TELNET_KEPT + 1];
    uint32_t kept_len;
};

struct telnet_connection {
    struct telnet_stream stream;
    bool greeted;
    char line[TELNET_LINE_MOST + 1];
    uint32_t line_len;
};

static struct telnet_server *server_of(struct host *h)
{
    return h->state;
}

static struct telnet_server *server_at(const struct tcp_connection *c)
{
    return tcp_connection_host(c)->state;
}

static bool lies(struct telnet_server *s, enum telnet_lie lie)
{
    return peer_lie_now(&s->lie[lie], 0);
}

/* --- sending --- */

/* RFC 854: of the octet 255 two, and CR LF at the end of a line. */
static void send_text(struct tcp_connection *c, const char *text)
{
    struct telnet_server *s = server_at(c);
    for (; *text; text++) {
        if (*text == '\n')
            tcp_connection_write(c, "\r\n", lies(s, LIE_BARE_CR) ? 1 : 2);
        else
            tcp_connection_write(c, text, 1);
        if ((uint8_t)*text == TELNET_IAC)
            tcp_connection_write(c, text, 1);
    }
}

static void send_request(struct tcp_connection *c, enum telnet_code what, uint8_t option)
{
    const uint8_t octets[] = {TELNET_IAC, (uint8_t)what, option};
    int times = lies(server_at(c), LIE_TWICE) ? 2 : 1;
    for (int k = 0; k < times; k++)
        tcp_connection_write(c, octets, sizeof octets);
}

/* RFC 1091: SEND is 1. */
static void ask_name(struct tcp_connection *c)
{
    static const uint8_t octets[] = {TELNET_IAC, TELNET_SB,  TELNET_TERMINAL_TYPE,
                                     1,          TELNET_IAC, TELNET_SE};
    tcp_connection_write(c, octets, lies(server_at(c), LIE_UNENDED) ? 4 : sizeof octets);
}

static void ask(struct tcp_connection *c, uint8_t *state, enum telnet_code what, uint8_t option)
{
    *state = what == TELNET_WILL || what == TELNET_DO ? OPTION_ASKED_YES : OPTION_ASKED_NO;
    send_request(c, what, option);
}

static void greet(struct telnet_server *s, struct tcp_connection *c)
{
    memset(s->us, OPTION_NO, sizeof s->us);
    memset(s->them, OPTION_NO, sizeof s->them);
    s->kept_len = 0;
    if (s->echo)
        ask(c, &s->us[TELNET_ECHO], TELNET_WILL, TELNET_ECHO);
    if (s->go_ahead)
        ask(c, &s->us[TELNET_GO_AHEAD], TELNET_WILL, TELNET_GO_AHEAD);
    if (s->terminal)
        ask(c, &s->them[TELNET_TERMINAL_TYPE], TELNET_DO, TELNET_TERMINAL_TYPE);
    if (s->window)
        ask(c, &s->them[TELNET_WINDOW], TELNET_DO, TELNET_WINDOW);
    if (lies(s, LIE_EARLY))
        ask_name(c);
    send_text(c, s->banner);
    send_text(c, s->prompt);
}

/* --- options --- */

static bool wanted(struct telnet_server *s, uint8_t option, bool ours)
{
    if (lies(s, LIE_ACCEPT))
        return true;
    if (option == TELNET_GO_AHEAD)
        return true; /* RFC 1123 3.2.2: MUST */
    return ours ? option == TELNET_ECHO && s->echo
                : (option == TELNET_TERMINAL_TYPE && s->terminal) ||
                      (option == TELNET_WINDOW && s->window);
}

static void agreed(struct telnet_server *s, struct tcp_connection *c, uint8_t option, bool ours)
{
    if (option == TELNET_TERMINAL_TYPE && !ours && s->terminal)
        ask_name(c);
}

/* RFC 854: what asks for the state that is, is not answered; nobody may ask for it. */
static void request_came(struct telnet_server *s, struct tcp_connection *c, enum telnet_code what,
                         uint8_t option)
{
    bool ours = what == TELNET_DO || what == TELNET_DONT;
    bool on = what == TELNET_DO || what == TELNET_WILL;
    uint8_t *state = ours ? &s->us[option] : &s->them[option];
    enum telnet_code yes = ours ? TELNET_WILL : TELNET_DO, no = ours ? TELNET_WONT : TELNET_DONT;
    bool asked = *state == OPTION_ASKED_YES || *state == OPTION_ASKED_NO;
    bool is = !asked && (*state == OPTION_YES) == on;
    s->requests++;
    if (is)
        tcp_end_violation(&s->end, "a request for the mode that is already (RFC 854)");
    bool grant = on && (asked || *state == OPTION_YES || wanted(s, option, ours));
    *state = grant ? OPTION_YES : OPTION_NO;
    bool answer = (!asked && !is) || lies(s, LIE_LOOP);
    if (answer && !lies(s, LIE_UNANSWERED))
        send_request(c, grant ? yes : no, option);
    if (grant && !is)
        agreed(s, c, option, ours);
}

static void subnegotiation_came(struct telnet_server *s, const struct telnet_stream *t)
{
    if (s->them[t->option] != OPTION_YES)
        tcp_end_violation(&s->end, "a subnegotiation of what was not agreed on (RFC 855)");
    if (t->option == TELNET_TERMINAL_TYPE && t->sub_len && t->sub[0] == 0) {
        uint32_t len = t->sub_len - 1;
        len = len < sizeof s->name - 1 ? len : (uint32_t)sizeof s->name - 1;
        memcpy(s->name, t->sub + 1, len);
        s->name[len] = '\0';
    } else if (t->option == TELNET_WINDOW && t->sub_len == 4) {
        s->width = peer_get16(t->sub);
        s->height = peer_get16(t->sub + 2);
    } else {
        tcp_end_violation(&s->end, "a subnegotiation of another form (RFC 1091, RFC 1073)");
    }
}

/* --- data --- */

static const char *answer_to(const struct telnet_server *s, const char *line)
{
    for (uint32_t k = 0; k + 1 < s->answer_count; k += 2)
        if (strcmp((const char *)s->answers[k].bytes, line) == 0)
            return (const char *)s->answers[k + 1].bytes;
    return "";
}

static void line_came(struct telnet_server *s, struct tcp_connection *c,
                      struct telnet_connection *k)
{
    k->line[k->line_len] = '\0';
    memcpy(s->line, k->line, sizeof s->line);
    k->line_len = 0;
    s->lines++;
    if (s->us[TELNET_ECHO] == OPTION_YES)
        send_text(c, "\n");
    if (strcmp(s->line, "quit") == 0) {
        tcp_connection_close(c);
        return;
    }
    send_text(c, answer_to(s, s->line));
    send_text(c, s->prompt);
}

static void octet_came(struct telnet_server *s, struct tcp_connection *c,
                       struct telnet_connection *k, uint8_t octet)
{
    char echo[2] = {(char)octet, '\0'};
    if (k->line_len < TELNET_LINE_MOST)
        k->line[k->line_len++] = (char)octet;
    if (s->kept_len < TELNET_KEPT)
        s->kept[s->kept_len++] = (char)octet;
    if (s->us[TELNET_ECHO] == OPTION_YES)
        send_text(c, echo);
}

static void command_came(struct telnet_server *s, struct tcp_connection *c, uint8_t command)
{
    s->commands++;
    s->last_command = command;
    s->interrupts += command == TELNET_IP;
    if (command == TELNET_AYT)
        send_text(c, "\n[yes]\n");
}

static void take(struct telnet_server *s, struct tcp_connection *c, struct telnet_connection *k,
                 uint8_t octet)
{
    struct telnet_stream *t = &k->stream;
    enum telnet_event event = telnet_stream_take(t, octet);
    if (t->fault)
        tcp_end_violation(&s->end, t->fault);
    switch (event) {
    case TELNET_DATA:
        octet_came(s, c, k, t->octet);
        break;
    case TELNET_LINE:
        line_came(s, c, k);
        break;
    case TELNET_COMMAND:
        command_came(s, c, t->octet);
        break;
    case TELNET_REQUEST:
        request_came(s, c, (enum telnet_code)t->octet, t->option);
        break;
    case TELNET_SUB:
        subnegotiation_came(s, t);
        break;
    case TELNET_NOTHING:
        break;
    }
}

static void telnet_progress(struct tcp_connection *c)
{
    struct telnet_server *s = server_at(c);
    struct telnet_connection *k = tcp_connection_app(c);
    uint8_t octet;
    if (!k->greeted)
        greet(s, c);
    k->greeted = true;
    while (tcp_connection_read(c, &octet, 1))
        take(s, c, k, octet);
    if (tcp_connection_at_end(c))
        tcp_connection_close(c);
}

static const struct tcp_app telnet_app = {.state_size = sizeof(struct telnet_connection),
                                          .progress = telnet_progress};

/* --- attributes --- */

static const struct attr_spec telnet_attrs[] = {
    {"banner", VALUE_BYTES, "what it says first"},
    {"prompt", VALUE_BYTES, "what it says before each line; \"> \""},
    {"answer", VALUE_LIST, "a line and what is answered, in turn: \"who\" \"nobody\\n\""},
    {"echo", VALUE_NONE, "offers to echo (RFC 857)"},
    {"suppress-go-ahead", VALUE_NONE, "offers to send no GA (RFC 858)"},
    {"terminal-type", VALUE_NONE, "wants the terminal's name (RFC 1091)"},
    {"window-size", VALUE_NONE, "wants the size of the window (RFC 1073)"},
    TCP_END_ATTRS,
    TELNET_LIES(LIE_ATTR) TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static struct peer_lies lies_of(struct telnet_server *s)
{
    return (struct peer_lies){telnet_specs, TELNET_LIE_COUNT, NULL, s->lie};
}

static int read_answers(struct telnet_server *s, const struct attrs *a, struct why *why)
{
    const struct attribute *found = attr_find(a, "answer", 0);
    if (!found)
        return 0;
    bool good = found->value.kind == VALUE_LIST && found->value.items % 2 == 0;
    for (uint32_t k = 0; good && k < found->value.items; k++)
        good = found->value.item[k].kind == VALUE_BYTES;
    if (!good)
        return attr_refuse(a, found, why,
                           "answer wants lines and texts in turn, such as \"who\" "
                           "\"nobody\\n\"");
    s->answers = found->value.item;
    s->answer_count = found->value.items;
    return 0;
}

static int telnet_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct telnet_server *s = server_of(h);
    struct peer_lies told = lies_of(s);
    s->banner = attr_text(a, "banner", "");
    s->prompt = attr_text(a, "prompt", "> ");
    s->echo = attr_flag(a, "echo");
    s->go_ahead = attr_flag(a, "suppress-go-ahead");
    s->terminal = attr_flag(a, "terminal-type");
    s->window = attr_flag(a, "window-size");
    return tcp_end_init(&s->end, h, &telnet_app, TELNET_PORT, a, why) != 0 ||
                   read_answers(s, a, why) != 0
               ? -1
               : peer_lies_init(&told, a, why);
}

/* --- what a script can ask and tell --- */

static int answer_text(const char *text, uint32_t len, struct value *out)
{
    *out = (struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = len};
    return 0;
}

/* "us 1", "them 24": "yes", "no", "asked". */
static int query_option(const uint8_t *states, const char *number, struct value *out)
{
    static const char *const words[] = {"no", "yes", "asked", "asked"};
    long option = strtol(number, NULL, 10);
    if (option < 0 || option > 255)
        return -1;
    const char *word = words[states[option]];
    return answer_text(word, (uint32_t)strlen(word), out);
}

static int telnet_query(struct host *h, const char *what, struct value *out)
{
    const struct telnet_server *s = server_of(h);
    const struct host_number known[] = {
        {"lines", (int64_t)s->lines},
        {"commands", (int64_t)s->commands},
        {"requests", (int64_t)s->requests},
        {"interrupts", (int64_t)s->interrupts},
        {"last-command", s->last_command},
        {"width", s->width},
        {"height", s->height},
        {NULL, 0},
    };
    if (strcmp(what, "last-line") == 0)
        return answer_text(s->line, (uint32_t)strlen(s->line), out);
    if (strcmp(what, "terminal") == 0)
        return answer_text(s->name, (uint32_t)strlen(s->name), out);
    if (strcmp(what, "data") == 0)
        return answer_text(s->kept, s->kept_len, out);
    if (strncmp(what, "us ", 3) == 0)
        return query_option(s->us, what + 3, out);
    if (strncmp(what, "them ", 5) == 0)
        return query_option(s->them, what + 5, out);
    return host_answer(known, what, out) == 0 ? 0 : tcp_end_query(h, what, out);
}

static int call_request(struct telnet_server *s, const char *name, const struct value *argument,
                        uint32_t arguments)
{
    static const struct {
        const char *name;
        enum telnet_code code;
    } codes[] = {
        {"will", TELNET_WILL}, {"wont", TELNET_WONT}, {"do", TELNET_DO}, {"dont", TELNET_DONT}};
    struct tcp_connection *c = tcp_end_connection(&s->end, 0);
    for (size_t k = 0; k < sizeof codes / sizeof codes[0]; k++)
        if (strcmp(codes[k].name, name) == 0 && arguments == 1 && c &&
            argument->kind == VALUE_NUMBER && argument->number >= 0 && argument->number < 256) {
            uint8_t option = (uint8_t)argument->number;
            bool ours = codes[k].code <= TELNET_WONT;
            ask(c, ours ? &s->us[option] : &s->them[option], codes[k].code, option);
            return 0;
        }
    return -1;
}

/* will(N), wont(N), do(N), dont(N): requests; say(TEXT): as a terminal shows it; octets(OCTETS): as
 * they are; synch(): IAC DM as urgent data (RFC 854, the synch). All on the first connection. */
static int call_own(struct telnet_server *s, const char *name, const struct value *argument,
                    uint32_t arguments)
{
    static const uint8_t synch[] = {TELNET_IAC, TELNET_DM};
    struct tcp_connection *c = tcp_end_connection(&s->end, 0);
    bool bytes = arguments == 1 && argument->kind == VALUE_BYTES;
    if (!c)
        return -1;
    if (strcmp(name, "say") == 0 && bytes)
        send_text(c, (const char *)argument->bytes);
    else if (strcmp(name, "octets") == 0 && bytes)
        tcp_connection_write(c, argument->bytes, argument->len);
    else if (strcmp(name, "synch") == 0 && arguments == 0)
        tcp_connection_write_urgent(c, synch, sizeof synch);
    else
        return call_request(s, name, argument, arguments);
    return 0;
}

static int telnet_call(struct host *h, const char *name, const struct value *argument,
                       uint32_t arguments, struct why *why)
{
    struct telnet_server *s = server_of(h);
    struct peer_lies told = lies_of(s);
    if (call_own(s, name, argument, arguments) == 0) {
        tcp_end_settle(&s->end);
        return 0;
    }
    int got = peer_lies_call(&told, name, argument, arguments, why);
    return got == 0 ? tcp_end_call(h, name, argument, arguments, why) : got == 1 ? 0 : -1;
}

const struct host_kind telnet_server_kind = {
    .name = "telnet-server",
    .help = "negotiates telnet options and answers lines (RFC 854), and lies when told to",
    .state_size = sizeof(struct telnet_server),
    .attrs = telnet_attrs,
    .init = telnet_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = telnet_query,
    .call = telnet_call,
};
