/* The telnet server against RFC 854, 855, 857, 858, 1091 and 1073, octet by octet; and its lies. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/tcp_rig.h"

#define SERVER         "host telnet-server srv ip 10.0.2.2/24 "
#define SAY(t, text)   tcp_say(t, text, sizeof(text) - 1)
#define HEARD(t, text) tcp_heard(t, text, sizeof(text) - 1)

static struct tcp_talk talk;

static void begin(const char *line)
{
    tcp_talk_begin(&talk, line, 23);
}

static void end(int64_t violations, const char *last)
{
    cr_expect_eq(peer_rig_number(talk.r, "violations"), violations);
    peer_rig_says(talk.r, "last-violation", last);
    peer_rig_close(talk.r);
}

Test(telnet, lines_are_answered)
{
    begin(SERVER "banner \"hello\\n\" prompt \"$ \" answer \"who\" \"nobody\\n\"");
    HEARD(&talk, "hello\r\n$ ");
    SAY(&talk, "who\r\n");
    HEARD(&talk, "nobody\r\n$ ");
    SAY(&talk, "a\xff\xff"
               "b\r");
    HEARD(&talk, "");
    tcp_say(&talk, "\0", 1);
    HEARD(&talk, "$ ");
    peer_rig_says(talk.r, "last-line",
                  "a\xff"
                  "b");
    SAY(&talk, "quit\r\n");
    cr_assert(talk.ended);
    cr_assert_eq(peer_rig_number(talk.r, "lines"), 3);
    end(0, "");
}

Test(telnet, options_are_agreed_on_once)
{
    begin(SERVER "echo, suppress-go-ahead, terminal-type, window-size, prompt \"\"");
    HEARD(&talk, "\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfd\x1f");
    SAY(&talk, "\xff\xfd\x01\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f");
    HEARD(&talk, "\xff\xfa\x18\x01\xff\xf0");
    tcp_say(&talk, "\xff\xfa\x18\0VT100\xff\xf0\xff\xfa\x1f\0\x50\xff\xff\x18\xff\xf0", 21);
    peer_rig_says(talk.r, "terminal", "VT100");
    cr_assert_eq(peer_rig_number(talk.r, "width"), 80);
    cr_assert_eq(peer_rig_number(talk.r, "height"), 0xff18);
    SAY(&talk, "ab");
    HEARD(&talk, "ab");
    SAY(&talk, "\xff\xfe\x01"
               "cd");
    HEARD(&talk, "\xff\xfc\x01");
    peer_rig_says(talk.r, "us 1", "no");
    peer_rig_says(talk.r, "us 3", "yes");
    end(0, "");
}

/* RFC 854: what is not known is refused, what is already so is not answered. */
Test(telnet, unknown_options_are_refused)
{
    begin(SERVER "prompt \"\"");
    SAY(&talk, "\xff\xfd\xc8\xff\xfb\xc8");
    HEARD(&talk, "\xff\xfc\xc8\xff\xfe\xc8");
    SAY(&talk, "\xff\xfd\x03\xff\xfb\x03");
    HEARD(&talk, "\xff\xfb\x03\xff\xfd\x03");
    end(0, "");
}

Test(telnet, commands)
{
    begin(SERVER "prompt \"\"");
    SAY(&talk, "a\xff\xf1"
               "b\xff\xf9"
               "c\xff\xf4"
               "d\r\n");
    peer_rig_says(talk.r, "last-line", "abcd");
    cr_assert_eq(peer_rig_number(talk.r, "commands"), 3);
    cr_assert_eq(peer_rig_number(talk.r, "interrupts"), 1);
    SAY(&talk, "\xff\xf6");
    HEARD(&talk, "\r\n[yes]\r\n");
    end(0, "");
}

Test(telnet, what_it_minds)
{
    static const struct {
        const char *octets;
        const char *said;
    } rows[] = {
        {"a\rb", "a CR without LF or NUL behind it (RFC 854)"},
        {"\xff\xfe\x01", "a request for the mode that is already (RFC 854)"},
        {"\xff\xfc\x22", "a request for the mode that is already (RFC 854)"},
        {"\xff\x41", "IAC with what is no command behind it (RFC 854)"},
        {"\xff\xf0", "the end of a subnegotiation that has not begun (RFC 855)"},
        {"\xff\xfa\x22xyz\xff\xf0", "a subnegotiation of another form (RFC 1091, RFC 1073)"},
        {"\xff\xfa\x18\xffz", "IAC in a subnegotiation that is not doubled (RFC 855)"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        begin(SERVER);
        tcp_say(&talk, rows[k].octets, (uint32_t)strlen(rows[k].octets));
        peer_rig_says(talk.r, "last-violation", rows[k].said);
        cr_assert_gt(peer_rig_number(talk.r, "violations"), 0);
        peer_rig_close(talk.r);
    }
}

Test(telnet, calls)
{
    begin(SERVER "prompt \"\"");
    peer_rig_call(talk.r, "will(1)");
    peer_rig_call(talk.r, "say(\"x\\n\")");
    peer_rig_call(talk.r, "octets(hex ff f1)");
    SAY(&talk, "");
    HEARD(&talk, "\xff\xfb\x01x\r\n\xff\xf1");
    peer_rig_says(talk.r, "us 1", "asked");
    SAY(&talk, "\xff\xfd\x01");
    HEARD(&talk, "");
    peer_rig_says(talk.r, "us 1", "yes");
    peer_rig_call(talk.r, "synch()");
    SAY(&talk, "");
    HEARD(&talk, "\xff\xf2");
    cr_assert_eq(talk.urgent, 2, "behind the last urgent octet (RFC 9293 3.8.5)");
    end(0, "");
}

Test(telnet, lies)
{
    static const struct {
        const char *line, *said, *heard;
    } rows[] = {
        {SERVER "prompt \"\" echo, twice", "", "\xff\xfb\x01\xff\xfb\x01"},
        {SERVER "prompt \"\" unanswered", "\xff\xfd\x03", ""},
        {SERVER "prompt \"\" accept-all", "\xff\xfd\xc8", "\xff\xfb\xc8"},
        {SERVER "prompt \"\" loop", "\xff\xfd\x03\xff\xfd\x03", "\xff\xfb\x03\xff\xfb\x03"},
        {SERVER "prompt \"\" early-sub", "", "\xff\xfa\x18\x01\xff\xf0"},
        {SERVER "prompt \"\" early-sub, unended-sub", "", "\xff\xfa\x18\x01"},
        {SERVER "prompt \"a\\nb\" bare-cr", "", "a\rb"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        begin(rows[k].line);
        if (rows[k].said[0])
            tcp_say(&talk, rows[k].said, (uint32_t)strlen(rows[k].said));
        tcp_heard(&talk, rows[k].heard, (uint32_t)strlen(rows[k].heard));
        peer_rig_close(talk.r);
    }
}
