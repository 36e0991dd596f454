#include "sim/language/keyword.h"

#include <string.h>

#include "sim/language/build.h"
#include "sim/language/grammar.tab.h"

static const struct keyword keywords[] = {
    {"covers", AT_LINE, COVERS, LINE_COVERS, false},
    {"include", AT_LINE, 0, LINE_INCLUDE, false},
    {"end", AT_LINE, END_AT, LINE_END, false},
    {"set", AT_LINE, SET, LINE_SET, false},
    {"param", AT_LINE, PARAM, LINE_PARAM, false},
    {"link", AT_LINE, LINK, LINE_LINK, false},
    {"host", AT_LINE, HOST, LINE_HOST, false},
    {"sut", AT_LINE, SUT, LINE_SUT, false},
    {"format", AT_LINE, FORMAT, LINE_FORMAT, false},
    {"ignore", AT_LINE, IGNORE, LINE_IGNORE, false},
    {"expert", AT_LINE, EXPERT, LINE_EXPERT, false},
    {"golden", AT_LINE, GOLDEN, LINE_GOLDEN, false},
    {"judge", AT_LINE, JUDGE, LINE_JUDGE, false},
    {"outcome", AT_LINE, OUTCOME, LINE_OUTCOME, false},
    {"all", AT_LINE, ALL, LINE_ALL, false},
    {"repeat", AT_LINE, REPEAT, LINE_REPEAT, false},
    {"one", AT_LINE, ONE, LINE_ONE, false},
    {"if", AT_LINE, IF, LINE_IF, false},
    {"assert", AT_ACTION, ASSERT, LINE_ASSERT, false},
    {"quiet", AT_ACTION, QUIET, LINE_QUIET, false},
    {"link", AT_ACTION, LINK, LINE_FAULT, true},
    {"set", AT_ACTION, SET, LINE_SET_EVENT, true},
    {"let", AT_ACTION, LET, LINE_LET, true},
    {"maybe", AT_PACKET, MAYBE, LINE_KINDS, false},
    {"or", AT_CLOSE, OR, LINE_KINDS, false},
    {"on", AT_ATTRIBUTE, ON, LINE_KINDS, false},
    {"set", AT_VERB, SET, LINE_KINDS, false},
    {"match", AT_FAULT, MATCH, LINE_KINDS, false},
    {"and", AT_EXPRESSION, AND, LINE_KINDS, false},
    {"or", AT_EXPRESSION, OR, LINE_KINDS, false},
    {"not", AT_EXPRESSION, NOT, LINE_KINDS, false},
    {"assert", AT_STATEMENT, ASSERT, LINE_KINDS, false},
};
enum { KEYWORDS = sizeof keywords / sizeof keywords[0] };

const struct keyword *keyword_of(enum keyword_at at, const struct word *w)
{
    for (int k = 0; w->kind == WORD_NAME && k < KEYWORDS; k++)
        if (keywords[k].at == at && strcmp(keywords[k].word, w->text) == 0)
            return &keywords[k];
    return NULL;
}

const char *keyword_nearest(enum keyword_at at, const char *text)
{
    const char *words[KEYWORDS + 1] = {NULL};
    int n = 0;
    for (int k = 0; k < KEYWORDS; k++)
        if (keywords[k].at == at)
            words[n++] = keywords[k].word;
    return nearest_word(text, words);
}

static const struct {
    const char *title, *form;
} about[LINE_KINDS] = {
    [LINE_OPTION] = {"option", "--name or --name=value"},
    [LINE_SHELL] = {"command", "`COMMAND`, before the first event or behind the last"},
    [LINE_COVERS] = {"covers", "covers REQUIREMENT..."},
    [LINE_END] = {"end", "end TIME [because \"REASON\"]"},
    [LINE_SET] = {"set", "set KNOB VALUE [KNOB VALUE]..."},
    [LINE_PARAM] = {"param", "param NAME = VALUE[, VALUE]... or FIRST..LAST"},
    [LINE_LINK] = {"link", "link NAME [ATTRIBUTE VALUE]..."},
    [LINE_HOST] = {"host", "host KIND NAME [ATTRIBUTE VALUE]..."},
    [LINE_SUT] = {"sut", "sut INTERFACE [ATTRIBUTE VALUE]..."},
    [LINE_FORMAT] = {"format", "format NAME on LAYER NUMBER { FIELD: TYPE [= VALUE] ... }"},
    [LINE_IGNORE] = {"ignore", "ignore [@HOST] > PACKET [until TIME]"},
    [LINE_EXPERT] = {"expert", "expert FRAME FIELD|any [on LINK]"},
    [LINE_GOLDEN] = {"golden", "golden fingerprint"},
    [LINE_OUTCOME] = {"outcome", "outcome [+]TIME EXPRESSION"},
    [LINE_JUDGE] = {"judge", "judge outcome"},
    [LINE_INCLUDE] = {"include", "include \"FILE\""},
    [LINE_ALL] = {"all", "all { LINES }"},
    [LINE_REPEAT] = {"repeat",
                     "repeat COUNT [?NAME] { LINES } or repeat LEAST..MOST [?NAME] { LINES }"},
    [LINE_ONE] = {"one", "one { LINES } or { LINES }"},
    [LINE_IF] = {"if", "if EXPRESSION { LINES }"},
    [LINE_CLOSE] = {"closing", "}"},
    [LINE_PACKET] = {"packet", "TIME [@HOST] < PACKET or TIME [maybe] [@HOST] > PACKET"},
    [LINE_CALL] = {"call", "TIME [@HOST] NAME(ARGUMENTS) [= RESULT [ERRNO] [(NOTE)]]"},
    [LINE_ASSERT] = {"assert", "TIME assert EXPRESSION"},
    [LINE_QUIET] = {"quiet", "TIME quiet"},
    [LINE_FAULT] = {"link",
                    "TIME link NAME VERB [AMOUNT] [frame N] [every N] [from HOST] [match PACKET]"},
    [LINE_SET_EVENT] = {"set", "TIME set KNOB VALUE"},
    [LINE_LET] = {"let", "TIME let NAME = EXPRESSION"},
    [LINE_SHELL_EVENT] = {"command", "TIME `COMMAND`"},
    [LINE_CODE] = {"code", "TIME %{ assert EXPRESSION }%"},
};

bool line_is_event(enum line_kind kind)
{
    return kind >= LINE_PACKET;
}

const char *line_form(enum line_kind kind)
{
    return about[kind].form;
}

const char *line_title(enum line_kind kind)
{
    return about[kind].title;
}
