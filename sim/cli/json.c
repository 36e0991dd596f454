#include "sim/base/text.h"
#include "sim/cli/cli.h"

void json_text(const char *text)
{
    putchar('"');
    for (int len; text && *text; text += len ? len : 1) {
        len = text_character(text);
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c < 32)
            printf("\\u%04x", c);
        else if (len == 0)
            fputs("\\ufffd", stdout);
        else
            fwrite(text, 1, (size_t)len, stdout);
    }
    putchar('"');
}
