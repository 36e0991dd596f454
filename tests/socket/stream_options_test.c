/* Options of streams: what was set is what is read, and what cannot be is refused and changes
 * nothing. */
#include "tests/transport/segment.h"

static struct talk t;

static void open_it(void)
{
    t = talk_open();
}

static void close_it(void)
{
    talk_close(&t);
}

TestSuite(stream_options, .init = open_it, .fini = close_it);

static int64_t get(int fd, enum socket_option option)
{
    int64_t value = -77;
    cr_assert_eq(socket_get(t.r->s, fd, option, &value), 0, "option %d", (int)option);
    return value;
}

static const struct {
    enum socket_option option;
    int64_t fresh, set;
} options[] = {
    {SO_OPT_REUSEADDR, 0, 1},
    {SO_OPT_KEEPALIVE, 0, 1},
    {SO_OPT_LINGER, -1, 5},
    {SO_OPT_LINGER, -1, 0},
    {TCP_OPT_NODELAY, 0, 1},
    {TCP_OPT_MAXSEG, 536, 1000}, /* RFC 9293 3.7.1 */
    {TCP_OPT_CORK, 0, 1},
    {TCP_OPT_KEEPIDLE, 7200, 32767}, /* RFC 9293 3.8.4: at least two hours by default */
    {TCP_OPT_KEEPINTVL, 75, 1},
    {TCP_OPT_KEEPCNT, 9, 127},
    {TCP_OPT_USER_TIMEOUT, 0, 5000},
    {TCP_OPT_QUICKACK, 1, 0},
    {TCP_OPT_NOTSENT_LOWAT, 0, 4096},
    {TCP_OPT_CONGESTION, SOCKET_CC_CUBIC, SOCKET_CC_RENO},
    {TCP_OPT_NO_OPTIONS, 0, 1},
    {TCP_OPT_FASTOPEN, 0, 16},
    {TCP_OPT_FASTOPEN_CONNECT, 0, 1},
    {TCP_OPT_FASTOPEN_NO_COOKIE, 0, 1},
};
enum { OPTIONS = sizeof options / sizeof *options };

Test(stream_options, what_was_set_is_read)
{
    for (size_t k = 0; k < OPTIONS; k++) {
        int fd = stream_socket(&t);
        cr_assert_eq(get(fd, options[k].option), options[k].fresh, "option %zu, new", k);
        cr_assert_eq(socket_set(t.r->s, fd, options[k].option, options[k].set, 0), 0, "%zu", k);
        for (size_t other = 0; other < OPTIONS; other++)
            cr_assert_eq(get(fd, options[other].option),
                         options[other].option == options[k].option ? options[k].set
                                                                    : options[other].fresh,
                         "option %zu beside %zu", other, k);
        int64_t back = options[k].option == TCP_OPT_MAXSEG ? 0 : options[k].fresh;
        cr_assert_eq(socket_set(t.r->s, fd, options[k].option, back, 0), 0, "%zu, back", k);
        cr_assert_eq(get(fd, options[k].option), options[k].fresh, "option %zu, taken back", k);
        cr_assert_eq(socket_close(t.r->s, fd, 0), 0);
    }
}

Test(stream_options, values_that_cannot_be)
{
    static const struct {
        enum socket_option option;
        int64_t value;
        int error;
    } wrong[] = {
        {SO_OPT_LINGER, -2, -ERR_INVAL},        {SO_OPT_SNDBUF, -1, -ERR_INVAL},
        {SO_OPT_RCVBUF, -1, -ERR_INVAL},        {TCP_OPT_MAXSEG, 63, -ERR_INVAL},
        {TCP_OPT_MAXSEG, 65496, -ERR_INVAL},    {TCP_OPT_MAXSEG, -1, -ERR_INVAL},
        {TCP_OPT_KEEPIDLE, 0, -ERR_INVAL},      {TCP_OPT_KEEPIDLE, 32768, -ERR_INVAL},
        {TCP_OPT_KEEPINTVL, 0, -ERR_INVAL},     {TCP_OPT_KEEPINTVL, 32768, -ERR_INVAL},
        {TCP_OPT_KEEPCNT, 0, -ERR_INVAL},       {TCP_OPT_KEEPCNT, 128, -ERR_INVAL},
        {TCP_OPT_USER_TIMEOUT, -1, -ERR_INVAL}, {TCP_OPT_NOTSENT_LOWAT, -1, -ERR_INVAL},
        {TCP_OPT_CONGESTION, 2, -ERR_NOENT},    {TCP_OPT_FASTOPEN, -1, -ERR_INVAL},
    };
    int fd = stream_socket(&t);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        int64_t before = get(fd, wrong[k].option);
        cr_assert_eq(socket_set(t.r->s, fd, wrong[k].option, wrong[k].value, 0), wrong[k].error,
                     "case %zu", k);
        cr_assert_eq(get(fd, wrong[k].option), before, "case %zu", k);
    }
}

/* What can be read alone, and what is no stream's at all. */
Test(stream_options, what_is_not_set)
{
    static const enum socket_option told[] = {SO_OPT_OOBINLINE, SO_OPT_ACCEPTCONN, TCP_OPT_INQ,
                                              TCP_OPT_OUTQ,     TCP_OPT_OUTQNSD,   TCP_OPT_AT_MARK,
                                              IP_OPT_HDRINCL,   IP_OPT_MTU};
    static const enum socket_option foreign[] = {IP_OPT_HDRINCL, UDP_OPT_NO_CHECKSUM};
    int64_t value;
    int fd = stream_socket(&t);
    for (size_t k = 0; k < sizeof told / sizeof *told; k++)
        cr_assert_eq(socket_set(t.r->s, fd, told[k], 1, 0), -ERR_NOPROTOOPT, "option %zu", k);
    for (size_t k = 0; k < sizeof foreign / sizeof *foreign; k++)
        cr_assert_eq(socket_get(t.r->s, fd, foreign[k], &value), -ERR_NOPROTOOPT, "option %zu", k);
    cr_assert_eq(get(fd, SO_OPT_OOBINLINE), 1); /* RFC 6093 4 */
    cr_assert_eq(get(fd, SO_OPT_ACCEPTCONN), 0);
    cr_assert_eq(get(fd, SO_OPT_TYPE), SOCKET_STREAM);
    cr_assert_eq(socket_get(t.r->s, fd, IP_OPT_MTU, &value), -ERR_NOTCONN);
}

Test(stream_options, a_listener)
{
    int64_t value;
    int fd = listening(&t, 1);
    cr_assert_eq(get(fd, SO_OPT_ACCEPTCONN), 1);
    cr_assert_eq(socket_get(t.r->s, fd, TCP_OPT_INQ, &value), -ERR_INVAL);
    cr_assert_eq(socket_get(t.r->s, fd, TCP_OPT_OUTQ, &value), -ERR_INVAL);
    cr_assert_eq(socket_get(t.r->s, fd, IP_OPT_MTU, &value), -ERR_NOTCONN);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_FASTOPEN_CONNECT, 1, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_FASTOPEN, 70000, 0), 0);
    cr_assert_eq(get(fd, TCP_OPT_FASTOPEN), 65535);
}

Test(stream_options, a_connection)
{
    int fd = connected(&t, 0);
    cr_assert_eq(get(fd, IP_OPT_MTU), 1500);
    cr_assert_eq(get(fd, TCP_OPT_MAXSEG), 1460);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .fill = 30});
    cr_assert_eq(get(fd, TCP_OPT_INQ), 30);
    cr_assert_eq(send_octets(&t, fd, 100), 100);
    cr_assert_eq(get(fd, TCP_OPT_OUTQ), 100);
    cr_assert_eq(get(fd, TCP_OPT_OUTQNSD), 0);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_FASTOPEN, 1, 0), -ERR_INVAL);
}

/* RFC 7413 4.1.2: a key of the listener's own is of streams alone. */
Test(stream_options, a_key_for_cookies)
{
    static const uint8_t key[16] = {1};
    int datagrams = socket_open(t.r->s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_set_fastopen_key(t.r->s, datagrams, key), -ERR_OPNOTSUPP);
    cr_assert_eq(socket_set_fastopen_key(t.r->s, 99, key), -ERR_BADF);
    cr_assert_eq(socket_set_fastopen_key(t.r->s, stream_socket(&t), key), 0);
}
