/*
 * The grammar of a script's lines. The stream (stream.c) knows the line's kind, so a declaration word is a token of its own only where
 * it starts a line, and a packet's words arrive as one PACKET that sim/packet compiles. What the rules make is built in build.c.
 */
%define api.pure full
%define api.prefix {script_yy}
%define api.value.type union
%define parse.error custom
%define parse.lac full
%param {struct parse *p}

%code requires {
#include "sim/language/build.h"
}
%code {
#include <string.h>
int script_yylex(SCRIPT_YYSTYPE *value, struct parse *p);
static void script_yyerror(struct parse *p, const char *text);
#define NEED(condition) do { if (!(condition)) YYABORT; } while (0)
}

%token <const struct word *>
    NAME "a name" NUMBER "a number" TIME "a time" STRING "a string" IPV4 "an IPv4 address" PREFIX "an address/prefix"
    IPV6 "an IPv6 address" MAC "a MAC address" BIND "?name" USE "$name" HEX "hexadecimal bytes"
    STAMP "a time stamp" ARROW "`<` or `>`" OPTION "an option" OPTION_VALUE "an option's value" SHELL "a `command`" CODE "a code block"
    NOTE "a note"
%token <struct packet_words> PACKET "a packet"
%token EOL "the line's end" END 0 "the script's end"
%token COVERS "covers" END_AT "end" SET "set" PARAM "param" LINK "link" HOST "host" SUT "sut" FORMAT "format" IGNORE "ignore" EXPERT "expert"
    GOLDEN "golden" JUDGE "judge" OUTCOME "outcome" ALL "all" REPEAT "repeat" ON "on" ASSERT "assert" QUIET "quiet" MATCH "match" ONE "one" LET "let" MAYBE "maybe" IF "if"
%token ELLIPSIS "..." DOTS ".." EQ "==" NE "!=" LE "<=" GE ">=" LT "<" GT ">" SHL "<<" SHR ">>" AND "&&" OR "||" NOT "not"
%token CODE_START "code" NEWLINE "a new line"

%type <struct value> simple value argument plain range avalue attribute_value result integer parameter_value
%type <struct values> arguments more fields alternatives avalues
%type <struct value> field
%type <struct stamp> stamp
%type <struct when> when
%type <struct packet_part> packet
%type <const struct word *> on_link note counter host_kind
%type <const char *> errname errnames
%type <struct expr *> expr conjunction negation comparison chain bits band shift sum product unary primary statement
%type <enum expr_op> compare
%type <struct exprs> exprs some_exprs

%precedence FLAG
%precedence NAME

%start start

%%

start: lines | CODE_START statements;

lines: %empty | lines line;
line: declaration EOL | event EOL
    | ALL '{' { NEED(block_all(p)); } EOL lines '}' { NEED(block_close(p)); } EOL
    | REPEAT NUMBER counter '{' { NEED(block_repeat(p, $2, $2, $3)); } EOL lines '}' { NEED(block_close(p)); } EOL
    | REPEAT NUMBER DOTS counter '{' { NEED(block_repeat(p, $2, NULL, $4)); } EOL lines '}' { NEED(block_close(p)); } EOL
    | REPEAT NUMBER DOTS NUMBER counter '{' { NEED(block_repeat(p, $2, $4, $5)); } EOL lines '}' { NEED(block_close(p)); } EOL
    | IF expr '{' { NEED(block_if(p, $2)); } EOL lines '}' { NEED(block_close(p)); } EOL
    | ONE '{' { NEED(block_one(p)); } EOL lines others '}' { NEED(block_close(p) && block_close(p)); } EOL
    ;
counter: %empty { $$ = NULL; } | BIND { $$ = $1; };
others: %empty | others '}' OR '{' { NEED(block_close(p) && block_either(p)); } EOL lines;

declaration: OPTION { NEED(build_option(p, $1, NULL)); }
    | OPTION OPTION_VALUE { NEED(build_option(p, $1, $2)); }
    | SHELL { NEED(build_shell(p, $1)); }
    | COVERS ids
    | END_AT STAMP { NEED(build_end(p, $2, NULL, NULL)); }
    | END_AT STAMP NAME { NEED(build_end(p, $2, $3, NULL)); }
    | END_AT STAMP NAME STRING { NEED(build_end(p, $2, $3, $4)); }
    | SET settings
    | PARAM NAME '=' { NEED(build_param(p, $2)); } parameters
    | LINK NAME { NEED(build_declaration(p, LINE_LINK, NULL, $2)); } attributes
    | HOST host_kind NAME { NEED(build_declaration(p, LINE_HOST, $2, $3)); } attributes
    | SUT NAME { NEED(build_declaration(p, LINE_SUT, NULL, $2)); } attributes
    | FORMAT PACKET { NEED(build_format(p, $2)); }
    | IGNORE packet { NEED(build_ignore(p, $2)); }
    | EXPERT NUMBER NAME on_link { NEED(build_expert(p, $2, $3, $4)); }
    | GOLDEN NAME { NEED(build_golden(p, $2)); }
    | JUDGE NAME { NEED(build_judge(p, $2)); }
    | OUTCOME STAMP expr { NEED(build_outcome(p, $2, false, $3)); }
    | OUTCOME '+' STAMP expr { NEED(build_outcome(p, $3, true, $4)); }
    ;
host_kind: NAME | STRING | USE;
ids: id | ids id;
id: NAME { build_cover(p, $1); };
on_link: %empty { $$ = NULL; } | ON NAME { $$ = $2; };

settings: setting | settings setting;
setting: NAME set_to avalues { build_setting(p, $1, values_one(p, $3)); };
set_to: %empty | '=';
parameters: parameter | parameters ',' parameter;
parameter: parameter_value { NEED(param_add(p, $1)); }
    | integer DOTS integer { NEED(param_range(p, $1, $3)); };
parameter_value: integer | TIME { $$ = value_of($1); } | '-' TIME { $$ = value_negative($2); } | NAME { $$ = value_of($1); } | STRING { $$ = value_of($1); } | IPV4 { $$ = value_of($1); }
    | PREFIX { $$ = value_of($1); } | IPV6 { $$ = value_of($1); } | MAC { $$ = value_of($1); };
integer: NUMBER { $$ = value_of($1); } | '-' NUMBER { $$ = value_negative($2); };

/* A name behind an attribute's name is its value, except `on`; further values are no names. */
attributes: %empty | attributes attribute | attributes ',';
attribute: NAME %prec FLAG { attribute_add(p, $1, (struct value){0}); }
    | NAME avalues { attribute_add(p, $1, values_one(p, $2)); }
    | ON NAME { attribute_on(p, $2); };
avalues: NAME { $$ = values_start(p, value_of($1)); } | avalue { $$ = values_start(p, $1); } | avalues avalue { $$ = values_add(p, $1, $2); };
avalue: attribute_value | range;
range: attribute_value DOTS attribute_value { $$ = value_range(p, $1, $3); };
attribute_value: plain | USE { $$ = value_used(p, $1); };
plain: integer | TIME { $$ = value_of($1); } | '-' TIME { $$ = value_negative($2); } | STRING { $$ = value_of($1); } | IPV4 { $$ = value_of($1); } | PREFIX { $$ = value_of($1); }
    | IPV6 { $$ = value_of($1); } | MAC { $$ = value_of($1); };

/* Events */

event: when { event_begin(p, $1); } action | CODE { event_begin(p, (struct when){.kind = WHEN_RELATIVE}); build_code(p, $1); };
when: '*' { $$ = (struct when){.kind = WHEN_ANY}; }
    | stamp { $$ = when_at($1); }
    | stamp '~' stamp { NEED(when_range(p, $1, $3, &$$)); }
    | stamp ELLIPSIS stamp { NEED(when_blocks(p, $1, $3, &$$)); };
stamp: STAMP { NEED(stamp_of(p, $1, false, &$$)); } | '+' STAMP { NEED(stamp_of(p, $2, true, &$$)); };

action: packet { NEED(build_packet(p, $1)); }
    | MAYBE packet { NEED(build_packet(p, $2) && packet_optional(p)); }
    | call
    | '@' NAME { call_on(p, $2); } call
    | ASSERT expr { NEED(build_assert(p, $2)); }
    | QUIET { NEED(build_quiet(p)); }
    | LET NAME '=' expr { NEED(build_let(p, $2, $4)); }
    | LINK NAME NAME { NEED(fault_begin(p, $2, $3)); } fault_arguments { NEED(fault_end(p)); }
    | LINK NAME SET { NEED(fault_set(p, $2)); } attributes { NEED(fault_end(p)); }
    | SET settings
    | SHELL { build_command(p, $1); }
    | CODE { build_code(p, $1); }
    ;

packet: ARROW PACKET { NEED(packet_of(p, NULL, $1, $2, &$$)); }
    | '@' NAME ARROW PACKET { NEED(packet_of(p, $2, $3, $4, &$$)); }
    | PACKET { NEED(packet_of(p, NULL, NULL, $1, &$$)); };

fault_arguments: %empty | fault_arguments fault_argument;
fault_argument: NUMBER { NEED(fault_amount(p, $1)); } | TIME { NEED(fault_amount(p, $1)); } | USE { NEED(fault_amount(p, $1)); }
    | NAME NUMBER { NEED(fault_option(p, $1, $2)); }
    | NAME NAME { NEED(fault_option(p, $1, $2)); }
    | MATCH packet { NEED(fault_match(p, $2)); };

call: NAME '(' arguments ')' { NEED(build_call(p, $1, $3)); }
    | NAME '(' arguments ')' '=' result errname note { build_call(p, $1, $3); call_result(p, &$6, $7, $8); };
result: argument | plain DOTS plain { $$ = value_range(p, $1, $3); };
errname: %empty { $$ = NULL; } | errnames | '!' NAME { $$ = error_text(p, NULL, "!", $2); };
errnames: NAME { $$ = $1->text; } | errnames '|' NAME { $$ = error_text(p, $1, "|", $3); };
note: %empty { $$ = NULL; } | NOTE;

arguments: %empty { $$ = (struct values){0}; } | argument more { $$ = values_join(p, $1, $2); };
more: %empty { $$ = (struct values){0}; } | more ',' argument { $$ = values_add(p, $1, $3); };
argument: value | ELLIPSIS { $$ = (struct value){0}; };
value: simple | alternatives { $$ = value_list(VALUE_OR, $1); };
alternatives: simple '|' simple { $$ = values_add(p, values_start(p, $1), $3); } | alternatives '|' simple { $$ = values_add(p, $1, $3); };
simple: plain
    | USE { $$ = value_used(p, $1); }
    | BIND { $$ = value_used(p, $1); }
    | NAME { $$ = value_of($1); }
    | '&' NAME { $$ = value_address(p, $2); }
    | NAME HEX { $$ = value_of($2); }
    | NAME '(' arguments ')' { $$ = value_call($1, $3); }
    | '*' { $$ = (struct value){.kind = VALUE_ANY}; }
    | '[' arguments ']' { $$ = value_list(VALUE_LIST, $2); }
    | '{' fields '}' { $$ = value_list(VALUE_STRUCT, $2); };
fields: %empty { $$ = (struct values){0}; } | field { $$ = values_start(p, $1); } | fields ',' field { $$ = values_add(p, $1, $3); };
field: argument
    | NAME '=' argument { $$ = value_field($1, NULL, $3); }
    | NAME '(' arguments ')' '=' argument { $$ = value_field($1, &$3, $6); };

/* Expressions: Python's order of binding, with C's signs beside its words. */

expr: conjunction | expr OR conjunction { NEED($$ = expr_binary(p, OP_OR, $1, $3)); };
conjunction: negation | conjunction AND negation { NEED($$ = expr_binary(p, OP_AND, $1, $3)); };
negation: comparison | NOT negation { NEED($$ = expr_unary(p, EXPR_NOT, $2)); };
comparison: bits | chain;
chain: bits compare bits { NEED($$ = expr_compare(p, NULL, $1, $2, $3)); } | chain compare bits { NEED($$ = expr_compare(p, $1, NULL, $2, $3)); };
compare: EQ { $$ = OP_EQ; } | NE { $$ = OP_NE; } | LT { $$ = OP_LT; } | LE { $$ = OP_LE; } | GT { $$ = OP_GT; } | GE { $$ = OP_GE; };
bits: band | bits '|' band { NEED($$ = expr_binary(p, OP_BITOR, $1, $3)); };
band: shift | band '&' shift { NEED($$ = expr_binary(p, OP_BITAND, $1, $3)); };
shift: sum | shift SHL sum { NEED($$ = expr_binary(p, OP_SHL, $1, $3)); } | shift SHR sum { NEED($$ = expr_binary(p, OP_SHR, $1, $3)); };
sum: product | sum '+' product { NEED($$ = expr_binary(p, OP_ADD, $1, $3)); } | sum '-' product { NEED($$ = expr_binary(p, OP_SUB, $1, $3)); };
product: unary | product '*' unary { NEED($$ = expr_binary(p, OP_MUL, $1, $3)); }
    | product '/' unary { NEED($$ = expr_binary(p, OP_DIV, $1, $3)); }
    | product '%' unary { NEED($$ = expr_binary(p, OP_MOD, $1, $3)); }
    | product '%' '(' expr ',' some_exprs ')' { $$ = $1; }; /* of a message, which nobody prints */
unary: primary | '-' unary { NEED($$ = expr_unary(p, EXPR_NEGATE, $2)); } | '+' unary { $$ = $2; } | '!' unary { NEED($$ = expr_unary(p, EXPR_NOT, $2)); };
primary: NUMBER { $$ = expr_word(p, $1); } | TIME { $$ = expr_word(p, $1); } | STRING { $$ = expr_word(p, $1); } | IPV4 { $$ = expr_word(p, $1); }
    | PREFIX { $$ = expr_word(p, $1); } | IPV6 { $$ = expr_word(p, $1); } | MAC { $$ = expr_word(p, $1); } | USE { $$ = expr_word(p, $1); }
    | NAME { $$ = expr_word(p, $1); }
    | NAME HEX { $$ = expr_word(p, $2); }
    | NAME '(' exprs ')' { NEED($$ = expr_call(p, $1, $3)); }
    | '(' expr ')' { $$ = $2; };
exprs: %empty { $$ = (struct exprs){0}; } | some_exprs;
some_exprs: expr { $$ = exprs_add(p, (struct exprs){0}, $1); } | some_exprs ',' expr { $$ = exprs_add(p, $1, $3); };

/* What stands in %{ }%: a message behind the condition, in a tuple or not, says what the tool would print. */
statements: statement_or_none | statements separator statement_or_none;
separator: NEWLINE | ';';
statement_or_none: %empty | statement { code_add(p, NULL, $1); }
    | NAME '=' expr { code_add(p, $1, $3); }
    | NAME '+' '=' expr { if (!code_add_to(p, $1, $4)) YYERROR; }
    | NAME '(' exprs ')' { if (!code_print(p, $1)) YYERROR; };
statement: ASSERT expr { $$ = $2; }
    | ASSERT expr ',' some_exprs { $$ = $2; }
    | ASSERT '(' expr ',' some_exprs ')' { $$ = $3; };

%%

static void script_yyerror(struct parse *p, const char *text)
{
    const struct place *place = &p->at->place; /* the stack is empty until a word was read */
    if (strcmp(text, "memory exhausted") == 0)
        diagnose(p->d, place, "this is nested too deep");
    else
        diagnose(p->d, place, "%s", text);
}

/* The tokens that could stand here, in words. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parse *p)
{
    enum { MOST = 4 };
    yysymbol_kind_t expected[MOST];
    const char *name[MOST];
    int n = yypcontext_expected_tokens(context, expected, MOST);
    for (int i = 0; i < n; i++)
        name[i] = yysymbol_name(expected[i]);
    bool end = yypcontext_token(context) == YYSYMBOL_EOL || yypcontext_token(context) == YYSYMBOL_YYEOF;
    syntax_error(p, end, name, n < 0 ? 0 : n);
    return 0;
}
