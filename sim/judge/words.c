/* The words for what is wrong with a frame, with its time, or with its absence. */
#include "sim/judge/private.h"
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_ROOM = 2048 };

static void say_fields(const struct packet_verdict *v, char out[TEXT_ROOM], int len)
{
    for (uint32_t d = 0; d < v->differences && d < PACKET_DIFFERENCES && len < TEXT_ROOM; d++) {
        const struct packet_difference *one = &v->difference[d];
        len += snprintf(out + len, (size_t)(TEXT_ROOM - len),
                        "\n  differs   %s: expected %s, actual %s%s%s", one->field, one->expected,
                        one->actual, one->clause ? ", " : "", one->clause ? one->clause : "");
    }
}

void say_differs(struct judge *j, const struct expectation *e, const struct seen *s,
                 const struct packet_verdict *v)
{
    char *expected = packet_print(e->packet);
    char text[TEXT_ROOM], differs[TEXT_ROOM];
    packet_text(j->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    int len = 0;
    differs[0] = 0;
    if (!expect_leaves_by(e, s))
        len = snprintf(differs, TEXT_ROOM, "\n  differs   interface: expected %s, actual %s",
                       e->at->name, s->from->name);
    say_fields(v, differs, len);
    verdict_fail(j->verdict, &e->place, s->time_ns,
                 "the packet out of %s differs from the line\n  expected  > %s\n  actual    > %s%s",
                 s->from->name, expected, text, differs);
    free(expected);
}

void say_broken(struct judge *j, const struct place *place, const struct judge_port *from,
                const struct frame *f, const struct packet_verdict *v, int64_t now_ns)
{
    char text[TEXT_ROOM], differs[TEXT_ROOM] = "";
    packet_text(j->layers, f->bytes, f->len, 1, text, sizeof text);
    say_fields(v, differs, 0);
    verdict_fail(j->verdict, place, now_ns,
                 "the packet out of %s needs no line, but is not as every packet must be\n  actual "
                 "   > %s%s",
                 from->name, text, differs);
}

void say_time(struct judge *j, const struct expectation *e, const struct seen *s)
{
    char at[TIME_TEXT_BYTES], from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES], text[TEXT_ROOM];
    packet_text(j->layers, s->frame->bytes, s->frame->len, 0, text, sizeof text);
    bool range = e->from_ns != e->to_ns;
    verdict_fail(
        j->verdict, &e->place, s->time_ns,
        "the packet came too %s\n  actual    > %s\n  differs   time: expected %s%s%s%s, actual %s",
        s->time_ns < e->from_ns ? "early" : "late", text, range ? "between " : "",
        time_text(e->from_ns, from), range ? " and " : "", range ? time_text(e->to_ns, to) : "",
        time_text(s->time_ns, at));
}

void say_missing(struct judge *j, const struct expectation *e, int64_t now_ns)
{
    char *expected = packet_print(e->packet);
    char to[TIME_TEXT_BYTES], part[64] = "expected one, actual none";
    if (e->joined)
        snprintf(part, sizeof part, "expected more, actual only its first %u octets", e->joined);
    verdict_fail(j->verdict, &e->place, now_ns,
                 "no packet came%s%s\n  expected  > %s\n  differs   packet: %s",
                 now_ns < e->to_ns ? ", and nothing is due any more" : " by ",
                 now_ns < e->to_ns ? "" : time_text(e->to_ns, to), expected, part);
    free(expected);
}

void say_unexpected(struct judge *j, const struct place *place, const struct seen *s)
{
    char text[TEXT_ROOM];
    packet_text(j->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    verdict_fail(j->verdict, place, s->time_ns,
                 "no line expects this packet out of %s\n  actual    > %s\n  differs   packet: "
                 "expected none, actual one",
                 s->from->name, text);
}
