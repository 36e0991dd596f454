#include "sim/play/pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/play/engine.h"
#include "sim/play/made.h"

enum { PIPE_MOST = 65536 }; /* pipe(7): sixteen pages */

struct pipe {
    uint8_t octets[PIPE_MOST];
    uint32_t held;
};

static bool is_call(const struct pending_call *p, const char *name)
{
    return strcmp(p->step->u.call.name, name) == 0;
}

static int64_t open_call(struct run *r, const struct pending_call *p)
{
    const struct value *wanted = &p->step->u.call.result;
    int64_t fd = wanted->kind == VALUE_NUMBER ? wanted->number : p->on->room;
    struct descriptor *d = descriptor_make(r, p->on, fd, 0);
    if (!d)
        return -EMFILE;
    d->file = true;
    return fd;
}

/* pipe([5, 6]): the numbers are the script's. */
static int64_t make_pipe(struct run *r, const struct pending_call *p)
{
    const struct value *ends = &p->argument[0];
    if (ends->kind != VALUE_LIST || ends->items != 2)
        return -EFAULT;
    struct pipe *pipe = world_alloc(r->world, sizeof *pipe, 16);
    for (uint32_t k = 0; k < 2; k++) {
        struct descriptor *d = descriptor_make(r, p->on, ends->item[k].number, 0);
        if (!d)
            return -EMFILE;
        d->pipe = pipe;
    }
    return 0;
}

static uint32_t room_of(const struct pipe *pipe)
{
    return PIPE_MOST - pipe->held;
}

/* splice(IN, OFFSET, OUT, OFFSET, LENGTH, FLAGS) between what is none of the stack's. */
static int64_t splice_own(const struct pending_call *p)
{
    const struct descriptor *in = descriptor_of(p->on, &p->argument[0]),
                            *out = descriptor_of(p->on, &p->argument[2]);
    uint32_t len = p->argument[4].number < PIPE_MOST ? (uint32_t)p->argument[4].number : PIPE_MOST;
    if (!in || !out)
        return -EBADF;
    if (!in->file || !out->pipe)
        return -EINVAL;
    uint32_t moved = len < room_of(out->pipe) ? len : room_of(out->pipe);
    memset(out->pipe->octets + out->pipe->held, 0, moved);
    out->pipe->held += moved;
    return moved ? (int64_t)moved : -EAGAIN;
}

struct descriptor *pipe_stream(const struct pending_call *p, bool *sends)
{
    struct descriptor *first = descriptor_of(p->on, &p->argument[0]), *third = NULL;
    *sends = is_call(p, "sendfile");
    if (is_call(p, "sendfile"))
        return first && first->stream ? first : NULL;
    if (!is_call(p, "splice"))
        return NULL;
    third = descriptor_of(p->on, &p->argument[2]);
    *sends = third && third->stream;
    if (*sends)
        return first && first->pipe ? third : NULL;
    return first && first->stream && third && third->pipe ? first : NULL;
}

int64_t pipe_call(struct run *r, struct pending_call *p)
{
    const struct call_step *call = &p->step->u.call;
    bool sends;
    if (is_call(p, "open"))
        return open_call(r, p);
    if (is_call(p, "pipe") && call->arguments == 1)
        return make_pipe(r, p);
    if (is_call(p, "splice") && call->arguments == 6) {
        const struct descriptor *stream = pipe_stream(p, &sends);
        const struct descriptor *in = descriptor_of(p->on, &p->argument[0]);
        if (!stream)
            return splice_own(p);
        return sends && in->pipe->held == 0 ? -EAGAIN : SUT_UNKNOWN;
    }
    if (is_call(p, "sendfile") && call->arguments == 4) {
        const struct descriptor *file = descriptor_of(p->on, &p->argument[1]);
        return !file || !pipe_stream(p, &sends) ? -EBADF : file->file ? SUT_UNKNOWN : -EINVAL;
    }
    return SUT_UNKNOWN;
}

static void make_splice(const struct pending_call *p, bool sends, struct made_call *out)
{
    const struct pipe *pipe = descriptor_of(p->on, &p->argument[sends ? 0 : 2])->pipe;
    int64_t len = p->argument[4].number, flags = p->argument[5].number;
    uint32_t most = sends ? pipe->held : room_of(pipe);
    uint32_t moved = len < most ? (uint32_t)len : most;
    int how = (flags & SPLICE_F_NONBLOCK) ? MSG_DONTWAIT : 0;
    if (sends && (flags & SPLICE_F_MORE))
        how |= MSG_MORE;
    out->name = sends ? "send" : "recv";
    out->argv[1] = (struct value){.kind = VALUE_NONE};
    if (sends)
        out->argv[1] = (struct value){.kind = VALUE_BYTES, .bytes = pipe->octets, .len = moved};
    out->argv[2] = (struct value){.kind = VALUE_NUMBER, .number = moved};
    out->argv[3] = (struct value){.kind = VALUE_NUMBER, .number = how};
}

void pipe_make(struct pending_call *p, struct made_call *out)
{
    bool sends;
    const struct descriptor *d = pipe_stream(p, &sends);
    if (!d)
        return;
    out->argc = 4;
    out->argv[0] = (struct value){.kind = VALUE_NUMBER, .number = d->to};
    if (is_call(p, "splice")) {
        make_splice(p, sends, out);
        return;
    }
    out->name = "send";
    out->argv[1] = (struct value){.kind = VALUE_NONE};
    out->argv[2] = p->argument[3];
    out->argv[3] = (struct value){.kind = VALUE_NUMBER};
}

void pipe_moved(struct run *r, const struct pending_call *p, int64_t result,
                const struct value *octets)
{
    (void)r;
    bool sends;
    if (!is_call(p, "splice") || !pipe_stream(p, &sends) || result <= 0)
        return;
    struct pipe *pipe = descriptor_of(p->on, &p->argument[sends ? 0 : 2])->pipe;
    uint32_t moved = (uint32_t)result;
    if (sends) {
        pipe->held -= moved;
        memmove(pipe->octets, pipe->octets + moved, pipe->held);
    } else if (octets->kind == VALUE_BYTES && octets->len == moved && moved <= room_of(pipe)) {
        memcpy(pipe->octets + pipe->held, octets->bytes, moved);
        pipe->held += moved;
    }
}
