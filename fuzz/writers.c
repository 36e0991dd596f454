/*
 * What results are written with: names of any octets in JSON and in HTML. What comes out is one
 * string, or text that no reader takes for markup, in UTF-8.
 */
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "sim/base/text.h"
#include "sim/record/html.h"
#include "sim/record/json.h"

static char *written(void (*write)(FILE *out, const char *text), const char *text)
{
    char *made = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&made, &len);
    CHECK(out);
    write(out, text);
    fclose(out);
    CHECK(made && strlen(made) == len);
    return made;
}

static void check_utf8(const char *text)
{
    for (int len; *text; text += len) {
        len = text_character(text);
        CHECK(len > 0);
    }
}

/* RFC 8259 7. */
static void check_json(const char *text)
{
    const char *made = written(json_string, text), *at = made;
    CHECK(*at++ == '"');
    for (; *at != '"'; at++) {
        CHECK((unsigned char)*at >= 32);
        if (*at != '\\')
            continue;
        at++;
        CHECK(*at == '"' || *at == '\\' || *at == 'n' ||
              (*at == 'u' && strspn(at + 1, "0123456789abcdef") >= 4));
    }
    CHECK(at[1] == 0);
    check_utf8(made);
    free((char *)(uintptr_t)made);
}

static void check_html(const char *text)
{
    static const char *const entities[] = {"&lt;",  "&gt;",     "&amp;", "&#34;",
                                           "&#39;", "&#xfffd;", NULL};
    char *made = written(html_text, text);
    for (const char *at = made; *at; at++) {
        CHECK(!strchr("<>\"'", *at));
        CHECK((unsigned char)*at >= 32 || *at == '\n' || *at == '\t');
        int k = 0;
        while (*at == '&' && entities[k] && strncmp(at, entities[k], strlen(entities[k])) != 0)
            k++;
        CHECK(*at != '&' || entities[k]);
    }
    check_utf8(made);
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    CHECK(text);
    memcpy(text, data, size);
    text[size] = 0;
    check_json(text);
    check_html(text);
    free(text);
    return 0;
}
