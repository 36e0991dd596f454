#include "sim/record/html.h"
#include <string.h>
#include "sim/base/text.h"

void html_octets(FILE *out, const char *text, size_t octets)
{
    const char *end = text + octets;
    for (int len; text < end && *text; text += len ? len : 1) {
        len = text_character(text);
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"' || c == '\'')
            fprintf(out, "&#%d;", c);
        else if ((c < 32 && c != '\n' && c != '\t') || len == 0 || len > end - text)
            fputs("&#xfffd;", out);
        else
            fwrite(text, 1, (size_t)len, out);
    }
}

void html_text(FILE *out, const char *text)
{
    if (text)
        html_octets(out, text, strlen(text));
}
