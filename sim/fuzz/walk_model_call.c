/* What RFC 9293 has calls give, as far as is known. */
#include <errno.h>
#include <inttypes.h>
#include <sys/socket.h>
#include "sim/fuzz/walk_inside.h"

void walk_model_call(struct walk *w)
{
    w->model.answers = w->model.empty = 0;
    w->model.answer_flags = 0;
    w->model.bent_now = false;
}

/* `line` says what the call should have given. */
static void must(struct walk *w, bool holds, const char *line, const char *sentence)
{
    if (holds || !walk_model_is_sure(w))
        return;
    FILE *out = walk_line(w);
    if (out)
        fprintf(out, "%s\n", line);
    walk_fail(w, "%s", sentence);
}

void walk_model_wrote(struct walk *w, int fd, int64_t got, uint32_t len)
{
    char line[80];
    struct walk_model *m = &w->model;
    m->reset_due = false;
    snprintf(line, sizeof line, "send(%d, ..., %" PRIu32 ", MSG_DONTWAIT) = -1 EPIPE", fd, len);
    if (w->fd[fd].shut_write && len > 0)
        must(w, got < 0 && got != -EAGAIN, line, "a write behind the FIN is taken, or waits");
}

/* A user that reads until nothing is there has what was acknowledged. */
static void drained(struct walk *w, int fd, uint32_t len)
{
    char line[80], sentence[120];
    const struct walk_model *m = &w->model;
    const struct walk_end *e = &w->end;
    if (m->live != 1 || m->pending || m->deaf || !e->known || m->state < ESTABLISHED)
        return;
    if (m->fin_perhaps && !m->fin_in)
        return;
    uint32_t there = e->told - 1 - m->fin_in - w->fd[fd].read_at;
    snprintf(line, sizeof line, "recv(%d, ..., %" PRIu32 ", MSG_DONTWAIT) = %" PRIu32, fd, len,
             there < len ? there : len);
    snprintf(sentence, sizeof sentence,
             "%" PRIu32 " octets were acknowledged that the user cannot read", there);
    must(w, (int32_t)there <= 0, line, sentence);
    must(w, !m->fin_in, line, "the FIN was acknowledged, and a read says that more may come");
}

void walk_model_read(struct walk *w, int fd, int64_t got, uint32_t len, int flags)
{
    char line[80];
    struct walk_model *m = &w->model;
    bool waits = w->fd[fd].unread;
    w->fd[fd].unread = got > 0 && flags & MSG_PEEK;
    if (fd != m->fd)
        return;
    snprintf(line, sizeof line, "recv(%d, ..., %" PRIu32 ", MSG_DONTWAIT) = %s", fd, len,
             len ? "-1 ECONNRESET" : "0");
    if (m->reset_due && len > 0)
        must(w, got < 0 && got != -EAGAIN, line,
             "the peer reset the connection, and a read does not say so");
    m->reset_due &= len == 0 && (got >= 0 || got == -EAGAIN);
    if (got == -EAGAIN && len > 0)
        drained(w, fd, len);
    if (len == 0 && waits)
        must(w, got == 0, line, "octets wait, and a read of none gives another number than 0");
}

/* RFC 9293 3.6.1, SHLD-3: what nobody read is told. */
void walk_model_closed(struct walk *w, int fd, bool unread, unsigned was)
{
    char line[80];
    struct walk_model *m = &w->model;
    snprintf(line, sizeof line, "assert query(\"tcp.count %s\") == 0",
             walk_state_name(m->state > LISTEN ? m->state : ESTABLISHED));
    if (fd == m->fd && unread && was >= ESTABLISHED && was <= CLOSE_WAIT)
        must(w, m->answer_flags & RST, line,
             "octets were not read when the user closed, and no RST tells it (RFC 9293, SHLD-3)");
    if (fd == m->fd)
        m->fd = -1;
}
