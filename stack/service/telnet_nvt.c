#include "stack/service/telnet_nvt.h"

enum command {
    SE = 240,
    NOP = 241,
    DATA_MARK = 242,
    BREAK = 243,
    INTERRUPT = 244,
    ABORT_OUTPUT = 245,
    ARE_YOU_THERE = 246,
    ERASE_CHARACTER = 247,
    ERASE_LINE = 248,
    GO_AHEAD = 249,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255
};
enum phase { DATA, COMMAND, OPTION, INSIDE, INSIDE_COMMAND };
enum state { OFF, ASKED, ON }; /* ASKED: offered, and not answered yet */
enum control { BACKSPACE = 8, END_OF_TEXT = 3, END_OF_INPUT = 4, KILL = 21, DELETE = 127 };

static const uint8_t offered[] = {TELNET_ECHO, TELNET_SUPPRESS_GO_AHEAD};

static void command(struct text *out, uint8_t verb)
{
    text_char(out, (char)IAC);
    text_char(out, (char)verb);
}

static void negotiate(struct text *out, uint8_t verb, uint8_t option)
{
    command(out, verb);
    text_char(out, (char)option);
}

/* --- lines --- */

/* RFC 858: who does not suppress it says whose turn it is. */
static void prompt(struct telnet_nvt *n, struct text *out)
{
    n->line_len = 0;
    text_string(out, "> ");
    if (n->ours[1] != ON)
        command(out, GO_AHEAD);
}

void telnet_nvt_begin(struct telnet_nvt *n, struct text *out)
{
    *n = (struct telnet_nvt){.phase = DATA};
    for (uint32_t k = 0; k < sizeof offered; k++) {
        n->ours[k] = ASKED;
        negotiate(out, WILL, offered[k]);
    }
    text_string(out, "Say something; help tells more, quit ends this.\r\n");
    prompt(n, out);
}

static bool echoes(const struct telnet_nvt *n)
{
    return n->ours[0] == ON;
}

static void answer_line(struct telnet_nvt *n, struct text *out)
{
    n->line[n->line_len] = '\0';
    n->lines++;
    if (echoes(n))
        text_string(out, "\r\n");
    if (text_equal(n->line, "quit") || text_equal(n->line, "exit")) {
        text_string(out, "Bye.\r\n");
        n->over = true;
        return;
    }
    if (text_equal(n->line, "help")) {
        text_string(out, "Every line is said again: line ");
        text_number(out, n->lines);
        text_string(out, " was this one. quit ends the connection.\r\n");
    } else if (n->line_len) {
        text_string(out, "You said: ");
        text_string(out, n->line);
        text_string(out, "\r\n");
    }
    prompt(n, out);
}

static void erase(struct telnet_nvt *n, uint32_t count, struct text *out)
{
    for (; count && n->line_len; count--) {
        n->line_len--;
        if (echoes(n))
            text_string(out, "\b \b");
    }
}

static void begin_line_again(struct telnet_nvt *n, struct text *out)
{
    text_string(out, "\r\n");
    prompt(n, out);
}

/* RFC 854, the NVT printer: codes that have no meaning here do nothing, and eight bits are none. */
static void take_data(struct telnet_nvt *n, uint8_t octet, struct text *out)
{
    bool ended = n->after_cr && (octet == '\n' || octet == '\0');
    n->after_cr = octet == '\r';
    if (ended)
        return; /* the line was answered at its CR */
    switch (octet) {
    case '\r':
    case '\n': /* RFC 1123 3.3.1: some send it alone */
        answer_line(n, out);
        return;
    case BACKSPACE:
    case DELETE:
        erase(n, 1, out);
        return;
    case KILL:
        erase(n, TELNET_LINE, out);
        return;
    case END_OF_TEXT:
        begin_line_again(n, out);
        return;
    case END_OF_INPUT:
        n->over = n->line_len == 0;
        return;
    default:
        if (octet < ' ' || octet > '~' || n->line_len == TELNET_LINE)
            return;
        n->line[n->line_len++] = (char)octet;
        if (echoes(n))
            text_char(out, (char)octet);
    }
}

/* --- options (RFC 855): an answer is sent when something changes, or is refused, so that nobody is
 * answered for ever --- */

static void asked_of_us(struct telnet_nvt *n, bool on, uint8_t option, struct text *out)
{
    uint32_t k = option == TELNET_ECHO ? 0 : 1;
    if (option != offered[k]) {
        if (on)
            negotiate(out, WONT, option);
        return;
    }
    bool told = n->ours[k] == ASKED; /* it is the answer to our offer */
    if (!told && (n->ours[k] == ON) != on)
        negotiate(out, on ? WILL : WONT, option);
    n->ours[k] = on ? ON : OFF;
}

static void said_of_them(struct telnet_nvt *n, bool on, uint8_t option, struct text *out)
{
    if (option != TELNET_SUPPRESS_GO_AHEAD) {
        if (on)
            negotiate(out, DONT, option);
        return;
    }
    if ((n->theirs == ON) != on)
        negotiate(out, on ? DO : DONT, option);
    n->theirs = on ? ON : OFF;
}

static void take_option(struct telnet_nvt *n, uint8_t option, struct text *out)
{
    n->phase = DATA;
    if (n->verb == DO || n->verb == DONT)
        asked_of_us(n, n->verb == DO, option, out);
    else
        said_of_them(n, n->verb == WILL, option, out);
}

static void take_command(struct telnet_nvt *n, uint8_t octet, struct text *out)
{
    n->phase = DATA;
    switch (octet) {
    case WILL:
    case WONT:
    case DO:
    case DONT:
        n->phase = OPTION;
        n->verb = octet;
        break;
    case SB:
        n->phase = INSIDE;
        break;
    case DATA_MARK:
        n->synch = false;
        break;
    case ARE_YOU_THERE:
        text_string(out, "\r\n[yes]\r\n");
        break;
    case INTERRUPT:
        begin_line_again(n, out);
        break;
    case ERASE_CHARACTER:
        erase(n, 1, out);
        break;
    case ERASE_LINE:
        erase(n, TELNET_LINE, out);
        break;
    default: /* NOP, a break, 255 as data, which no line has, and what nobody knows */
        break;
    }
}

void telnet_nvt_take(struct telnet_nvt *n, uint8_t octet, struct text *out)
{
    switch ((enum phase)n->phase) {
    case DATA:
        if (octet == IAC)
            n->phase = COMMAND;
        else if (!n->synch)
            take_data(n, octet, out);
        break;
    case COMMAND:
        take_command(n, octet, out);
        break;
    case OPTION:
        take_option(n, octet, out);
        break;
    case INSIDE: /* of an option that was never agreed on: passed over, however long */
        if (octet == IAC)
            n->phase = INSIDE_COMMAND;
        break;
    case INSIDE_COMMAND:
        n->phase = octet == SE ? DATA : INSIDE;
        break;
    }
}
