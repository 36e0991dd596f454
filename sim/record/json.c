#include "sim/record/json.h"
#include "sim/base/text.h"

void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (int len; text && *text; text += len ? len : 1) {
        len = text_character(text);
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 32)
            fprintf(out, "\\u%04x", c);
        else if (len == 0)
            fputs("\\ufffd", out);
        else
            fwrite(text, 1, (size_t)len, out);
    }
    fputc('"', out);
}
